"""A person links and unlinks objects, and the next plan follows from that."""

import msgspec
import pytest

from syncd.app.linking import link, link_by, unlink
from syncd.model.actors import NOBODY
from syncd.model.links import Ownership
from syncd.plan.relinking import NotLinkable
from syncd.plan.rules import Limit, Limits, Policy
from syncd.plan.values import ConflictKind
from syncd.testing.company import Company, Person, Unit, generated
from syncd.testing.passes import Passes
from tests.kit.passing import links

SMALL = Company(
    {"d1": Unit("销售部")},
    {"p1": Person("anna", "Anna", "1", "", "", "d1"), "p2": Person("bert", "Bert", "", "", "", "")},
)


@pytest.fixture
def passes(passes: Passes) -> Passes:
    """Return an installation whose directory has a small company."""
    passes.decide(policy=Policy(remove_after=7 * 86400.0))
    passes.sources[0].employ(SMALL)
    return passes


def rekeyed(company: Company) -> Company:
    """Return the same company under new keys for everybody and everything."""
    units = {
        f"new-{key}": msgspec.structs.replace(one, parent=one.parent and f"new-{one.parent}")
        for key, one in company.units.items()
    }
    people = {
        f"new-{key}": msgspec.structs.replace(one, department=one.department and f"new-{one.department}")
        for key, one in company.people.items()
    }
    return Company(units, people)


async def test_a_person_under_a_new_key_keeps_id_and_meetings(passes: Passes) -> None:
    """A person under a new key is held as replaced until linked, and then keeps the id and is only updated."""
    await passes.approved()
    anna = links(passes)["p1"].platform_id
    people = {"p9": msgspec.structs.replace(SMALL.people["p1"], name="Anna B"), "p2": SMALL.people["p2"]}
    passes.sources[0].employ(msgspec.structs.replace(SMALL, people=people))
    held = await passes.run()
    assert [one.kind for one in held.plan.conflicts] == [ConflictKind.REPLACED]
    found = await link(passes.world(), "p9", anna, NOBODY)
    assert found.former is not None
    report = await passes.run()
    assert [(str(one.operation.action), list(one.operation.changes)) for one in report.results] == [
        ("update", ["name"])
    ]
    assert links(passes)["p9"].platform_id == anna
    assert "p1" not in links(passes)
    assert (await passes.run()).plan.operations == ()


async def test_an_ldap_migration_is_held_and_mended_by_account(passes: Passes) -> None:
    """New keys for everybody are held, and links by account leave nothing to do (DESIGN 6, values and holders)."""
    limits = {kind: {**limits, "replaced": Limit(5)} for kind, limits in passes.decisions.limits.by_kind.items()}
    passes.decide(limits=Limits(limits), policy=Policy(remove_after=0))
    company = generated(60, 6)
    passes.sources[0].employ(company)
    await passes.approved()
    before = {(one.kind, one.platform_id) for one in links(passes).values()}
    passes.sources[0].employ(rekeyed(company))
    held = await passes.run()
    assert held.run.exit == 3
    assert "replaced" in {one.name for one in held.plan.guards if one.holds == "all"}
    found = await link_by(passes.world(), "account", NOBODY)
    assert (len(found.links), found.conflicts) == (66, ())
    quiet = await passes.run()
    assert (quiet.run.exit, quiet.plan.operations, quiet.plan.conflicts) == (0, (), ())
    assert {(one.kind, one.platform_id) for one in links(passes).values()} == before


async def test_a_stranger_is_linked_by_hand_and_brought_up_to_date(passes: Passes) -> None:
    """A stranger who is linked by hand is brought up to date, and what the directory lacks stays as typed."""
    stranger = passes.platform.company.add_user({"id": "T", "name": "A", "account": "a.old", "memo": "typed"})["id"]
    await link(passes.world(), "p1", stranger, NOBODY)
    await passes.approved()
    user = passes.platform.company.state.users["T"]
    assert (user["account"], user["name"], user["memo"]) == ("anna", "Anna", "typed")
    assert links(passes)["p1"].ownership is Ownership.ADOPTED


async def test_a_protected_user_is_linked_as_protected(passes: Passes) -> None:
    """A protected user is linked as protected, and the account is not changed (I3)."""
    found = await link(passes.world(), "p1", "1", NOBODY)
    assert found.link.ownership is Ownership.PROTECTED
    await passes.approved()
    assert passes.platform.company.state.users["1"]["account"] == "admin"


@pytest.mark.parametrize(
    ("key", "platform_id", "words"),
    [
        ("nobody", "1", "no entry of the directory has the key nobody"),
        ("p1", "NOWHERE", "NOWHERE is no user of the platform"),
        ("d1", "1", "1 is no department of the platform"),
    ],
)
async def test_what_is_not_there_cannot_be_linked(passes: Passes, key: str, platform_id: str, words: str) -> None:
    """An entry or object that is not there cannot be linked: the message names it, and no link is stored."""
    with pytest.raises(NotLinkable, match=words):
        await link(passes.world(), key, platform_id, NOBODY)
    assert links(passes) == {}


async def test_what_is_somebody_elses_is_not_linked(passes: Passes) -> None:
    """An entry that has its object, or an object whose entry is in the directory, cannot be linked."""
    await passes.approved()
    known = links(passes)
    with pytest.raises(NotLinkable, match="undo that first: syncd unlink p1"):
        await link(passes.world(), "p1", known["p2"].platform_id, NOBODY)
    unlink(passes.store, "p1", NOBODY, 1.0)
    with pytest.raises(NotLinkable, match="is in the directory; undo that first: syncd unlink p2"):
        await link(passes.world(), "p1", known["p2"].platform_id, NOBODY)


async def test_a_stranger_outside_our_root_is_not_linked(passes: Passes) -> None:
    """A stranger who does not stand below our root department cannot be linked (DESIGN 6, derived ids)."""
    for name in ("ROOT", "OTHER"):
        passes.platform.company.add_department({"id": name, "name": name})
    passes.platform.company.add_user({"id": "T", "name": "T", "account": "t", "departmentId": "OTHER"})
    passes.decide(policy=Policy(root_department="ROOT"))
    with pytest.raises(NotLinkable, match="does not stand below our root department"):
        await link(passes.world(), "p1", "T", NOBODY)


async def test_what_is_unlinked_is_nobodys_until_it_is_adopted_again(passes: Passes) -> None:
    """An unlinked user is only adopted again once a person approves it, and cannot be unlinked twice."""
    await passes.approved()
    gone = unlink(passes.store, "p1", NOBODY, 1.0)
    plan = await passes.plan()
    assert [(str(one.action), one.platform_id, one.held_by) for one in plan.operations] == [
        ("adopt", gone.platform_id, ("adoption",))
    ]
    with pytest.raises(NotLinkable, match="no object is linked to the key p1"):
        unlink(passes.store, "p1", NOBODY, 1.0)


async def test_an_unlinked_leaver_is_never_removed(passes: Passes) -> None:
    """A leaver who was unlinked is never removed, and is unmanaged from then on."""
    await passes.approved()
    passes.sources[0].employ(msgspec.structs.replace(SMALL, people={"p2": SMALL.people["p2"]}))
    await passes.run()
    user = unlink(passes.store, "p1", NOBODY, 1.0).platform_id
    passes.now += 30 * 86400
    report = await passes.run()
    assert report.plan.operations == ()
    assert [one.platform_id for one in report.plan.unmanaged] == [user]
