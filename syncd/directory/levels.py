"""The levels of a tree between entries and the bases of departments that are no departments themselves."""

from collections.abc import Iterable

from syncd.directory.reading import Selection
from syncd.model import dn
from syncd.model.source import Entry, Snapshot


def levels_above(snapshot: Snapshot, departments: Selection | None) -> frozenset[dn.Path]:
    """Return the places above the entries of a read, strictly below a base of departments, that are no departments.

    Without a selection of departments there are none: nobody is placed by the tree.
    """
    if departments is None:
        return frozenset()
    bases = tuple(dn.parse(base) for base in departments.bases)
    known = {entry.path for entry in snapshot.departments}
    found: set[dn.Path] = set()
    for place in _parents((*snapshot.users, *snapshot.departments, *(snapshot.rooms or ()))):
        level = place
        while level and level not in found and level not in known and _is_within(level, bases):
            found.add(level)
            level = dn.parent(level)
        while level and _is_within(level, bases):  # what stands above a department that was found
            if level not in known:
                found.add(level)
            level = dn.parent(level)
    return frozenset(found)


def _parents(entries: Iterable[Entry]) -> set[dn.Path]:
    return {dn.parent(entry.path) for entry in entries}


def _is_within(level: dn.Path, bases: Iterable[dn.Path]) -> bool:
    return any(level != base and dn.is_below(level, base) for base in bases)
