"""Which department an entry belongs to: by its place in the tree, or by a key or DN in an attribute."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from syncd.errors import SourceBroken
from syncd.mapping.facts import Unmappable
from syncd.model import dn
from syncd.model.keys import key_form, key_text
from syncd.model.source import Entry


class Departments:
    """The department entries of one source, found by key and by place."""

    def __init__(self, entries: Iterable[Entry], key_attribute: str) -> None:
        entries = tuple(entries)
        self._by_path: dict[dn.Path, str] = {}
        self._namesakes: defaultdict[dn.Path, list[str]] = defaultdict(list)
        for entry in entries:
            if entry.path and self._by_path.setdefault(entry.path, entry.key) != entry.key:
                self._namesakes[entry.path].append(entry.locator)
        self._keys = {key_form(entry.key): entry.key for entry in entries} | {entry.key: entry.key for entry in entries}
        self._key_attribute = key_attribute

    def above(self, path: dn.Path) -> str:
        """Return the key of the nearest department above a place, through levels that are none; `""` without one.

        Raises `Unmappable` where two departments stand at that place.
        """
        place = dn.parent(path)
        while place:
            if place in self._by_path:
                return self._at(place)
            place = dn.parent(place)
        return ""

    def named(self, text: str) -> str:
        """Return the key of the department that a text names by key or DN; the text itself where none is known.

        Raises `Unmappable` where two departments bear that DN.
        """
        key = key_text(self._key_attribute, text)
        if known := self._keys.get(key) or self._keys.get(key_form(key)):
            return known
        try:
            place = dn.parse(text)
        except SourceBroken:
            return text
        return self._at(place) if place in self._by_path else text

    def _at(self, place: dn.Path) -> str:
        if place in self._namesakes:
            raise Unmappable(
                "ambiguous_department",
                f"two departments bear the same DN but for letter case or blanks ({self._namesakes[place][0]}), so "
                "which of them is meant is not known; rename one of them",
            )
        return self._by_path[place]


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
