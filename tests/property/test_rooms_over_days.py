"""Rooms follow any days on which people come, go and take each other's accounts."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.mapping.rules import Compiled, RoomRules, SourceRules
from syncd.model.objects import Kind
from syncd.model.source import Entry
from syncd.plan.rules import Limits
from syncd.sandbox.company import Company as Emulated
from syncd.sandbox.quirks import Quirks
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import Passes
from syncd.testing.platform import FakePlatform
from tests.kit.empty_stores import put_empty_store

RULES = RoomRules(name="title", department="dept", users="allowed", permission="closed", scene_image="picture")
PICTURES = ("", "https://example.org/1.jpg", "https://example.org/2.jpg")
PEOPLE, ACCOUNTS, UNITS = ("p1", "p2", "p3", "p4"), ("ann", "bob", "cid", "dan"), ("d1", "d2")


class Day(msgspec.Struct, frozen=True):
    """Whose account is which, which departments there are, and of each room where it is, whom it names, its picture."""

    accounts: dict[str, str]
    units: frozenset[str]
    rooms: dict[str, tuple[str, frozenset[str], str]]

    def company(self) -> Company:
        """Give people and departments."""
        people = {key: Person(one, one.title(), "", "", "", "") for key, one in self.accounts.items()}
        return Company({key: Unit(key.upper()) for key in self.units}, people)

    def entries(self) -> tuple[Entry, ...]:
        """Give the rooms."""
        return tuple(
            Entry(
                key,
                f"row {key}",
                {
                    "title": (f"Room {key}",),
                    "dept": (dept,),
                    "allowed": (";".join(sorted(named)),),
                    "picture": (picture,),
                },
            )
            for key, (dept, named, picture) in self.rooms.items()
        )

    def named(self, key: str) -> set[str]:
        """Give the accounts that a room is to show: keys and accounts of those who are there."""
        _, named, _ = self.rooms[key]
        by_key = {self.accounts[one] for one in named if one in self.accounts}
        return by_key | (named & set(self.accounts.values()))


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Give any day."""
    there = draw(st.lists(st.sampled_from(PEOPLE), unique=True, min_size=1))
    accounts = draw(st.permutations(ACCOUNTS))
    units = draw(st.frozensets(st.sampled_from(UNITS)))
    room = st.tuples(
        st.sampled_from(("", *sorted(units))),
        st.frozensets(st.sampled_from((*PEOPLE, *ACCOUNTS)), max_size=3),
        st.sampled_from(PICTURES),
    )
    return Day(dict(zip(there, accounts, strict=False)), units, draw(st.dictionaries(st.sampled_from("ABC"), room)))


async def live(passes: Passes, day: Day) -> None:
    """Let one day come, and the platform follow it."""
    source = passes.sources[0]
    source.employ(day.company())
    source.snapshot = msgspec.structs.replace(source.snapshot, rooms=day.entries())
    for _ in range(2):
        report = await passes.approved()
        assert {one.outcome for one in report.results} <= {"done"}, report.results
    assert (await passes.plan()).operations == ()
    company = passes.platform.company
    accounts = {one["id"]: one["account"] for one in company.list_users()}
    shown = {one["name"]: {accounts[user] for user in one["userIds"]} for one in company.list_rooms()}
    assert shown == {f"Room {key}": day.named(key) for key in day.rooms}
    pictures = {one["name"]: one["sceneImage"] for one in company.list_rooms()}
    hosted = company.quirks.scene_images == "hosted"
    for key, (_, _, wanted) in day.rooms.items():
        has = pictures[f"Room {key}"]
        assert not wanted or (has and (hosted or has == wanted))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(days(), min_size=2, max_size=4),
    st.sampled_from(["removable", "refused"]),
    st.sampled_from(["kept", "hosted"]),
)
def test_rooms_follow_any_days_without_a_refusal(
    history: list[Day], used: Literal["removable", "refused"], pictures: Literal["kept", "hosted"]
) -> None:
    """After each day's run the platform has its rooms with those who are there, and no call was refused."""
    with TemporaryDirectory() as folder:
        put_empty_store(Path(folder))
        passes = Passes(Path(folder))
        quirks = Quirks(used_objects=used, scene_images=pictures)
        passes.platform = FakePlatform(Emulated(lambda: 0.0, quirks=quirks))
        limits = Limits({kind: {} for kind in Kind}, hold_configuration=False)
        passes.decide(rules={"ldap": Compiled(SourceRules(room=RULES))}, limits=limits)
        try:
            asyncio.run(_days(passes, history))
        finally:
            passes.close()
        assert passes.platform.refused == []


async def _days(passes: Passes, history: list[Day]) -> None:
    for day in history:
        await live(passes, day)
