"""Which department an entry belongs to: by its place in the tree, or by a key or DN in an attribute."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from syncd.errors import SourceBroken
from syncd.mapping.facts import Unmappable
from syncd.model import dn
from syncd.model.keys import key_form, key_text
from syncd.model.links import Link
from syncd.model.objects import Kind
from syncd.model.source import Entry

NOTHING_LINKED: Mapping[dn.Path, str] = {}


class Departments:
    """The department entries of one source, found by key and by place.

    `absent` has the levels at which the source shows no entry, `linked` the keys of the departments that are linked, by
    the place where they were last seen: an entry below an absent level shows that such a department is still there.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        key_attribute: str,
        absent: frozenset[dn.Path] = frozenset(),
        linked: Mapping[dn.Path, str] = NOTHING_LINKED,
    ) -> None:
        entries = tuple(entries)
        self._by_path: dict[dn.Path, str] = {}
        self._namesakes: defaultdict[dn.Path, list[str]] = defaultdict(list)
        for entry in entries:
            if entry.path and self._by_path.setdefault(entry.path, entry.key) != entry.key:
                self._namesakes[entry.path].append(entry.locator)
        self._keys = {key_form(entry.key): entry.key for entry in entries} | {entry.key: entry.key for entry in entries}
        self._key_attribute = key_attribute
        kinds = {_kind(place) for place in (*self._by_path, *linked)}
        # A level of another kind, such as cn=Users among departments that are all ou=…, is no department.
        self._absent = frozenset(place for place in absent if place in linked or _kind(place) in kinds)
        self._linked = linked
        self.proved: set[str] = set()

    def above(self, path: dn.Path) -> str:
        """Return the key of the nearest department above a place, through levels that are none; `""` without one.

        At a level that the source does not show it is the department that was last seen there, else the DN of the
        level, which is nobody's key: what is below stays where it is (DESIGN 6, departments). Raises `Unmappable` where
        two departments stand at that place.
        """
        if dn.is_opaque(path):
            return path[0].removeprefix(dn.OPAQUE)  # where it stands is not known, so it stays where it is
        place = dn.parent(path)
        while place:
            if place in self._by_path:
                return self._at(place)
            if place in self._absent:
                return self._linked.get(place) or ",".join(place)
            place = dn.parent(place)
        return ""

    def prove(self, entries: Iterable[Entry]) -> None:
        """Note in `proved` the keys of the linked departments that an entry shows to be there, for it is below them."""
        missing = {place: self._linked[place] for place in self._absent if place in self._linked}
        for entry in entries if missing else ():
            place = dn.parent(entry.path)
            while place:
                if place in missing:
                    self.proved.add(missing[place])
                place = dn.parent(place)

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


def linked_places(links: Iterable[Link], source: str) -> dict[dn.Path, str]:
    """Return the keys of the linked departments of a source, by the place where they were last seen."""
    found = {}
    for link in links:
        if link.kind is Kind.DEPARTMENT and link.source == source and "=" in link.locator:
            try:
                found[dn.parse(link.locator)] = link.key
            except SourceBroken:
                continue  # a row of a table has no place
    return found


def _kind(place: dn.Path) -> str:
    """Return the attribute type of the lowest RDN."""
    return place[0].partition("=")[0]


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
