"""Another source adds to the rooms of the first, and what it added stays while it cannot be read."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncd.app.explain import explain
from syncd.app.reconcile import Report
from syncd.errors import SourceBroken
from syncd.mapping.joining import Join
from syncd.mapping.rules import Compiled, RoomRules, SourceRules
from syncd.testing.company import Company, Person
from syncd.testing.passes import MemorySource, Passes
from tests.kit.passing import UNLIMITED, put_rooms
from tests.kit.rows import row

FACILITY = frozenset({"facility"})
RULES = RoomRules(
    name="title", memo="note", capacity="{{ facility.seats or 4 }}", address="facility.place", users="facility.allowed"
)
FULL = {"no": "007", "seats": "12", "place": "2/F", "allowed": "zhang"}


class Site:
    """An installation whose rooms are in one source, with what the facility's list adds to them."""

    def __init__(self, passes: Passes, runner: asyncio.Runner) -> None:
        self.passes, self.runner = passes, runner
        self.staff, self.facility = passes.sources
        self.passes.decide(
            rules={"ldap": Compiled(SourceRules(room=RULES), FACILITY)},
            joins={"facility": Join("no", "number")},
            limits=UNLIMITED,
        )
        self.staff.employ(Company({}, {"p1": Person("zhang", "张", "", "", "", "")}))

    def run(self, *listed: dict[str, str], note: str = "") -> Report:
        """Make one pass in which the facility's list has these rows, and the room this note."""
        put_rooms(self.staff, row("r1", title="Peak", number="007", note=note))
        rows = tuple(row(f"f{place}", **values) for place, values in enumerate(listed))
        self.facility.snapshot = msgspec.structs.replace(self.facility.snapshot, users=rows)
        return self.runner.run(self.passes.run())

    def shown(self) -> tuple[object, ...]:
        """Return capacity, place, how many may book, and the note of the only room."""
        (found,) = self.passes.platform.company.list_rooms()
        return found["capacity"], found["address"], len(found["userIds"]), found["memo"]


@pytest.fixture
def passes(tmp_path: Path) -> Iterator[Passes]:
    """Return an installation with two sources; it is closed afterwards."""
    with closing(Passes(tmp_path, MemorySource("ldap"), MemorySource("facility"))) as made:
        yield made


@pytest.fixture
def site(passes: Passes, runner: asyncio.Runner) -> Site:
    """Return the installation whose rooms are in one source and get more from the other."""
    return Site(passes, runner)


def reasons(report: Report) -> list[tuple[str, str]]:
    """Return whose finding is which."""
    return [(str(one.kind), one.reason) for one in report.plan.skipped]


def test_rooms_have_what_the_other_source_adds(site: Site) -> None:
    """Fields, templates and users of a room follow what another source adds, and then nothing is planned (I1)."""
    site.run(FULL)
    assert site.shown() == (12, "2/F", 1, "")
    site.run(FULL | {"seats": "14"})
    assert site.shown() == (14, "2/F", 1, "")
    assert site.run(FULL | {"seats": "14"}).plan.operations == ()


def test_a_room_that_the_other_source_does_not_know_is_named(site: Site) -> None:
    """A room that the other source does not know is named and loses what came from there, and so is one known twice."""
    site.run(FULL)
    report = site.run()
    assert reasons(report) == [("room", "no_match")]
    assert site.shown() == (4, "", 0, "")
    assert reasons(site.run(FULL, FULL)) == [("room", "several_matches")]


def test_fields_of_a_source_that_cannot_be_read_stay_and_the_rest_goes_on(site: Site) -> None:
    """What another source added to a room stays while it cannot be read, and other fields are written."""
    site.run(FULL)
    site.facility.error = SourceBroken("facility: gone")
    report = site.run(FULL, note="new")
    assert report.run.exit == 3
    assert reasons(report) == []
    assert site.shown() == (12, "2/F", 1, "new")


def test_a_source_that_cannot_prove_itself_clears_nothing_of_a_room_by_itself(site: Site) -> None:
    """An operation that clears fields because an unproven source lacks an entry is held, and another is not (I4)."""
    site.passes.decide(unprovable=FACILITY)
    site.run(FULL, note="old")
    report = site.run()
    assert [one.held_by for one in report.plan.operations] == [("certificate",)]
    assert site.shown() == (12, "2/F", 1, "old")
    assert site.run(FULL, note="").plan.operations[0].held_by == ()


def test_explain_shows_what_is_added_to_a_room(site: Site) -> None:
    """The explanation of a room shows what another source adds, under the names that the rules use."""
    site.run(FULL)
    found = site.runner.run(explain(site.passes.world(), "r1", 5))
    told: dict[str, Any] = dict(found.entry or {})
    assert (told["facility.seats"], told["title"]) == (("12",), ("Peak",))
