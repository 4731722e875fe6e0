"""The URL, the file and the query of a database are judged before anything is read from it."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from syncd.bootstrap.sources import sources
from syncd.config.loading import load
from syncd.directory.sql_dialects import dialect_of, is_one_select
from syncd.directory.sql_source import Database, Query, SqlSource
from syncd.errors import ConfigurationError, SourceBroken, SourceUnreachable
from tests.kit.closed_port import closed_port

STAFF = Query("SELECT no, login FROM staff", "no")
SETTINGS = """[source.hr]
type = "sql"
url = "sqlite:///hr.db"
key = "no"
users = {query = "SELECT no, login, name, unit FROM staff"}
departments = {query = "SELECT id, title, above FROM units", key = "id"}
[mapping.user]
account = "login"
name = "name"
department = "unit"
[mapping.department]
name = "title"
parent = "above"
[platform]
appkey = "k"
appsecret = "s"
"""


def source(url: str) -> SqlSource:
    """Give a source at this URL."""
    return SqlSource("hr", Database(url), STAFF)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nothing", "source.hr.url is no URL of a database"),
        ("postgresql://hr:geheim@x:port/y", "source.hr.url is no URL of a database"),
        ("foxpro://hr:geheim@x/y", "foxpro is no database that syncd knows"),
        (
            "oracle://hr:geheim@x/y",
            "the driver for oracle (oracledb) is not installed: install the Python package oracledb",
        ),
        ("sqlite://", "source.hr.url names no file"),
        ("sqlite:///:memory:", "source.hr.url names no file"),
    ],
)
def test_a_url_that_cannot_be_used_is_a_mistake_of_the_configuration(url: str, words: str) -> None:
    """A URL that cannot be used is refused at once, and never with its password (I8)."""
    with pytest.raises(ConfigurationError) as caught:
        source(url)
    assert words in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_missing_driver_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing driver of MySQL is named with the command that installs it."""
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(ConfigurationError, match=r'\(pymysql\) is not installed: .* pip install "pymysql\[rsa\]"'):
        source("mysql://hr@x/y")


@pytest.mark.parametrize("option", ["colour=blue", "ssl_ca=/no/such/file", "connect_timeout=soon"])
@pytest.mark.parametrize("kind", ["mysql", "postgresql"])
def test_options_of_a_url_that_the_driver_cannot_use_are_one_line(kind: str, option: str) -> None:
    """Options of a URL that a driver cannot use are an error of ours, never with the password (I8)."""
    with closed_port() as port, pytest.raises((ConfigurationError, SourceUnreachable)) as caught:
        source(f"{kind}://hr:geheim@127.0.0.1:{port}/x?{option}").read()
    assert "geheim" not in str(caught.value)
    assert "hr" in str(caught.value)


def test_a_file_that_is_not_there_is_unreachable_and_is_not_made(tmp_path: Path) -> None:
    """A database file that does not exist is unreachable and is not made."""
    with pytest.raises(SourceUnreachable, match="unable to open database file"):
        source(f"sqlite:///{tmp_path / 'no.db'}").read()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_broken(tmp_path: Path) -> None:
    """A file that is no database is a broken read."""
    (tmp_path / "x.db").write_bytes(b"no, login\n" * 1000)
    with pytest.raises(SourceBroken, match="file is not a database"):
        source(f"sqlite:///{tmp_path / 'x.db'}").read()


@pytest.mark.parametrize("name", ["firebird", "mssql", "oracle"])
def test_what_was_never_tested_is_said(name: str) -> None:
    """Firebird, SQL Server and Oracle count as databases that were never tested."""
    assert not dialect_of(name).is_tested


@pytest.mark.parametrize(
    ("query", "is_one"),
    [
        ("SELECT 1", True),
        (" with x as (select 1) select * from x ;\n", True),
        ("SELECT 1; DELETE FROM x", False),
        ("DELETE FROM x", False),
    ],
)
def test_other_databases_are_given_a_single_select_only(query: str, is_one: object) -> None:
    """A query is taken for a single SELECT only where it is one, as other databases need it."""
    assert is_one_select(query) is is_one


@pytest.mark.parametrize(
    ("gone", "setting"),
    [("login", "mapping.user.account"), ("unit", "mapping.user.department"), ("above", "mapping.department.parent")],
)
def test_the_configuration_says_which_columns_a_query_must_give(tmp_path: Path, gone: str, setting: str) -> None:
    """A query that lacks a mapped column is a broken read that names column and setting."""
    (tmp_path / "syncd.toml").write_text(SETTINGS.replace(f", {gone}", ", 1 AS one", 1))
    with closing(sqlite3.connect(tmp_path / "hr.db")) as base, base:
        base.execute("CREATE TABLE staff (no, login, name, unit)")
        base.execute("CREATE TABLE units (id, title, above)")
        base.execute("INSERT INTO staff VALUES (1, 'a', 'A', 'D')")
    (found,) = sources(load(None, {}, tmp_path).settings, {})
    with pytest.raises(SourceBroken, match=f'there is no column "{gone}", which {setting} names'):
        found.read()


def test_a_doubled_column_is_a_fault_only_where_somebody_reads_it(tmp_path: Path) -> None:
    """A query may give a name twice, as `SELECT *` of a join does, unless the mapping, a key or a join reads it."""
    with closing(sqlite3.connect(tmp_path / "hr.db")) as base:
        base.executescript(
            "CREATE TABLE staff (no, login, name, unit, note); INSERT INTO staff VALUES (1, 'a', 'A', 'D1', 'x');"
            "CREATE TABLE units (id, title, above, note); INSERT INTO units VALUES ('D1', 'T', '', 'y');"
        )
    joined = "SELECT * FROM staff JOIN units ON unit = id"
    (tmp_path / "syncd.toml").write_text(SETTINGS.replace("SELECT no, login, name, unit FROM staff", joined))
    (read,) = sources(load(None, {}, tmp_path).settings, {})
    (found,) = read.read().users
    assert (found.key, found.attributes["login"], "note" in found.attributes) == ("1", ("a",), False)
    text = (tmp_path / "syncd.toml").read_text().replace('name = "name"', 'name = "name"\nmemo = "note"')
    (tmp_path / "syncd.toml").write_text(text)
    (read,) = sources(load(None, {}, tmp_path).settings, {})
    with pytest.raises(SourceBroken, match='the header has "note" more than once'):
        read.read()
