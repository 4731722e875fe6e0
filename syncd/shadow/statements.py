"""Statements that take many rows at once, for both databases."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

Row = dict[str, Any]
Only = Callable[[sa.Table, Any], sa.ColumnElement[bool]]
Ordered = TypeVar("Ordered", str, tuple[str, str, str])
MOST_VALUES = 10_000


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row], only: Only | None = None) -> None:
    """Insert rows or renew those that are there, in one statement for all; `only` says which may be renewed."""
    if not rows:
        return
    insert = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    renewed = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    where = only(table, insert.excluded) if only else None
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=renewed, where=where), rows)


def _insert(connection: sa.Connection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """Return an insertion that may renew rows; the dialect of the other database stays unloaded."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - as said

        return insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415 - as said

    return sqlite_insert(table)


def delete(connection: sa.Connection, table: sa.Table, keys: Iterable[Sequence[str]]) -> None:
    """Delete rows by their primary keys, in one statement for all."""
    columns = list(table.primary_key)
    found = [{f"b_{column.name}": value for column, value in zip(columns, key, strict=True)} for key in keys]
    if found:
        same = [column == sa.bindparam(f"b_{column.name}") for column in columns]
        connection.execute(sa.delete(table).where(*same), found)


def portions(values: Iterable[Ordered], most: int = MOST_VALUES) -> Iterable[list[Ordered]]:
    """Give values, each once and in order, in portions that one statement can bear."""
    ordered = sorted(set(values))
    return (ordered[start : start + most] for start in range(0, len(ordered), most))


def portions_of_numbers(numbers: Sequence[int], most: int = MOST_VALUES) -> Iterable[Sequence[int]]:
    """Give numbers in portions that one statement can bear."""
    return (numbers[start : start + most] for start in range(0, len(numbers), most))


def as_json(value: object) -> str:
    """Give a value as JSON text."""
    return msgspec.json.encode(value).decode()
