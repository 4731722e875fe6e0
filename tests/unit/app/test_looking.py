"""`check` tells what can be used and what cannot, and `export` tells the state of every object."""

import pytest

from syncd.app.check import Finding, Known, check
from syncd.app.export import department_names, export_lines
from syncd.errors import PlatformUnreachable, SourceUnreachable, StoreError
from syncd.mapping.desire import Moment
from syncd.model.objects import Kind
from syncd.plan.rules import Limit, Policy
from syncd.testing.company import Company, Person, Unit, generated
from syncd.testing.passes import Passes
from tests.kit.failing_calls import each

SMALL = generated(12, 3)


@pytest.fixture
def passes(passes: Passes) -> Passes:
    """Return an installation whose directory has a small company."""
    passes.sources[0].employ(SMALL)
    return passes


async def findings(passes: Passes, store: str = "there") -> list[Finding]:
    """Check everything; the store says this, or raises it where it is empty."""

    def look() -> Known:
        if not store:
            raise StoreError("it is locked")
        with passes.store.reading() as work:
            return Known(store, work.facts.all(), work.links.all())

    moment = Moment(passes.now, "2026-11-24")
    return [one async for one in check(passes.sources, passes.platform, passes.decisions, moment, look)]


async def test_everything_is_told_in_order(passes: Passes) -> None:
    """`check` tells directory, mapping, platform and store in this order, a line each."""
    assert [(one.what, one.ok, one.message) for one in await findings(passes)] == [
        ("directory ldap", True, "whole: 12 people, 3 departments, key entryUUID; in memory"),
        ("mapping", True, "12 users and 3 departments mapped"),
        ("platform", True, "company COMPANY: 1 users, 0 departments, 0 rooms, 0 meetings in the next 30 days"),
        ("store", True, "there"),
    ]


async def test_what_cannot_be_used_is_told_and_the_rest_is_looked_at(passes: Passes) -> None:
    """`check` tells each part that cannot be used and goes on to the next, and maps nothing without a directory."""
    passes.sources[0].error = SourceUnreachable("no server answers")
    passes.platform.before = each(lambda: PlatformUnreachable("no connection"))
    assert [(one.what, one.ok, one.message) for one in await findings(passes, "")] == [
        ("directory ldap", False, "no server answers"),
        ("platform", False, "no connection"),
        ("store", False, "it is locked"),
    ]


async def test_reads_are_judged_by_what_the_last_good_one_showed(passes: Passes) -> None:
    """`check` finds a directory and a platform that show far less than at the last good read."""
    everybody = generated(60, 3)
    passes.sources[0].employ(everybody)
    await passes.approved()
    passes.sources[0].employ(Company(everybody.units, dict(list(everybody.people.items())[:20])))
    for user in [one for one in passes.platform.company.state.users if one != "1"][:30]:
        del passes.platform.company.state.users[user]
    found = {one.what: one for one in await findings(passes)}
    assert "20 people were read where the last good read had 60" in found["directory ldap"].message
    assert "the platform's list lacks 30 of 60 linked users" in found["platform"].message
    assert not found["directory ldap"].ok
    assert not found["platform"].ok


async def test_what_cannot_be_mapped_is_counted_and_the_first_is_shown(passes: Passes) -> None:
    """`check` counts who cannot be mapped and names the first, and the mapping is wrong if nobody is left."""
    people = {"p1": Person("anna", "Anna", "", "", "", ""), "p2": Person("bert", "n" * 999, "", "", "", "")}
    passes.sources[0].employ(Company({}, people))
    mapping = (await findings(passes))[1]
    assert mapping.ok
    assert mapping.message.startswith("1 users and 0 departments mapped, 1 findings; first: uid=bert")
    passes.sources[0].employ(Company({"d": Unit("A")}, {"p2": people["p2"]}))
    assert not (await findings(passes))[1].ok


async def test_export_tells_who_has_left(passes: Passes) -> None:
    """`export` calls a user left from the first whole read without the entry, and the others active."""
    passes.decide(policy=Policy(remove_after=600), shrink=Limit())
    await passes.approved()
    leaver, *others = SMALL.people
    passes.sources[0].employ(Company(SMALL.units, {key: SMALL.people[key] for key in others}))
    await passes.run()
    states = {one["key"]: one["state"] for one in export_lines(passes.store, (Kind.USER,)) if one["key"]}
    assert {key for key, state in states.items() if state == "left"} == {leaver}
    assert set(states.values()) == {"left", "active"}


async def test_export_tells_of_strangers_and_of_what_is_gone(passes: Passes) -> None:
    """`export` has a line for every user in the shadow or in a link, strangers and removed users included."""
    await passes.approved()
    gone = next(key for key in passes.platform.company.state.users if key != "1")
    del passes.platform.company.state.users[gone]
    await passes.plan()
    lines = {one["platform_id"]: one for one in export_lines(passes.store, (Kind.USER,))}
    assert len(lines) == 12 + 1
    assert (lines["1"]["ownership"], lines["1"]["state"], lines["1"]["key"]) == ("none", "unlinked", None)
    assert (lines[gone]["ownership"], lines[gone]["state"], lines[gone]["shadow"]) == ("created", "absent", None)
    assert set(department_names(passes.store).values()) == {"部门 0", "部门 1", "部门 2"}
