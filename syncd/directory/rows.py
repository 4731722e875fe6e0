"""How the rows of a table, which stand in no tree, become a snapshot."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from syncd.directory.reading import Found, keyed, told_apart
from syncd.errors import SourceBroken
from syncd.model.source import Certificate, Entry, Finding, Grade, Snapshot, Unreadable

Reads = frozenset[str] | None
"""The columns that a mapping, a key or a join reads, in lower case; nothing where any may be."""
LONGEST_NAME, MOST_NAMES = 40, 20
KINDS = ("people", "departments", "rooms")


class Rows(msgspec.Struct, frozen=True):
    """What one table gave: its rows, the column with the key, and what speaks for and against the read.

    Where a key `may_repeat`, rows are only joined to entries by it: two of one key, or one of none, are in order.
    `guessed_encoding` is what a file was taken for, where nobody named it and it could be another. `findings` are about
    rows that can be used all the same.
    """

    found: tuple[Found, ...] = ()
    key: str = ""
    proofs: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    may_repeat: bool = False
    guessed_encoding: str = ""
    findings: tuple[Finding, ...] = ()


NO_ROWS = Rows()


def column(name: str) -> str:
    """Give the name of a column as rows have it: trimmed, in lower case."""
    return unicodedata.normalize("NFC", name).strip().lower()


def check_columns(where: str, header: Sequence[str], wanted: Mapping[str, str]) -> None:
    """Raise `SourceBroken` where one of `wanted` is not in the header; its value is the setting that names it."""
    names = {column(one) for one in header}
    for one, setting in wanted.items():
        if column(one) not in names:
            raise SourceBroken(
                f'{where}: there is no column "{shortened(one)}", which {setting} names; the columns are '
                f"{_listed(header)}"
            )


def usable_columns(where: str, header: Sequence[str], reads: Reads) -> dict[int, str]:
    """Return the columns that have a name of their own, by their place.

    Raises `SourceBroken` where a name that is read stands twice; a doubled one that nobody reads has no values.
    """
    names = [column(one) for one in header]
    counts = Counter(names)
    double = next((one for one in names if one and counts[one] > 1 and is_read(one, reads)), None)
    if double is not None:
        raise SourceBroken(
            f'{where}: the header has "{shortened(double)}" more than once; a name belongs to one column'
        )
    return {place: name for place, name in enumerate(names) if name and counts[name] == 1}


def is_read(name: str, reads: Reads) -> bool:
    """Whether somebody reads a column, by its name in lower case."""
    return reads is None or name in reads


def shortened(text: str) -> str:
    """Return a text for a message, cut where it is longer than anybody would read."""
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"


def _listed(header: Sequence[str]) -> str:
    """Return the names of columns, as many as anybody would read."""
    shown = ", ".join(shortened(name.strip()) for name in header[:MOST_NAMES])
    return f"{shown} and {len(header) - MOST_NAMES} more" if len(header) > MOST_NAMES else shown


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
    keys = {one.locator: one.key for one in (*people, *units, *places)}
    findings = (finding for one in read for finding in one.findings)
    return Snapshot(
        source=source,
        findings=tuple(msgspec.structs.replace(one, key=keys.get(one.locator, "")) for one in findings),
        certificate=Certificate(Grade.UNPROVEN if doubts else Grade.WHOLE, (proofs,) if proofs else (), tuple(doubts)),
        users=people,
        departments=units,
        unreadable=unreadable,
        key_attribute=users.key or departments.key or read[2].key,
        department_key_attribute=departments.key,
        rooms=None if rooms is None else places,
        guessed_encodings={
            kind: one.guessed_encoding for kind, one in zip(KINDS, read, strict=True) if one.guessed_encoding
        },
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
