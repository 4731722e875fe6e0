"""Rooms of which another source knows more: what it adds, and what stays while it cannot be read."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncd.app.explain import explain
from syncd.app.reconcile import Report
from syncd.errors import SourceBroken
from syncd.mapping.joining import Join
from syncd.mapping.rules import Compiled, RoomRules, SourceRules
from syncd.model.objects import Kind
from syncd.model.source import Entry
from syncd.plan.rules import Limits
from syncd.testing.company import Company, Person
from syncd.testing.passes import MemorySource, Passes

FACILITY = frozenset({"facility"})
RULES = RoomRules(
    name="title", memo="note", capacity="{{ facility.seats or 4 }}", address="facility.place", users="facility.allowed"
)
FULL = {"no": "007", "seats": "12", "place": "2/F", "allowed": "zhang"}


def entry(key: str, **values: str) -> Entry:
    """Give an entry of any source."""
    return Entry(key, f"row {key}", {name: (value,) for name, value in values.items() if value})


class Site:
    """An installation whose rooms are in one source, with what the facility's list adds to them."""

    def __init__(self, folder: Path) -> None:
        self.staff, self.facility = MemorySource("ldap"), MemorySource("facility")
        self.passes = Passes(folder, self.staff, self.facility)
        self.passes.decide(
            rules={"ldap": Compiled(SourceRules(room=RULES), FACILITY)},
            joins={"facility": Join("no", "number")},
            limits=Limits({kind: {} for kind in Kind}, hold_configuration=False),
        )
        self.staff.employ(Company({}, {"p1": Person("zhang", "张", "", "", "", "")}))
        self.runner = asyncio.Runner()

    def run(self, *listed: dict[str, str], note: str = "") -> Report:
        """Make one pass in which the facility's list has these rows, and the room this note."""
        rooms = (entry("r1", title="Peak", number="007", note=note),)
        self.staff.snapshot = msgspec.structs.replace(self.staff.snapshot, rooms=rooms)
        rows = tuple(entry(f"f{place}", **row) for place, row in enumerate(listed))
        self.facility.snapshot = msgspec.structs.replace(self.facility.snapshot, users=rows)
        return self.runner.run(self.passes.run())

    def shown(self) -> tuple[object, ...]:
        """Give capacity, place, how many may book, and the note of the only room."""
        (found,) = self.passes.platform.company.list_rooms()
        return found["capacity"], found["address"], len(found["userIds"]), found["memo"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Give an installation, closed afterwards."""
    made = Site(tmp_path)
    yield made
    made.runner.close()
    made.passes.close()


def reasons(report: Report) -> list[tuple[str, str]]:
    """Give whose finding is which."""
    return [(str(one.kind), one.reason) for one in report.plan.skipped]


def test_rooms_have_what_the_other_source_adds(site: Site) -> None:
    """In fields, templates and names of users; a change there arrives, and then nothing is planned (I1)."""
    site.run(FULL)
    assert site.shown() == (12, "2/F", 1, "")
    site.run(FULL | {"seats": "14"})
    assert site.shown() == (14, "2/F", 1, "")
    assert site.run(FULL | {"seats": "14"}).plan.operations == ()


def test_a_room_that_the_other_source_does_not_know_is_named(site: Site) -> None:
    """It has no values from there: what was written from there before is cleared, what cannot be cleared stays."""
    site.run(FULL)
    report = site.run()
    assert reasons(report) == [("room", "no_match")]
    assert site.shown() == (4, "", 0, "")
    assert reasons(site.run(FULL, FULL)) == [("room", "several_matches")]


def test_fields_of_a_source_that_cannot_be_read_stay_and_the_rest_goes_on(site: Site) -> None:
    """It is named once, as a source, and no fall-back takes its place."""
    site.run(FULL)
    site.facility.error = SourceBroken("facility: gone")
    report = site.run(FULL, note="new")
    assert report.run.exit == 3
    assert reasons(report) == []
    assert site.shown() == (12, "2/F", 1, "new")


def test_a_source_that_cannot_prove_itself_clears_nothing_of_a_room_by_itself(site: Site) -> None:
    """What would become empty for want of an entry there waits for a person; what else the room says does not (I4)."""
    site.passes.decide(unprovable=FACILITY)
    site.run(FULL, note="old")
    report = site.run()
    assert [one.held_by for one in report.plan.operations] == [("certificate",)]
    assert site.shown() == (12, "2/F", 1, "old")
    assert site.run(FULL, note="").plan.operations[0].held_by == ()


def test_explain_shows_what_is_added_to_a_room(site: Site) -> None:
    """Under the names that the rules use."""
    site.run(FULL)
    found = site.runner.run(explain(site.passes.world(), "r1", 5))
    told: dict[str, Any] = dict(found.entry or {})
    assert (told["facility.seats"], told["title"]) == (("12",), ("Peak",))
