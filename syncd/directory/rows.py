"""How the rows of a table, which stand in no tree, become a snapshot."""

import msgspec

from syncd.directory.reading import Found, keyed
from syncd.model.source import Certificate, Entry, Grade, Snapshot, Unreadable


class Rows(msgspec.Struct, frozen=True):
    """What one table gave: its rows, the column with the key, and what speaks for and against the read."""

    found: tuple[Found, ...] = ()
    key: str = ""
    proofs: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


NO_ROWS = Rows()


def rows_snapshot(source: str, users: Rows, departments: Rows = NO_ROWS) -> Snapshot:
    """Make entries of rows and grade the read: a doubt, or a row without a key of its own, makes it unproven."""
    people, bad_people = _entries(users)
    units, bad_units = _entries(departments)
    unreadable = bad_people + bad_units
    doubts = [*users.doubts, *departments.doubts]
    proofs = "; ".join(users.proofs + departments.proofs)
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
    )


def _entries(rows: Rows) -> tuple[tuple[Entry, ...], tuple[Unreadable, ...]]:
    return keyed(((one, ()) for one in rows.found), rows.key)
