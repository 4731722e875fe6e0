"""The sources whose entries are rows, and the columns that each must have."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from syncd.app.draw_up import COUNTS
from syncd.app.ports import Source
from syncd.config.source_settings import CsvFile as CsvSettings
from syncd.config.source_settings import CsvSource, TableSource
from syncd.config.table_settings import HttpList, HttpSource, SqlQuery, SqlSource
from syncd.mapping.rules import Compiled, Rule
from syncd.mapping.templates import EVERY_ATTRIBUTE
from syncd.plan.certificate import Counts

if TYPE_CHECKING:
    from syncd.directory.http_tokens import Credentials

Columns = Mapping[str, str]


class Wanted(msgspec.Struct, frozen=True):
    """What decides the columns of a source: its mapping, as written and compiled, and what the store remembers."""

    name: str
    written: frozenset[str]
    rules: Compiled
    password: Rule | None
    facts: Mapping[str, str]

    def users(self, chosen: TableSource, own_key: str) -> Columns:
        """Give the columns that people must have, each with the setting that names it."""
        reads = _named("user", self.rules.user_reads())
        wanted = {setting: names for setting, names in reads.items() if setting in self.written | self._filled()}
        if self.password:
            wanted["platform.initial_password"] = self.password.attributes()
        return self._columns("users", chosen, own_key, wanted)

    def departments(self, chosen: TableSource, own_key: str) -> Columns:
        """Give the columns that departments must have, each with the setting that names it."""
        reads = _named("department", self.rules.department_reads())
        wanted = {setting: names for setting, names in reads.items() if setting in self.written}
        return self._columns("departments", chosen, own_key, wanted)

    def _columns(self, table: str, chosen: TableSource, own_key: str, wanted: Mapping[str, frozenset[str]]) -> Columns:
        setting = f"source.{self.name}.{table}.key" if own_key else f"source.{self.name}.key"
        columns = {one: field for field, names in wanted.items() for one in sorted(names - {EVERY_ATTRIBUTE})}
        return {**columns, own_key or chosen.key: setting}

    def _filled(self) -> frozenset[str]:
        """Give the keys of the mapping whose fields had values at the last good read; nothing before there was one."""
        counts = self.facts.get(COUNTS + self.name)
        filled = msgspec.json.decode(counts, type=Counts).filled if counts else {}
        return frozenset(f"mapping.user.{field}" for field, people in filled.items() if people)


def table_reader(chosen: CsvSource | SqlSource | HttpSource, wanted: Wanted) -> Source:
    """Make a source of a table's type."""
    if isinstance(chosen, HttpSource):
        return _http_reader(chosen, wanted)
    if isinstance(chosen, SqlSource):
        return _sql_reader(chosen, wanted)
    return _csv_reader(chosen, wanted)


def _csv_reader(chosen: CsvSource, wanted: Wanted) -> Source:
    from syncd.directory.csv_source import CsvFile  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.csv_source import CsvSource as CsvReader  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.csv_table import Form  # noqa: PLC0415 - slow to load, often not needed

    def file(table: CsvSettings, columns: Columns) -> CsvFile:
        form = Form(table.encoding, table.delimiter)
        return CsvFile(Path(table.path), table.key or chosen.key, columns, form, chosen.proof == "none")

    departments = chosen.departments
    return CsvReader(
        wanted.name,
        file(chosen.users, wanted.users(chosen, chosen.users.key)),
        file(departments, wanted.departments(chosen, departments.key)) if departments else None,
    )


def _sql_reader(chosen: SqlSource, wanted: Wanted) -> Source:
    from syncd.directory.sql_source import Database, Query  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.sql_source import SqlSource as SqlReader  # noqa: PLC0415 - slow to load, often not needed

    def query(table: SqlQuery, columns: Columns) -> Query:
        return Query(table.query, table.key or chosen.key, columns)

    departments = chosen.departments
    return SqlReader(
        wanted.name,
        Database(chosen.url.get_secret_value(), chosen.connect_timeout, chosen.read_timeout),
        query(chosen.users, wanted.users(chosen, chosen.users.key)),
        query(departments, wanted.departments(chosen, departments.key)) if departments else None,
    )


def _http_reader(chosen: HttpSource, wanted: Wanted) -> Source:
    from syncd.directory.http_exchange import Reaching  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.http_pages import Places  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.http_source import HttpSource as HttpReader  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.http_source import Listing, Service  # noqa: PLC0415 - slow to load, often not needed

    def listing(table: HttpList, columns: Columns) -> Listing:
        places = Places(table.items, table.next, table.next_param, table.total)
        return Listing(table.path, table.key or chosen.key, places, columns)

    departments = chosen.departments
    headers = {name: value.get_secret_value() for name, value in chosen.headers.items()}
    reaching = Reaching(chosen.ca_file, chosen.insecure, chosen.connect_timeout, chosen.read_timeout)
    return HttpReader(
        wanted.name,
        Service(chosen.url.get_secret_value(), headers, reaching),
        _credentials(wanted.name, chosen),
        listing(chosen.users, wanted.users(chosen, chosen.users.key)),
        listing(departments, wanted.departments(chosen, departments.key)) if departments else None,
    )


def _credentials(name: str, chosen: HttpSource) -> "Credentials":
    from syncd.directory.http_tokens import Client, ClientCredentials, Fixed, basic  # noqa: PLC0415 - likewise

    if chosen.auth == "oauth2":
        secret = chosen.client_secret.get_secret_value()
        return ClientCredentials(name, Client(chosen.token_url, chosen.client_id, secret, chosen.scope))
    if chosen.auth == "basic":
        return Fixed(basic(chosen.username, chosen.password.get_secret_value()))
    if chosen.auth == "bearer":
        return Fixed({"authorization": f"Bearer {chosen.token.get_secret_value()}"})
    return Fixed({})


def _named(kind: str, reads: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {f"mapping.{kind}.{field}": names for field, names in reads.items()}
