"""How each kind of database is made to show one state, and to write nothing."""

from collections.abc import Mapping

import msgspec


class Dialect(msgspec.Struct, frozen=True):
    """What differs between databases.

    `begin` are the first statements of the transaction, in which `{ms}` is the time a statement may take; `proof` says
    what they achieve; `driver` is taken where the URL names none; `install` is what makes it available.
    """

    begin: tuple[str, ...] = ()
    proof: str = ""
    driver: str = ""
    install: str = ""
    is_tested: bool = False


POSTGRESQL = Dialect(
    begin=(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        "SET LOCAL statement_timeout = {ms}",
    ),
    proof="in one read-only transaction",
    driver="psycopg",
    is_tested=True,
)
# A transaction's end, such as a procedure may bring about, begins another one: that is why the session is read-only
# too. A select limit of the server would cut an answer without a word.
MYSQL = Dialect(
    begin=(
        "SET SESSION TRANSACTION READ ONLY",
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "SET SESSION sql_select_limit = 18446744073709551615",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ),
    proof="in one read-only transaction",
    driver="pymysql",
    install='it is the extra "mysql" of syncd: pip install "pymysql[rsa]"',
    is_tested=True,
)
SQLITE = Dialect(begin=("BEGIN",), proof="in one transaction on a file opened for reading", is_tested=True)
DIALECTS: Mapping[str, Dialect] = {
    "postgresql": POSTGRESQL,
    "mysql": MYSQL,
    "mariadb": MYSQL,
    "sqlite": SQLITE,
    "oracle": Dialect(begin=("SET TRANSACTION READ ONLY",), proof="in one read-only transaction", driver="oracledb"),
    "mssql": Dialect(
        begin=("SET TRANSACTION ISOLATION LEVEL SNAPSHOT",), proof="in one snapshot; the account alone forbids writing"
    ),
}
OTHER = Dialect(proof="one after the other; the account alone forbids writing")


def dialect_of(name: str) -> Dialect:
    """Give what is known of a kind of database, by its name in URLs."""
    return DIALECTS.get(name, OTHER)


def is_one_select(query: str) -> bool:
    """Tell whether a query looks like a single SELECT, for databases whose transactions cannot be kept from writing."""
    bare = query.strip().rstrip(";").rstrip()
    return bare.lower().startswith(("select", "with")) and ";" not in bare
