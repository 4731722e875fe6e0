"""Rooms are configured for every kind of table, and what does not belong together is refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from syncd.bootstrap.decisions import decisions
from syncd.bootstrap.sources import sources
from syncd.errors import ConfigurationError, SourceBroken
from syncd.model.objects import Kind
from syncd.testing.passes import Passes
from tests.kit.configurations import loaded
from tests.kit.servers.hr_service import HrService

PLATFORM = '[mapping.user]\naccount = "no"\nname = "no"\ndepartment = ""\n[platform]\nappkey = "k"\nappsecret = "s"\n'
SQL = """[source.hr]
type = "sql"
url = "sqlite:///hr.db"
key = "no"
users = {query = "SELECT no FROM staff"}
"""
ROOMS = 'rooms = {query = "SELECT no, title, seats FROM rooms"}\n'
MAPPING = '[mapping.room]\nname = "title"\ncapacity = "seats"\n'


def fill(folder: Path, columns: str = "no, title, seats") -> None:
    """Make the database."""
    with closing(sqlite3.connect(folder / "hr.db")) as base, base:
        base.execute("CREATE TABLE staff (no)")
        base.execute("INSERT INTO staff VALUES (1)")
        base.execute(f"CREATE TABLE rooms ({columns})")
        base.execute("INSERT INTO rooms VALUES (7, '大厅', 30)")


def test_rooms_of_a_database_are_read(tmp_path: Path) -> None:
    """The rooms of a database are read with a query and keys of their own."""
    fill(tmp_path)
    (found,) = sources(loaded(tmp_path, SQL + ROOMS + MAPPING + PLATFORM).settings, {})
    (room,) = found.read().rooms or ()
    assert (room.key, room.attributes["title"]) == ("7", ("大厅",))


def test_mapped_column_that_is_not_there_is_broken(tmp_path: Path) -> None:
    """A mapped column that is not there breaks the source, and the key of the mapping is named."""
    fill(tmp_path, "no, title, places")
    text = SQL + ROOMS.replace("seats", "places") + MAPPING + PLATFORM
    (found,) = sources(loaded(tmp_path, text).settings, {})
    with pytest.raises(SourceBroken, match=r'no column "seats", which mapping.room.capacity names'):
        found.read()


def test_rooms_of_a_service_are_read(tmp_path: Path) -> None:
    """The rooms of an HTTP service are read from a list of their own."""
    with HrService({"/people": [{"no": "1"}], "/rooms": [{"no": "7", "title": "Hall", "seats": 30}]}) as service:
        service.paging = "one"
        text = f"""[source.hr]
type = "http"
url = "{service.url}"
key = "no"
users = {{path = "/people", items = "/data/list"}}
rooms = {{path = "/rooms", items = "/data/list"}}
{MAPPING}{PLATFORM}"""
        (found,) = sources(loaded(tmp_path, text).settings, {})
        (room,) = found.read().rooms or ()
    assert (room.key, room.attributes["seats"]) == ("7", ("30",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SQL + ROOMS + PLATFORM, "does not say what they are"),
        (SQL + MAPPING + PLATFORM, "no source has rooms"),
        (SQL + "expect = {rooms = 3}\n" + PLATFORM, "the source is not asked for rooms"),
        (SQL + ROOMS + "expect = {rooms = -1}\n" + MAPPING + PLATFORM, "expect.rooms"),
        (SQL + ROOMS + '[mapping.room]\ncapacity = "seats"\n' + PLATFORM, "mapping.room.name"),
        (SQL + ROOMS + '[mapping.room]\nname = ""\n' + PLATFORM, "cannot do without name"),
        (SQL + ROOMS + MAPPING + 'department = "@path:unit"\n' + PLATFORM, "without @path:"),
        (SQL + ROOMS + MAPPING + 'department = "@parent"\n' + PLATFORM, "stand in no tree"),
        (SQL + ROOMS + MAPPING + 'picture = "x"\n' + PLATFORM, "mapping.room.picture"),
    ],
)
def test_what_does_not_belong_together_is_an_error(tmp_path: Path, text: str, words: str) -> None:
    """Settings of rooms that do not belong together are refused when the configuration is loaded."""
    with pytest.raises(ConfigurationError, match=words):
        loaded(tmp_path, text)


def test_rooms_decide_scope_only_where_they_are_written(tmp_path: Path) -> None:
    """Rooms are part of what is approved only where they are written."""
    without = decisions(loaded(tmp_path, SQL + PLATFORM))
    assert not any("room" in key for key in without.scope if not key.startswith("policy."))
    assert without.rules["hr"].room is None
    scope = decisions(loaded(tmp_path, SQL + ROOMS + MAPPING + PLATFORM)).scope
    assert scope["mapping.hr.room.capacity"] == '"seats"'
    assert "SELECT" in scope["source.hr.rooms.query"]


async def test_rooms_that_are_expected_and_not_there_hold_the_plan(tmp_path: Path) -> None:
    """Fewer rooms than `expect` says hold the plan as not proven whole."""
    fill(tmp_path)
    configured = loaded(tmp_path, SQL + ROOMS + "expect = {rooms = 2}\n" + MAPPING + PLATFORM)
    with closing(Passes(tmp_path, *sources(configured.settings, {}))) as passes:  # type: ignore[arg-type]
        passes.decisions = decisions(configured)
        plan = await passes.plan()
    (message,) = [guard.message for guard in plan.guards if guard.name == "certificate"]
    assert message.startswith("source hr is not proven whole: 1 rooms were read where at least 2 are expected (expect)")


def test_limits_of_rooms_are_their_own(tmp_path: Path) -> None:
    """Rooms have limits of their own, and what is not written for them is as for all kinds."""
    text = SQL + ROOMS + MAPPING + PLATFORM + "[limits.room]\nremove = {count = 1}\n"
    limits = decisions(loaded(tmp_path, text)).limits.by_kind
    assert (limits[Kind.ROOM]["remove"].count, limits[Kind.USER]["remove"].count) == (1, 50)
    assert limits[Kind.ROOM]["update"] == limits[Kind.USER]["update"]


ENRICH = """[source.facility]
type = "csv"
role = "enrich"
join = {this = "room", other = "no"}
[source.facility.users]
path = "facility.csv"
"""


def test_rooms_read_what_another_source_adds(tmp_path: Path) -> None:
    """Rooms read what another source adds, and that source is broken if it lacks the attribute."""
    fill(tmp_path)
    (tmp_path / "facility.csv").write_text("room,floor\n7,2\n")
    text = SQL + ROOMS + ENRICH + MAPPING + 'address = "facility.floor"\n' + PLATFORM
    authority, added = sources(loaded(tmp_path, text).settings, {})
    assert authority.read().rooms is not None
    (row,) = added.read().users
    assert (row.key, row.attributes["floor"]) == ("7", ("2",))
    (tmp_path / "facility.csv").write_text("room,storey\n7,2\n")
    with pytest.raises(SourceBroken, match=r'no column "floor", which mapping.room.address names'):
        added.read()


def test_rooms_without_what_they_are_joined_by_are_broken(tmp_path: Path) -> None:
    """Rooms that lack the column they are joined by break the source, and the setting is named."""
    fill(tmp_path)
    (tmp_path / "facility.csv").write_text("room,floor\n7,2\n")
    text = (
        SQL
        + ROOMS
        + ENRICH.replace('other = "no"', 'other = "nr"')
        + MAPPING
        + 'address = "facility.floor"\n'
        + PLATFORM
    )
    authority, _ = sources(loaded(tmp_path, text).settings, {})
    with pytest.raises(SourceBroken, match=r'no column "nr", which source.facility.join.other names'):
        authority.read()


def test_rooms_of_a_tree_read_no_source_that_is_not_there(tmp_path: Path) -> None:
    """A mapping of rooms in a tree that reads a source that is not there is refused."""
    source = '[source.tree]\ntype = "ldif"\npath = "c.ldif"\nbase = "dc=x"\n[source.tree.rooms]\nfilter = "(cn=*)"\n'
    with pytest.raises(ConfigurationError, match=r"mapping.room.address reads facility.floor"):
        loaded(
            tmp_path,
            source
            + '[mapping.room]\nname = "cn"\naddress = "facility.floor"\n[platform]\nappkey = "k"\nappsecret = "s"\n',
        )
