"""Which department an entry belongs to: by its place in the tree, or by a key or DN in an attribute."""

from collections.abc import Iterable, Mapping

from syncd.errors import SourceBroken
from syncd.model import dn
from syncd.model.keys import key_text
from syncd.model.source import Entry


class Departments:
    """The department entries of one source, found by key and by place."""

    def __init__(self, entries: Iterable[Entry], key_attribute: str) -> None:
        by_path = {entry.path: entry.key for entry in entries if entry.path}
        self._by_path = by_path
        self._keys = frozenset(entry.key for entry in entries)
        self._key_attribute = key_attribute

    def above(self, path: dn.Path) -> str:
        """Give the key of the nearest department above a place, through levels that are none; `""` without one."""
        place = dn.parent(path)
        while place:
            if place in self._by_path:
                return self._by_path[place]
            place = dn.parent(place)
        return ""

    def named(self, text: str) -> str:
        """Give the key of the department that a text names by key or DN; the text itself where none is known."""
        key = key_text(self._key_attribute, text)
        if key in self._keys:
            return key
        try:
            return self._by_path.get(dn.parse(text), text)
        except SourceBroken:
            return text


def rings(parents: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """Give the keys that stand above themselves, ring by ring."""
    settled: set[str] = set()
    found: list[tuple[str, ...]] = []
    for start in parents:
        walk: dict[str, int] = {}
        key = start
        while key in parents and key not in settled and key not in walk:
            walk[key] = len(walk)
            key = parents[key]
        if key in walk:
            found.append(tuple(sorted(one for one, place in walk.items() if place >= walk[key])))
        settled.update(walk)
    return tuple(sorted(found))
