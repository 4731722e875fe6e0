"""Databases of PostgreSQL, MariaDB and SQLite, each the real one, are read whole as sources and never written."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from syncd.directory.sql_source import Database, Query, SqlSource
from syncd.errors import ConfigurationError, SourceBroken, SourceUnreachable
from syncd.model.objects import Kind
from syncd.model.source import Grade, Snapshot

# Fixtures with a parameter ask for the server by its name, which shows in no signature.
pytestmark = pytest.mark.xdist_group("mariadb")

STAFF = "SELECT no, login, name, unit FROM staff ORDER BY no"
UNITS = "SELECT id, title, above FROM units"
SERVERS = ["postgresql", "mariadb"]


class Base:
    """A database with people and departments, and what differs between the engines."""

    def __init__(self, url: str, writable: str) -> None:
        self.url = url
        self.kind = sa.make_url(url).get_backend_name()
        self.quote = "`" if self.kind == "mariadb" else '"'
        self.engine = sa.create_engine(writable, poolclass=sa.NullPool)

    def run(self, *statements: str) -> None:
        """Run statements that may write."""
        with self.engine.begin() as connection:
            for one in statements:
                connection.exec_driver_sql(one)

    def count(self, table: str = "staff") -> int:
        """Return how many rows a table has."""
        with self.engine.begin() as connection:
            return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608

    def source(self, users: str | Query = STAFF, departments: str | Query | None = UNITS) -> SqlSource:
        """Return a source with these queries."""
        people = users if isinstance(users, Query) else Query(users, "no")
        units = Query(departments, "id") if isinstance(departments, str) else departments
        return SqlSource("hr", Database(self.url), people, units)

    def read(self, users: str | Query = STAFF, departments: str | Query | None = UNITS) -> Snapshot:
        """Return what a source with these queries reads."""
        return self.source(users, departments).read()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Base]:
    """Yield a database of three people and two departments, once for each engine."""
    if request.param == "sqlite":
        url = writable = f"sqlite:///{tmp_path / '人事.db'}"
    else:
        name = "empty_postgresql" if request.param == "postgresql" else request.param
        url = request.getfixturevalue(name)
        writable = url.replace("mariadb://", "mariadb+pymysql://")
    found = Base(url, writable)
    found.run(
        "CREATE TABLE staff (no INTEGER, login VARCHAR(40), name VARCHAR(40), unit VARCHAR(40))",
        "CREATE TABLE units (id VARCHAR(40), title VARCHAR(40), above VARCHAR(40))",
        "INSERT INTO staff VALUES (17, 'wang.fang', '王芳', 'D2'), (18, 'zw', '张伟', NULL), (19, 'c', 'Chloé', ' ')",
        "INSERT INTO units VALUES ('D1', '公司', NULL), ('D2', '研发部', 'D1')",
    )
    yield found
    found.run("DROP TABLE staff", "DROP TABLE units")


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> str:
    """Return the URL of a server's database."""
    url: str = request.getfixturevalue(request.param)
    return url


class Meanwhile(dict[str, str]):
    """Columns that a query must give; something happens while its rows are on their way."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__(login="mapping.user.account")
        self._happens = happens

    def items(self):  # type: ignore[no-untyped-def]  # noqa: ANN201 - the dictionary's own
        """Do what is to happen, and return the columns."""
        self._happens()
        return super().items()


def test_people_and_departments_are_read_whole(base: Base) -> None:
    """People and departments are read whole; keys are text, NULL and blank no value, and a key names its row."""
    found = base.read()
    assert found.certificate.grade is Grade.WHOLE
    assert [(one.key, one.locator) for one in found.users] == [(str(no), f"users no={no}") for no in (17, 18, 19)]
    assert [dict(one.attributes).get("unit") for one in found.users] == [("D2",), None, None]
    assert {one.key: dict(one.attributes).get("above") for one in found.departments} == {"D1": None, "D2": ("D1",)}
    assert (found.key_attribute, found.department_key_attribute) == ("no", "id")
    assert found.certificate.proofs[0].endswith("; users: 3 rows; departments: 2 rows")


def test_who_is_asked_for_again_is_found_by_key(base: Base) -> None:
    """A source that is asked for keys once more returns those that its queries give now, of each kind."""
    source = base.source()
    before = source.read()
    people, units = ({entry.key for entry in some} for some in (before.users, before.departments))
    asked = {Kind.USER: frozenset(people | {"nobody"}), Kind.DEPARTMENT: frozenset(units), Kind.ROOM: frozenset({"1"})}
    assert source.still_has(asked) == {Kind.USER: people, Kind.DEPARTMENT: units}


def test_a_query_stands_as_it_is_written(base: Base) -> None:
    """A query runs as it is written, with its percent signs, colons, question marks and last semicolon."""
    text = "SELECT no, login, ':x ? %s' AS odd FROM staff WHERE name LIKE '王%';"
    assert [dict(one.attributes)["odd"] for one in base.read(text).users] == [(":x ? %s",)]


def test_names_of_columns_count_in_any_letter_case(base: Base) -> None:
    """The name of a column counts in any letter case."""
    found = base.read(Query('SELECT no AS "NO", login AS "Login" FROM staff'.replace('"', base.quote), "No"))
    assert {one.key for one in found.users} == {"17", "18", "19"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "SELECT no, name FROM staff",
            'there is no column "login", which mapping.user.account names; the columns are no',
        ),
        ("SELECT no, login, unit AS LOGIN FROM staff", 'has "login" more than once'),
        ("SELECT no, login, no_such FROM staff", "users.query failed at"),
        ("SELECT no, login FROM nothing", "users.query failed at"),
    ],
)
def test_a_query_without_a_mapped_column_is_broken(base: Base, text: str, words: str) -> None:
    """A query that lacks a mapped column, has it twice or is wrong breaks the read (DESIGN 6, certificate)."""
    with pytest.raises(SourceBroken, match=words.replace(".", r"\.").replace("(", r"\(")):
        base.read(Query(text, "no", {"login": "mapping.user.account"}))


def test_no_query_can_write(base: Base) -> None:
    """No query can write: what is not a single SELECT is refused, and the table is as it was."""
    taken, harmful = [], []
    for text in (
        "DELETE FROM staff",
        "DROP TABLE staff",
        "UPDATE staff SET name = 'x'",
        "INSERT INTO staff VALUES (1, 'a', 'b', 'c')",
        "SELECT no, login FROM staff; DELETE FROM staff",
        "COMMIT; DELETE FROM staff",
        "COMMIT",
        "CREATE TABLE more AS SELECT * FROM staff",
    ):
        with suppress(SourceBroken, ConfigurationError):
            base.read(text)
            taken.append(text)
        if base.count() != 3:
            harmful.append(text)
    assert (taken, harmful) == ([], [])


def test_a_deletion_that_gives_rows_is_refused_too(base: Base) -> None:
    """A deletion that gives rows by RETURNING is refused too, and the table is as it was."""
    with pytest.raises(SourceBroken, match=r"users\.query failed at"):
        base.read("DELETE FROM staff RETURNING no, login")
    assert base.count() == 3


def test_the_database_itself_refuses_to_write(base: Base) -> None:
    """The database itself refuses to write, in words of its own."""
    words = {
        "postgresql": "syntax error at or near",
        "mariadb": "Cannot execute statement in a READ ONLY transaction",
        "sqlite": "attempt to write a readonly database",
    }[base.kind]
    with pytest.raises(SourceBroken, match=words):
        base.read("DELETE FROM staff")


WRITERS = {
    "postgresql": (
        "CREATE FUNCTION writer() RETURNS integer LANGUAGE sql AS $$ DELETE FROM staff; SELECT 1 $$",
        "SELECT no, login, writer() FROM staff",
        "DROP FUNCTION writer",
    ),
    "mariadb": (
        "CREATE PROCEDURE writer() BEGIN COMMIT; DELETE FROM staff; SELECT 1 AS no, 'a' AS login; END",
        "CALL writer()",
        "DROP PROCEDURE writer",
    ),
}


@pytest.mark.parametrize("base", SERVERS, indirect=True)
def test_nor_can_what_a_query_calls(base: Base) -> None:
    """A function or a procedure that a query calls cannot write either."""
    make, query, drop = WRITERS[base.kind]
    base.run(make)
    try:
        with pytest.raises(SourceBroken, match=r"(?i)read.only transaction"):
            base.read(query)
        assert base.count() == 3
    finally:
        base.run(drop)


def test_both_queries_see_one_state(base: Base) -> None:
    """A department that comes while people are read is not seen by that read, and is by the next one."""
    if base.kind == "sqlite":
        base.run("PRAGMA journal_mode = WAL")
    users = Query(STAFF, "no", Meanwhile(lambda: base.run("INSERT INTO units VALUES ('D3', '新', NULL)")))
    assert len(base.read(users).departments) == 2
    assert len(base.read().departments) == 3


def test_no_rows_prove_nothing(base: Base) -> None:
    """A query without rows proves nothing, be it of departments or of people (DESIGN 6, certificate)."""
    base.run("DELETE FROM units")
    assert base.read().certificate.doubts == (
        "source hr: departments.query gives no row; look at what fills its tables",
    )
    base.run("DELETE FROM staff")
    assert base.read(departments=None).certificate.grade is Grade.UNPROVEN


def test_rows_without_a_key_of_their_own_are_named(base: Base) -> None:
    """Rows without a key or with a shared one are named, and the read is unproven."""
    base.run("INSERT INTO staff VALUES (NULL, 'x', 'y', NULL), (17, 'z', 'z', NULL)")
    found = base.read("SELECT no, login FROM staff ORDER BY coalesce(no, 99)")
    assert found.certificate.grade is Grade.UNPROVEN
    assert [(one.locator, one.reason) for one in found.unreadable] == [
        ("users row 5", "no_key"),
        ("users no=17", "shared_key"),
        ("users no=17", "shared_key"),
    ]


def test_a_connection_that_is_lost_in_the_middle_is_a_broken_read(server: str) -> None:
    """A connection that is lost in the middle breaks the read, whatever rows came before (DESIGN 6, certificate)."""
    kind = sa.make_url(server).get_backend_name()
    rows = "generate_series(1, 300000) AS s(seq)" if kind == "postgresql" else "seq_1_to_300000"
    text = f"SELECT seq AS no, concat('user', seq) AS login, repeat('x', 200) AS filler FROM {rows}"  # noqa: S608

    def kill() -> None:
        with sa.create_engine(server.replace("mariadb://", "mariadb+pymysql://")).connect() as connection:
            if kind == "postgresql":
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            else:
                own = connection.exec_driver_sql("SELECT connection_id()").scalar_one()
                others = "SELECT id FROM information_schema.processlist WHERE db = database()"
                for number in connection.exec_driver_sql(others).scalars():
                    if number != own:
                        connection.exec_driver_sql(f"KILL {number}")
        connection.engine.dispose()

    with pytest.raises(SourceBroken, match=r"the connection to .* ended in the middle of users\.query"):
        SqlSource("hr", Database(server), Query(text, "no", Meanwhile(kill))).read()


def test_a_statement_that_takes_too_long_is_a_broken_read(server: str) -> None:
    """A statement that takes longer than `read_timeout` breaks the read."""
    sleep = "pg_sleep(20)" if server.startswith("postgresql") else "SLEEP(20)"
    query = Query(f"SELECT 1 AS no, 'a' AS login, {sleep}", "no")
    with pytest.raises(SourceBroken, match=r"users\.query"):
        SqlSource("hr", Database(server, read_timeout=0.3), query).read()


def test_a_server_that_is_not_there_is_unreachable(server: str) -> None:
    """A server that is not there is unreachable, and its message has neither password nor query (I8)."""
    url = sa.make_url(server).set(host="127.0.0.1", port=1, password="geheim").update_query_dict({"options": "heikel"})
    bad = url.set(query={}) if server.startswith("maria") else url
    with pytest.raises(SourceUnreachable) as caught:
        SqlSource("hr", Database(bad.render_as_string(hide_password=False)), Query(STAFF, "no")).read()
    assert str(caught.value).startswith("source hr: no connection to ")
    assert "geheim" not in str(caught.value)
    assert "heikel" not in str(caught.value)


def test_a_refused_account_is_a_mistake_of_the_configuration(server: str) -> None:
    """A refused account and a missing database are mistakes of the configuration, and no password is shown."""
    url = sa.make_url(server)
    other = url.set(database="nothing")
    stranger = url.set(username="nobody", password="geheim")
    for one in (other, stranger):
        with pytest.raises(ConfigurationError) as caught:
            SqlSource("hr", Database(one.render_as_string(hide_password=False)), Query(STAFF, "no")).read()
        assert " refuses: " in str(caught.value)
        assert "geheim" not in str(caught.value)


def test_values_of_many_types_are_text(base: Base) -> None:
    """Values of many types become text as a person would write it, and bytes stay bytes."""
    typed = {
        "postgresql": "17::numeric(10,2) AS a, 17.5::float8 AS b, true AS c, date '2024-01-31' AS d, "
        "'\\x00ff'::bytea AS e, '00000000-0000-0000-0000-000000000005'::uuid AS f",
        "mariadb": "CAST(17 AS DECIMAL(10,2)) AS a, 17.5e0 AS b, 'true' AS c, DATE '2024-01-31' AS d, x'00ff' AS e, "
        "'00000000-0000-0000-0000-000000000005' AS f",
        "sqlite": "17.0 AS a, 17.5 AS b, 'true' AS c, '2024-01-31' AS d, x'00ff' AS e, "
        "'00000000-0000-0000-0000-000000000005' AS f",
    }[base.kind]
    (found,) = base.read(f"SELECT 1 AS no, 'x' AS login, {typed}").users
    shown = {name: value for name, (value,) in found.attributes.items() if name in "abcdef"}
    assert shown == {
        "a": "17",
        "b": "17.5",
        "c": "true",
        "d": "2024-01-31",
        "e": b"\x00\xff",
        "f": "00000000-0000-0000-0000-000000000005",
    }


def test_an_array_is_refused_in_a_sentence(empty_postgresql: str) -> None:
    """An array is refused in a sentence that names its column."""
    query = Query("SELECT 1 AS no, 'a' AS login, ARRAY['x', 'y'] AS tags", "no")
    with pytest.raises(SourceBroken, match=r'users: column "tags" has a value that is no single one \(list\)'):
        SqlSource("hr", Database(empty_postgresql), query).read()


def test_two_reads_at_once_do_not_disturb_each_other(base: Base) -> None:
    """Four reads at once do not disturb each other."""
    source, found = base.source(), []
    threads = [threading.Thread(target=lambda: found.append(len(source.read().users))) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [3] * 4
