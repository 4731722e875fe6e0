"""How the rows of a table, which stand in no tree, become a snapshot."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from syncd.directory.reading import Found, keyed, told_apart
from syncd.errors import SourceBroken
from syncd.model.source import Certificate, Entry, Grade, Snapshot, Unreadable


class Rows(msgspec.Struct, frozen=True):
    """What one table gave: its rows, the column with the key, and what speaks for and against the read.

    Where a key `may_repeat`, rows are only joined to entries by it: two of one key, or one of none, are in order.
    """

    found: tuple[Found, ...] = ()
    key: str = ""
    proofs: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    may_repeat: bool = False


NO_ROWS = Rows()


def column(name: str) -> str:
    """Give the name of a column as rows have it: trimmed, in lower case."""
    return unicodedata.normalize("NFC", name).strip().lower()


def check_columns(where: str, header: Sequence[str], wanted: Mapping[str, str]) -> None:
    """Raise `SourceBroken` where a name stands twice, or one of `wanted` is not there; its value is what names it."""
    names = [column(one) for one in header]
    double = [one for one, count in Counter(names).items() if count > 1]
    if double:
        raise SourceBroken(f'{where}: the header has "{double[0]}" more than once; a name belongs to one column')
    for one, setting in wanted.items():
        if column(one) not in names:
            raise SourceBroken(
                f'{where}: there is no column "{one}", which {setting} names; the columns are '
                f"{', '.join(name.strip() for name in header)}"
            )


def rows_snapshot(source: str, users: Rows, departments: Rows = NO_ROWS, rooms: Rows | None = None) -> Snapshot:
    """Make entries of rows and grade the read: a doubt, or a row without a key of its own, makes it unproven."""
    people, bad_people = _entries(users)
    units, bad_units = _entries(departments)
    places, bad_places = _entries(rooms or NO_ROWS)
    unreadable = bad_people + bad_units + bad_places
    read = (users, departments, rooms or NO_ROWS)
    doubts = [doubt for one in read for doubt in one.doubts]
    proofs = "; ".join(proof for one in read for proof in one.proofs)
    if unreadable:
        doubts.append(f"{len(unreadable)} rows have no usable key; first: {unreadable[0].message}")
    return Snapshot(
        source=source,
        certificate=Certificate(Grade.UNPROVEN if doubts else Grade.WHOLE, (proofs,) if proofs else (), tuple(doubts)),
        users=people,
        departments=units,
        unreadable=unreadable,
        key_attribute=users.key,
        department_key_attribute=departments.key,
        rooms=None if rooms is None else places,
    )


def row_locator(kind: str, key: str, number: int, values: Sequence[str | bytes]) -> str:
    """Name a row that has no place by its key, and one without a key by its number."""
    shown = [one if isinstance(one, str) else one.decode(errors="replace") for one in values]
    return f"{kind} {key}={shown[0].strip()}" if shown else f"{kind} row {number}"


def _entries(rows: Rows) -> tuple[tuple[Entry, ...], tuple[Unreadable, ...]]:
    return (
        (told_apart(rows.found, rows.key), ())
        if rows.may_repeat
        else keyed(((one, ()) for one in rows.found), rows.key)
    )
