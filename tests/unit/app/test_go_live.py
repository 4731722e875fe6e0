"""A company goes live on a platform where people typed users for years, and reorganises itself later."""

import msgspec
import pytest

from syncd.app.linking import link_by
from syncd.app.reconcile import Request
from syncd.model.actors import Actor
from syncd.plan.rules import Policy
from syncd.plan.values import ConflictKind
from syncd.testing.company import Company, Unit, generated, key_of
from syncd.testing.passes import Passes
from tests.kit.passing import shown, user_ids

MATCHING, NEARLY, STRANGERS = 200, 40, 60
COMPANY = generated(MATCHING + NEARLY, 20)

TESTER = Actor("a test", 0)


@pytest.fixture
def lived_in(passes: Passes) -> Passes:
    """Return an installation whose platform has 300 typed users."""
    passes.decide(policy=Policy())
    passes.sources[0].employ(COMPANY)
    for number in range(MATCHING + NEARLY):
        person = COMPANY.people[key_of("person", number)]
        account = person.account if number < MATCHING else f"old.{number}"
        typed = {"account": account, "name": "typed", "memo": "by hand", "phone": person.phone, "email": person.email}
        passes.platform.company.add_user({"id": f"T{number}", **typed})
    for number in range(STRANGERS):
        passes.platform.company.add_user({"id": f"S{number}", "account": f"stranger{number}", "name": "Stranger"})
    return passes


def strangers(passes: Passes) -> list[dict[str, object]]:
    """Return everything that the platform has of the strangers."""
    return [user for user in passes.platform.company.state.users.values() if user["id"].startswith("S")]


async def test_what_matches_is_taken_over_what_nearly_matches_is_named_and_strangers_are_left_alone(
    lived_in: Passes,
) -> None:
    """Users who match are adopted, near matches are linked by mail, nobody is made twice, and strangers stay."""
    before = strangers(lived_in)
    first = await lived_in.run()
    assert first.run.exit == 3
    nearly = {key_of("person", number) for number in range(MATCHING, MATCHING + NEARLY)}
    with_both = {key for key in nearly if COMPANY.people[key].phone and COMPANY.people[key].email}
    found = {
        kind: {key for conflict in first.plan.conflicts if conflict.kind is kind for key in conflict.keys}
        for kind in (ConflictKind.AMBIGUOUS_ADOPTION, ConflictKind.HELD_BY_UNLINKED)
    }
    assert found == {
        ConflictKind.AMBIGUOUS_ADOPTION: with_both,
        ConflictKind.HELD_BY_UNLINKED: nearly - with_both,
    }
    assert len(first.plan.unmanaged) == NEARLY + STRANGERS
    assert len((await link_by(lived_in.world(), "email", TESTER)).links) == MATCHING + NEARLY
    plan = await lived_in.plan()
    assert plan.conflicts == ()
    assert {str(one.action) for one in plan.operations if one.kind == "user"} <= {"update", "move"}
    done = await lived_in.run(Request(approve=plan.fingerprint, actor=TESTER, reason="looked at"))
    assert done.run.exit == 0
    users = lived_in.platform.company.state.users
    assert {**shown(lived_in), **COMPANY.wanted()} == shown(lived_in)
    assert len(users) == 1 + MATCHING + NEARLY + STRANGERS
    assert {user["memo"] for user in users.values() if user["id"].startswith("T")} == {"by hand"}
    assert strangers(lived_in) == before
    assert (await lived_in.run()).plan.operations == ()


async def test_in_review_alone_adoptions_wait_and_nothing_else_does(lived_in: Passes) -> None:
    """The approval of the first plan links every user who matches, and no other typed user."""
    await lived_in.run(Request(approve=(await lived_in.plan()).fingerprint, actor=TESTER))
    with lived_in.store.reading() as work:
        assert sum(link.platform_id.startswith("T") for link in work.links.all()) == MATCHING


async def test_an_organisation_change_is_held_reviewed_approved_and_done(passes: Passes) -> None:
    """A reorganisation is held by the limits, keeps every id once it is approved, and leaves nothing to do."""
    company = generated(300, 60)
    passes.sources[0].employ(company)
    await passes.approved()
    passes.sources[0].employ(reorganised(company))
    held = await passes.run()
    assert (held.run.exit, {one.name for one in held.plan.guards}) == (3, {"limits"})
    ids = user_ids(passes)
    done = await passes.run(Request(approve=held.run.fingerprint, actor=TESTER, reason="the new organisation"))
    assert done.run.exit == 0
    assert shown(passes) == reorganised(company).wanted()
    assert user_ids(passes) == ids
    assert passes.platform.refused == []
    assert (await passes.run()).plan.operations == ()


def reorganised(company: Company) -> Company:
    """Return the company with 15 departments renamed, 15 leaves replaced by namesakes, and 120 people moved."""
    units, people = dict(company.units), dict(company.people)
    for number in range(15):
        key = key_of("unit", number)
        units[key] = Unit(f"新{units[key].name}", units[key].parent)
    leaves = [key for key in units if not any(one.parent == key for one in units.values())]
    fresh = {key: f"new-{key}" for key in leaves[:15]}
    for old, new in fresh.items():
        units[new] = units.pop(old)
    for key, one in people.items():
        people[key] = msgspec.structs.replace(one, department=fresh.get(one.department, one.department))
    targets = sorted(units)
    for number in range(120):
        key = key_of("person", number * 2)
        people[key] = msgspec.structs.replace(people[key], department=targets[number % len(targets)])
    return Company(units, people)
