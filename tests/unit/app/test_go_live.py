"""A company goes live on a platform where people typed users for years, and reorganises itself later."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from syncd.app.linking import link_by
from syncd.app.reconcile import Request
from syncd.plan.rules import Policy
from syncd.plan.values import ConflictKind
from syncd.testing.company import Company, Unit, generated, key_of, shown_by
from syncd.testing.passes import Passes

MATCHING, NEARLY, STRANGERS = 200, 40, 60
COMPANY = generated(MATCHING + NEARLY, 20)


@pytest.fixture
def passes(tmp_path: Path) -> Iterator[Passes]:
    """Give an installation whose platform has 300 typed users."""
    made = Passes(tmp_path)
    made.decide(policy=Policy())
    made.sources[0].employ(COMPANY)
    for number in range(MATCHING + NEARLY):
        person = COMPANY.people[key_of("person", number)]
        account = person.account if number < MATCHING else f"old.{number}"
        typed = {"account": account, "name": "typed", "memo": "by hand", "phone": person.phone, "email": person.email}
        made.platform.company.add_user({"id": f"T{number}", **typed})
    for number in range(STRANGERS):
        made.platform.company.add_user({"id": f"S{number}", "account": f"stranger{number}", "name": "Stranger"})
    yield made
    made.close()


def strangers(passes: Passes) -> list[dict[str, object]]:
    """Give everything that the platform has of the strangers."""
    return [user for user in passes.platform.company.state.users.values() if user["id"].startswith("S")]


async def test_what_matches_is_taken_over_what_nearly_matches_is_named_and_strangers_are_left_alone(
    passes: Passes,
) -> None:
    """Nobody is made twice, and what was typed and the directory lacks stays."""
    before = strangers(passes)
    first = await passes.run()
    assert first.run.exit == 3
    held = [one for one in first.plan.conflicts if one.kind is ConflictKind.HELD_BY_UNLINKED]
    assert {key for one in held for key in one.keys} == {
        key_of("person", number) for number in range(MATCHING, MATCHING + NEARLY)
    }
    assert len(first.plan.unmanaged) == NEARLY + STRANGERS
    assert len((await link_by(passes.world(), "email")).links) == MATCHING + NEARLY
    plan = await passes.plan()
    assert plan.conflicts == ()
    assert {str(one.action) for one in plan.operations if one.kind == "user"} <= {"update", "move"}
    done = await passes.run(Request(approve=plan.fingerprint, who="a test", reason="looked at"))
    assert done.run.exit == 0
    state = passes.platform.company.state
    assert {**shown_by(state.users, state.departments), **COMPANY.wanted()} == shown_by(state.users, state.departments)
    assert len(state.users) == 1 + MATCHING + NEARLY + STRANGERS
    assert {user["memo"] for user in state.users.values() if user["id"].startswith("T")} == {"by hand"}
    assert strangers(passes) == before
    assert (await passes.run()).plan.operations == ()


async def test_in_review_alone_adoptions_wait_and_nothing_else_does(passes: Passes) -> None:
    """Once the configuration was accepted: each adoption, and what is done with whom it adopts."""
    await passes.run(Request(approve=(await passes.plan()).fingerprint, who="a test"))
    with passes.store.reading() as work:
        assert sum(link.platform_id.startswith("T") for link in work.links.all()) == MATCHING


async def test_an_organisation_change_is_held_reviewed_approved_and_done(tmp_path: Path) -> None:
    """40 % of the people move, 30 departments are renamed or replaced; the second run is quiet."""
    passes = Passes(tmp_path)
    company = generated(300, 60)
    passes.sources[0].employ(company)
    await passes.approved()
    passes.sources[0].employ(reorganised(company))
    held = await passes.run()
    assert (held.run.exit, {one.name for one in held.plan.guards}) == (3, {"limits"})
    ids = {user["account"]: user["id"] for user in passes.platform.company.state.users.values()}
    done = await passes.run(Request(approve=held.run.fingerprint, who="a test", reason="the new organisation"))
    assert done.run.exit == 0
    state = passes.platform.company.state
    assert shown_by(state.users, state.departments) == reorganised(company).wanted()
    assert {user["account"]: user["id"] for user in state.users.values()} == ids
    assert passes.platform.refused == []
    assert (await passes.run()).plan.operations == ()
    passes.close()


def reorganised(company: Company) -> Company:
    """Give the company with 15 departments renamed, 15 leaves replaced by others of the same name, 120 people moved."""
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
