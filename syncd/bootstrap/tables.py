"""The sources whose entries are rows, and the columns that each must have."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from syncd.app.ports import Source
from syncd.bootstrap.reads import Reads
from syncd.config.source_settings import CsvFile as CsvSettings
from syncd.config.source_settings import CsvSource, HasKey, TableSource
from syncd.config.source_settings import Source as SourceSettings
from syncd.config.table_settings import HttpList, HttpSource, SqlQuery, SqlSource
from syncd.directory.read_meter import ReadLimits
from syncd.directory.rows import column
from syncd.errors import ConfigurationError
from syncd.mapping.facts import EVERY_ATTRIBUTE

if TYPE_CHECKING:
    from syncd.directory.http_access import Access
    from syncd.directory.http_source import Service
    from syncd.directory.http_tokens import Credentials

Columns = Mapping[str, str]


class Wanted(msgspec.Struct, frozen=True):
    """The name of a source, what it must have, and whether its pictures are wanted too, where they can be left out.

    `everything` is all that is read of it where it is there: more than it must have.
    """

    name: str
    reads: Reads
    has_pictures: bool = False
    everything: Reads = Reads({})

    def read_of(self, chosen: TableSource, table: HasKey, reads: Mapping[str, frozenset[str]]) -> frozenset[str] | None:
        """Return the columns of a table that are read, in lower case; nothing where any may be."""
        names = frozenset[str]().union({chosen.key_of(table)}, *reads.values())
        return None if EVERY_ATTRIBUTE in names else frozenset(map(column, names))

    def users(self, chosen: TableSource, table: HasKey) -> Columns:
        """Give the columns that people must have, each with the setting that names it."""
        return self._columns("users", chosen, table, self.reads.people)

    def departments(self, chosen: TableSource, table: HasKey) -> Columns:
        """Give the columns that departments must have, each with the setting that names it."""
        return self._columns("departments", chosen, table, self.reads.departments)

    def rooms(self, chosen: TableSource, table: HasKey) -> Columns:
        """Give the columns that rooms must have, each with the setting that names it."""
        return self._columns("rooms", chosen, table, self.reads.rooms)

    def _columns(self, kind: str, chosen: TableSource, table: HasKey, reads: Mapping[str, frozenset[str]]) -> Columns:
        columns = {one: setting for setting, names in reads.items() for one in sorted(names - {EVERY_ATTRIBUTE})}
        key = f"source.{self.name}.{kind}.key" if table.key else f"source.{self.name}.key"
        return {chosen.key_of(table): key, **columns} if chosen.join else {**columns, chosen.key_of(table): key}


def read_limits(chosen: SourceSettings) -> ReadLimits:
    """Return what a read of a source may take."""
    return ReadLimits(chosen.largest_read, chosen.longest_read)


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

    def file(table: CsvSettings, columns: Columns, reads: Mapping[str, frozenset[str]]) -> CsvFile:
        return CsvFile(
            Path(table.path),
            chosen.key_of(table),
            columns,
            Form(table.encoding, table.delimiter, table.header_row),
            chosen.proof == "none",
            chosen.may_repeat(table),
            wanted.read_of(chosen, table, reads),
        )

    users, departments, rooms = chosen.users, chosen.departments, chosen.rooms
    reads = wanted.everything
    return CsvReader(
        wanted.name,
        file(users, wanted.users(chosen, users), reads.people) if users else None,
        file(departments, wanted.departments(chosen, departments), reads.departments) if departments else None,
        file(rooms, wanted.rooms(chosen, rooms), reads.rooms) if rooms else None,
        limits=read_limits(chosen),
    )


def _sql_reader(chosen: SqlSource, wanted: Wanted) -> Source:
    from syncd.directory.sql_source import Database, Query  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.sql_source import SqlSource as SqlReader  # noqa: PLC0415 - slow to load, often not needed

    left_out = frozenset[str]() if wanted.has_pictures else wanted.reads.pictures

    def query(table: SqlQuery, columns: Columns, reads: Mapping[str, frozenset[str]]) -> Query:
        read = wanted.read_of(chosen, table, reads)
        return Query(table.query, chosen.key_of(table), columns, chosen.may_repeat(table), left_out, read)

    users, departments, rooms = chosen.users, chosen.departments, chosen.rooms
    reads = wanted.everything
    return SqlReader(
        wanted.name,
        Database(chosen.url.get_secret_value(), chosen.connect_timeout, chosen.read_timeout, read_limits(chosen)),
        query(users, wanted.users(chosen, users), reads.people) if users else None,
        query(departments, wanted.departments(chosen, departments), reads.departments) if departments else None,
        query(rooms, wanted.rooms(chosen, rooms), reads.rooms) if rooms else None,
    )


def _http_reader(chosen: HttpSource, wanted: Wanted) -> Source:
    from syncd.directory.http_pages import Places  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.http_source import HttpSource as HttpReader  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.http_source import Listing  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.json_items import choices  # noqa: PLC0415 - slow to load, often not needed

    def listing(table: HttpList, columns: Columns) -> Listing:
        success = (table.success.at, table.success.is_) if table.success else None
        try:
            chosen_items = choices({*columns, chosen.key_of(table)})
        except ValueError as error:
            raise ConfigurationError(f"source.{wanted.name}: {error}") from None
        places = Places(
            items=table.items,
            next=table.next,
            next_param=table.next_param,
            total=table.total,
            more=table.more,
            success=success,
            start=table.start,
            step=table.step,
            choices=chosen_items,
        )
        return Listing(table.path, chosen.key_of(table), places, columns, chosen.may_repeat(table))

    users, departments, rooms = chosen.users, chosen.departments, chosen.rooms
    return HttpReader(
        wanted.name,
        _service(chosen),
        _credentials(wanted.name, chosen),
        listing(users, wanted.users(chosen, users)) if users else None,
        listing(departments, wanted.departments(chosen, departments)) if departments else None,
        listing(rooms, wanted.rooms(chosen, rooms)) if rooms else None,
    )


def http_access(name: str, chosen: HttpSource) -> "Access":
    """Make what shows the server of a service who asks."""
    from syncd.directory.http_access import Access  # noqa: PLC0415 - slow to load, often not needed

    return Access(name, _service(chosen), _credentials(name, chosen))


def _service(chosen: HttpSource) -> "Service":
    from syncd.directory.http_exchange import Reaching  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.http_source import Service  # noqa: PLC0415 - slow to load, often not needed

    headers = {name: value.get_secret_value() for name, value in chosen.headers.items()}
    reaching = Reaching(chosen.ca_file, chosen.insecure, chosen.connect_timeout, chosen.read_timeout)
    return Service(chosen.url.get_secret_value(), headers, reaching, read_limits(chosen))


def _credentials(name: str, chosen: HttpSource) -> "Credentials":
    from syncd.directory.http_tokens import Client, ClientCredentials, Fixed, basic  # noqa: PLC0415 - likewise

    if chosen.auth == "oauth2":
        secret = chosen.client_secret.get_secret_value()
        return ClientCredentials(name, Client(chosen.token_url, chosen.client_id, secret, chosen.scope))
    if chosen.auth == "basic":
        password = chosen.password.get_secret_value()
        return Fixed(basic(chosen.username, password), (password, f"{chosen.username}:{password}"))
    if chosen.auth == "bearer":
        return Fixed({"authorization": f"Bearer {chosen.token.get_secret_value()}"})
    return Fixed({})
