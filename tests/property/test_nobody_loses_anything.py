"""One arbitrary change that is no decision about people costs nobody anything that nobody asked for.

It begins with a synced company. The configuration changes, the reader sees less of the tree, the entries come in
another order, or the directory changes between two searches; then days of runs follow without anybody approving.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.mapping.rules import Compiled, SourceRules, UserRules
from syncd.model import dn
from syncd.model.objects import Kind
from syncd.model.source import Entry, Snapshot
from syncd.plan.rules import Leaving, Policy
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import MemorySource, Passes
from tests.kit.empty_stores import put_empty_store

DAY = 86400.0
UNITS = {"u1": Unit("销售部", ""), "u2": Unit("研发部", ""), "u3": Unit("华东组", "u1"), "u4": Unit("测试组", "u2")}
PEOPLE = {
    f"p{number}": Person(f"user{number}", f"员工{number}", f"138{number:08d}", f"u{number}@example.com", "", unit)
    for number, unit in enumerate([*UNITS, *UNITS, ""])
}
COMPANY = Company(UNITS, PEOPLE)
KEYS = st.sampled_from(sorted(PEOPLE))
Keys = Mapping[Kind, frozenset[str]]


class Directory(MemorySource):
    """A directory that can be asked by key, whatever one read of it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.employ(COMPANY)
        self.holds = self.snapshot

    def still_has(self, keys: Keys) -> Keys:
        """Return those of the keys that the directory holds."""
        there = {
            Kind.USER: {entry.key for entry in self.holds.users},
            Kind.DEPARTMENT: {entry.key for entry in self.holds.departments},
        }
        return {kind: some & there.get(kind, set()) for kind, some in keys.items()}


class Change(msgspec.Struct, frozen=True):
    """What happens: to the configuration, to what one read shows, or nothing."""

    shown: Snapshot
    decided: Mapping[str, Any] = {}


def without(snapshot: Snapshot, people: frozenset[str] = frozenset(), units: frozenset[str] = frozenset()) -> Snapshot:
    """Return a read without some entries, which says at which places above others it shows nothing."""
    hidden = frozenset(entry.path for entry in snapshot.departments if entry.key in units)
    return msgspec.structs.replace(
        snapshot,
        users=tuple(entry for entry in snapshot.users if entry.key not in people),
        departments=tuple(entry for entry in snapshot.departments if entry.key not in units),
        absent_levels=hidden,
    )


def renamed(snapshot: Snapshot, unit: str) -> Snapshot:
    """Return a read in which a department has a new name that the people below it do not know of yet."""
    (before,) = (entry for entry in snapshot.departments if entry.key == unit)
    place = (f"ou=neu {unit}", *before.path[1:])
    moved = msgspec.structs.replace(before, path=place, locator=",".join(place))
    departments = tuple(moved if entry.key == unit else entry for entry in snapshot.departments)
    return msgspec.structs.replace(snapshot, departments=departments, absent_levels=frozenset({before.path}))


BEFORE = Directory().snapshot


def rules(**user: object) -> dict[str, Compiled]:
    """Return rules that differ in these of the mapping of users."""
    return {"ldap": Compiled(SourceRules(UserRules(**user)))}  # type: ignore[arg-type]


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """Draw one change."""
    some = frozenset(draw(st.sets(KEYS, min_size=1, max_size=3)))
    unit = draw(st.sampled_from(sorted(UNITS)))
    leavers = draw(st.sampled_from([Leaving.KEEP, Leaving.LOCK, Leaving.PARK]))
    accounts = tuple(sorted(PEOPLE[key].account for key in some))
    policy = Policy(remove_after=draw(st.sampled_from([0.0, 7 * DAY, 1 * DAY])), on_leaver=leavers)
    scope = {"config_fingerprint": "another", "scope": {"source.ldap": "another"}, "policy": policy}
    return draw(
        st.sampled_from(
            [
                Change(BEFORE, {**scope, "rules": rules(when=f"{{{{ uid not in {accounts!r} }}}}")}),
                Change(BEFORE, {**scope, "rules": rules(phone="pager")}),
                Change(BEFORE, {**scope, "rules": rules(account="nosuch")}),
                Change(without(BEFORE, some), scope),
                Change(without(BEFORE, some), {"policy": policy}),
                Change(without(BEFORE, units=frozenset({unit})), {}),
                Change(without(BEFORE, units=frozenset(UNITS)), {}),
                Change(renamed(BEFORE, unit), {"policy": policy}),
                Change(_shuffled(draw, BEFORE), {"policy": policy}),
            ]
        )
    )


def _shuffled(draw: st.DrawFn, snapshot: Snapshot) -> Snapshot:
    def order(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return tuple(draw(st.permutations(entries)))

    return msgspec.structs.replace(snapshot, users=order(snapshot.users), departments=order(snapshot.departments))


def state(passes: Passes) -> dict[str, dict[str, object]]:
    """Return everybody on the platform with all that they have, and the departments but for their names."""
    company = passes.platform.company.state
    users = {key: dict(user) for key, user in company.users.items()}
    return users | {key: {"parent": unit["parentId"]} for key, unit in company.departments.items()}


async def days(passes: Passes, source: Directory, change: Change) -> None:
    """Sync the company, let the change happen, and let four runs follow in nine days."""
    source.employ(COMPANY)
    passes.decide(policy=Policy(remove_after=7 * DAY), rules=rules())
    await passes.approved()
    before = state(passes)
    source.snapshot = change.shown
    passes.decide(**change.decided)
    for _ in range(4):
        await passes.run()
        passes.now += 3 * DAY
        assert state(passes) == before


@settings(max_examples=100, deadline=None)
@given(changes())
def test_one_change_that_nobody_approved_costs_nobody_anything(change: Change) -> None:
    """Nobody is locked, parked, moved, removed or loses a value, and no department goes, in nine days of runs."""
    with tempfile.TemporaryDirectory() as folder:
        put_empty_store(Path(folder))
        source = Directory()
        with closing(Passes(Path(folder), source)) as passes:
            asyncio.run(days(passes, source, change))


def test_the_company_has_places() -> None:
    """The entries of the company stand in a tree, so that levels above them can be hidden."""
    assert {dn.parse(entry.locator) for entry in BEFORE.users} == {entry.path for entry in BEFORE.users}
