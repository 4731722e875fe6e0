"""The tests sync rooms from a file beside people and departments."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing

import msgspec
import pytest

from syncd.testing.company import Company, key_of
from tests.kit.installation.settings import REMOVE_AT_ONCE
from tests.kit.installation.site import SOURCE, Site
from tests.kit.installation.tables import CSV_SOURCE, write_tables
from tests.kit.long_ago import write_long_ago
from tests.kit.servers.hr_service import HrService

ROOMS = """[source.hr.rooms]
path = "rooms.csv"
key = "number"
[mapping.room]
name = "name"
department = "unit"
address = "place"
begin_time = "from"
capacity = "seats"
longitude = "east"
scene_image = "{{ 'https://example.org/rooms/' ~ number ~ '.jpg' if seats else '' }}"
permission = "{{ 1 if allowed else 0 }}"
users = "allowed"
"""
FACILITY = """[source.facility]
type = "csv"
role = "enrich"
join = {this = "room", other = "number"}
[source.facility.users]
path = "facility.csv"
"""
HEADER = ("number", "name", "unit", "place", "from", "seats", "east", "allowed")
Row = tuple[str, ...]


def furnish(site: Site, company: Company, rooms: Iterable[Row]) -> None:
    """Write the files of this company and these rooms as if a while ago."""
    write_tables(site, company)
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER, *rooms])
    write_long_ago(site.folder / "rooms.csv", text.getvalue())


def rows(company: Company) -> list[Row]:
    """Return three rooms: one for everybody, one for two people, one without a department."""
    unit = next(iter(company.units))
    first, second = (key_of("person", number) for number in (0, 1))
    both = f"{first}; {company.people[second].account}"
    return [
        ("R1", "大会议室", unit, "一楼", "7:00", "30", "116.40", ""),
        ("R2", "Board", unit, "2/F", "08:30", "8", "", both),
        ("R3", "Phone box", "", "", "", "", "", first),
    ]


@pytest.fixture
def furnished(site: Site, company: Company) -> Site:
    """Return an installation whose platform holds the company and its rooms."""
    site.configure(CSV_SOURCE + ROOMS, tail=REMOVE_AT_ONCE)
    furnish(site, company, rows(company))
    settled = site.settle()
    assert settled.code == 0, settled.out + settled.err
    return site


def shown(site: Site) -> dict[str, tuple[object, ...]]:
    """Return what the platform shows of each room: opening time, seats, permission, number of users."""
    return {
        room["name"]: (room["beginTime"], room["capacity"], room["permission"], len(room["userIds"]))
        for room in site.sandbox.company.list_rooms()
    }


def test_rooms_become_and_stay_what_the_file_says(furnished: Site) -> None:
    """Rooms are created in one run with the people whom they name, and a second run writes nothing."""
    assert shown(furnished) == {
        "大会议室": ("07:00", 30, 0, 0),
        "Board": ("08:30", 8, 1, 2),
        "Phone box": ("07:00", 0, 1, 1),
    }
    assert furnished.refused == []
    calls = len(furnished.sandbox.calls)
    again = furnished.run("reconcile", "--json")
    assert (again.code, again.json["results"], len(furnished.sandbox.calls)) == (0, [], calls)
    assert furnished.run("plan", "--exit-code").code == 0


def test_a_room_bears_its_picture_under_whatever_address_the_platform_gives_it(site: Site, company: Company) -> None:
    """A room's picture may have an address of the platform's, and a picture that is refused keeps no room away."""
    site.configure(CSV_SOURCE + ROOMS, tail=REMOVE_AT_ONCE)
    first, *others = rows(company)
    furnish(site, company, [first])
    site.sandbox.quirks = msgspec.structs.replace(site.sandbox.quirks, scene_images="hosted")
    assert site.settle().code == 0
    (room,) = site.sandbox.company.list_rooms()
    assert room["sceneImage"].startswith("http://localhost:80/")
    assert "an address of its own" in site.run("explain", "R1").out
    site.sandbox.quirks = msgspec.structs.replace(site.sandbox.quirks, scene_images="refused")
    furnish(site, company, [first, *others])
    settled = site.settle()
    assert settled.code == 0, settled.out + settled.err
    assert "create room Board" in settled.out
    assert "without its picture, which the platform refuses" in settled.out
    assert len(shown(site)) == 3
    assert site.run("plan", "--exit-code").code == 0


ALONE = """[source.building]
type = "{type}"
key = "number"
{place}
[source.building.rooms]
{table}
[mapping.room]
name = "name"
department = ""
address = "place"
"""


@pytest.mark.parametrize("kind", ["csv", "sql", "http"])
def test_a_source_of_rooms_alone_gives_rooms(site: Site, company: Company, kind: str) -> None:
    """A table of rooms without people is read beside a directory; when it is empty, nothing is removed."""
    with ExitStack() as stack:
        write, place, table = building(site, kind, stack)
        write([("R1", "大会议室", "一楼"), ("R2", "Board", "2/F")])
        site.configure(SOURCE + ALONE.format(type=kind, place=place, table=table), tail=REMOVE_AT_ONCE)
        site.employ(company)
        checked = site.run("check", "--json")
        assert "0 people, 0 departments, 2 rooms" in json.dumps(checked.json, ensure_ascii=False), checked.err
        settled = site.settle()
        assert settled.code == 0, settled.out + settled.err
        assert {room["name"]: room["address"] for room in site.sandbox.company.list_rooms()} == {
            "大会议室": "一楼",
            "Board": "2/F",
        }
        again = site.run("reconcile", "--json")
        assert (again.code, again.json["results"]) == (0, [])
        write([("R2", "Board", "3/F")])
        assert [op["action"] for op in site.run("plan", "--json").json["operations"]] == ["update", "remove"]
        write([])
        assert site.run("reconcile").code == 3
        assert len(site.sandbox.company.list_rooms()) == 2


def building(site: Site, kind: str, stack: ExitStack) -> tuple[Callable[[list[Row]], None], str, str]:
    """Return what writes the rooms of a building, and the keys of a configuration that reads them."""
    header = ("number", "name", "place")
    if kind == "csv":

        def write_csv(rows: list[Row]) -> None:
            text = io.StringIO(newline="")
            csv.writer(text).writerows([header, *rows])
            write_long_ago(site.folder / "building.csv", text.getvalue())

        return write_csv, "", 'path = "building.csv"'
    if kind == "sql":

        def write_sql(rows: list[Row]) -> None:
            with closing(sqlite3.connect(site.folder / "building.db")) as database, database:
                database.execute("CREATE TABLE IF NOT EXISTS rooms (number, name, place)")
                database.execute("DELETE FROM rooms")
                database.executemany("INSERT INTO rooms VALUES (?, ?, ?)", rows)

        return write_sql, 'url = "sqlite:///building.db"', 'query = "SELECT number, name, place FROM rooms"'
    service = stack.enter_context(HrService())

    def write_http(rows: list[Row]) -> None:
        service.lists["/rooms"] = [dict(zip(header, row, strict=True)) for row in rows]

    return write_http, f'url = "{service.url}"', 'path = "/rooms"\nitems = "/data/list"'


def test_rooms_have_what_a_list_of_the_facility_adds(site: Site, company: Company) -> None:
    """Rooms have what an enriching list adds, and keep it while that list cannot be read and a run ends with 3."""
    mapping = ROOMS.replace('capacity = "seats"', 'capacity = "facility.places"').replace('"place"', '"name"')
    site.configure(CSV_SOURCE + FACILITY + mapping, tail=REMOVE_AT_ONCE)
    furnish(site, company, rows(company))
    places = site.folder / "facility.csv"
    write_long_ago(places, "room,places\nr1,44\nR2,9\n")
    assert "room no_match" in site.settle().out
    before = shown(site)
    assert [before[name][1] for name in ("大会议室", "Board", "Phone box")] == [44, 9, 0]
    assert site.run("plan", "--exit-code").code == 0
    places.unlink()
    first, *others = rows(company)
    furnish(site, company, [(first[0], "大厅", *first[2:]), *others])
    assert site.run("reconcile").code == 3
    assert shown(site) == {"大厅": before["大会议室"], **{name: before[name] for name in ("Board", "Phone box")}}


def test_a_day_of_rooms(furnished: Site, company: Company) -> None:
    """Rooms are renamed, removed and created in one plan, and no room names a person who leaves."""
    first, second, _ = rows(company)
    gone = key_of("person", 0)
    people = {key: person for key, person in company.people.items() if key != gone}
    smaller = Company(company.units, people)
    new = ("R4", "Library", "", "", "09:00", "5", "", company.people[key_of("person", 2)].account)
    furnish(furnished, smaller, [(first[0], "大厅", *first[2:]), second, new])
    plan = furnished.run("plan", "--json").json
    assert plan["summary"]["room"] == {"create": 1, "update": 2, "remove": 1}
    settled = furnished.run("reconcile", "--approve", plan["fingerprint"])
    assert (settled.code, furnished.refused) == (0, [])
    assert shown(furnished) == {
        "大厅": ("07:00", 30, 0, 0),
        "Board": ("08:30", 8, 1, 1),
        "Library": ("09:00", 5, 1, 1),
    }
    assert furnished.run("plan", "--exit-code").code == 0


def test_what_is_told_of_a_room(furnished: Site) -> None:
    """`explain`, `export`, `status` and every form of a report tell of rooms."""
    told = furnished.run("explain", "R2", "--json").json
    assert (told["kind"], told["state"], told["desired"]["capacity"]) == ("room", "active", "8")
    assert told["desired"]["users"] == told["shadow"]["users"]
    assert "Board" in furnished.run("explain", "Board").out
    lines = furnished.run("export", "--kind", "room").out.splitlines()
    assert len(lines) == 3
    assert furnished.run("status", "--json").json["objects"]["room"] == {"linked": 3, "unmanaged": 0, "leaving": 0}
    for form in ("terminal", "html", "markdown", "csv"):
        assert "Board" in furnished.run("show", last_run(furnished), "--format", form).out


def test_a_run_that_made_rooms_is_undone(furnished: Site, company: Company) -> None:
    """`revert` undoes the rename and the removal of rooms, with the users whom they named."""
    before = shown(furnished)
    first, second, _ = rows(company)
    furnish(furnished, company, [(first[0], "大厅", *first[2:]), second])
    assert furnished.settle().code == 0
    reverted = furnished.run("revert", last_run(furnished))
    assert reverted.code == 0, reverted.out + reverted.err
    assert shown(furnished) == before


def last_run(site: Site) -> str:
    """Return the name of the last run."""
    found: str = site.run("history", "--json").json[0]["run"]
    return found


def test_without_the_section_rooms_are_only_mirrored(site: Site, company: Company) -> None:
    """Rooms are not planned without their sections, and either section alone is an error that names the other."""
    site.configure(CSV_SOURCE, tail=REMOVE_AT_ONCE)
    furnish(site, company, rows(company))
    site.sandbox.company.add_room({"id": "OLD", "name": "Board"})
    plan = site.run("plan", "--json").json
    assert "room" not in plan["summary"]
    assert {entry["kind"] for entry in plan["unmanaged"]} <= {"user", "department"}
    assert site.run("reconcile").code == 3
    exported = [json.loads(line) for line in site.run("export").out.splitlines()]
    assert [line["platform_id"] for line in exported if line["kind"] == "room"] == ["OLD"]
    table, _, mapping = ROOMS.partition("[mapping.room]")
    site.configure(CSV_SOURCE + table)
    assert "[mapping.room]" in site.run("plan").fault
    site.configure(CSV_SOURCE + "[mapping.room]" + mapping)
    assert "no source has rooms" in site.run("plan").fault
