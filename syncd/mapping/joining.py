"""Attributes that other sources add to an entry: `role = "enrich"` (DESIGN 4, source).

An enrich source decides nothing about who exists. Its entries are joined to those of the authorities by a value that
both have; rules see what it adds as `NAME.attribute`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

import msgspec

from syncd.mapping.facts import NOT_READ, NOWHERE, Facts, Place, Unmappable, Unread, Values
from syncd.mapping.normal_forms import comparable
from syncd.model.attribute_names import values_of
from syncd.model.source import Entry, Snapshot

Attributes = Mapping[str, tuple[str | bytes, ...]]
NOTHING = Values({})
UNREAD = Unread()
NO_NAMES: Mapping[str, str] = MappingProxyType({})


def own_of(names: Iterable[str], sources: Collection[str]) -> frozenset[str]:
    """Give those of the names that a rule reads which are attributes of the entry itself, not of one of the sources."""
    return frozenset(one for one in names if _source_of(one) not in sources)


def joined_of(names: Iterable[str], sources: Collection[str]) -> frozenset[tuple[str, str]]:
    """Give those of the names that a rule reads which are of enrich sources: the source, and the attribute there."""
    return frozenset((_source_of(one), one.partition(".")[2]) for one in names if _source_of(one) in sources)


def _source_of(name: str) -> str:
    """Give the source of `hr.phone`; an attribute of the entry itself has none."""
    source, dot, _ = name.partition(".")
    return source.lower() if dot else ""


class Join(msgspec.Struct, frozen=True):
    """By what an enrich source is joined: its own attribute `this`, and the authority's `other`."""

    this: str
    other: str


class Mismatch(msgspec.Struct, frozen=True):
    """Why an entry gets nothing from a source: a word for machines, and a sentence."""

    reason: str
    message: str


class Joins:
    """The enrich sources of one read, ready to be asked by entry; one that was not read is told from an empty one."""

    def __init__(self, joins: Mapping[str, Join], snapshots: Iterable[Snapshot]) -> None:
        read = {one.source: one for one in snapshots}
        self._answered = {name: one.answered_names for name, one in read.items() if one.answered_names}
        self._sources = {
            name: _Enriching(name, join, read[name]) if name in read else None for name, join in joins.items()
        }

    def facts(self, entry: Entry, source: str, today: str) -> Facts:
        """Give what rules may know of an entry of an authority."""
        joined = {name: one.values(entry) if one else UNREAD for name, one in self._sources.items()}
        return Facts(entry.attributes, source, today, joined, _place(entry, self._answered.get(source, NO_NAMES)))

    def entry(self, entry: Entry, source: str) -> Entry | None:
        """Give the entry that a source has for one of an authority; nothing unless it has exactly one.

        Raises `Unmappable` where the source could not be read.
        """
        one = self._sources[source]
        if one is None:
            raise Unmappable(NOT_READ, f"source {source} could not be read, so it stays as it is")
        return one.entry(entry)

    def added(self, entry: Entry) -> dict[str, Attributes]:
        """Give the attributes that an entry has of each source, by the source's name; nothing of what has none."""
        found = {name: one.added(entry) for name, one in self._sources.items() if one}
        return {name: attributes for name, attributes in found.items() if attributes}

    def mismatches(self, entry: Entry, sources: Iterable[str]) -> Iterator[Mismatch]:
        """Say of which of these sources an entry gets nothing, and why; not of what could not be read."""
        for name in sources:
            if one := self._sources.get(name):
                yield from one.mismatch(entry)


class _Enriching:
    """One enrich source, by the value that it is joined by."""

    def __init__(self, name: str, join: Join, snapshot: Snapshot) -> None:
        self._name, self._join, self._names = name, join, snapshot.answered_names
        self._entries: dict[str, list[Entry]] = {}
        for entry in snapshot.users:
            for value in _values(entry, join.this):
                self._entries.setdefault(value, []).append(entry)

    def values(self, entry: Entry) -> Values:
        """Give what the source has for an entry, as rules may read it."""
        found = self.entry(entry)
        return Values(found.attributes, _place(found, self._names)) if found and found.attributes else NOTHING

    def added(self, entry: Entry) -> Attributes:
        """Give what the source has for an entry: nothing unless exactly one of its own matches."""
        return found.attributes if (found := self.entry(entry)) else {}

    def entry(self, entry: Entry) -> Entry | None:
        """Give the only one of its own entries that matches."""
        found = self._matching(entry)
        return found[0] if len(found) == 1 else None

    def mismatch(self, entry: Entry) -> Iterator[Mismatch]:
        found = self._matching(entry)
        by = f"{self._join.other} here, {self._join.this} there"
        if not found:
            yield Mismatch("no_match", f"source {self._name} has no entry for it ({by})")
        elif len(found) > 1:
            names = ", ".join(sorted(one.locator for one in found)[:2])
            yield Mismatch(
                "several_matches", f"source {self._name} has {len(found)} entries for it ({by}): {names}; keep one"
            )

    def _matching(self, entry: Entry) -> list[Entry]:
        values = _values(entry, self._join.other)
        return list({one.key: one for value in values for one in self._entries.get(value, ())}.values())


def _place(entry: Entry, answered_names: Mapping[str, str]) -> Place:
    return Place(entry.locator, entry.path, answered_names) if entry.path else NOWHERE


def _values(entry: Entry, attribute: str) -> Iterator[str]:
    """Give the values of an attribute as they are compared: letter case, width and white space tell nobody apart."""
    for value in values_of(entry.attributes, attribute):
        if isinstance(value, str) and (form := comparable("", value)):
            yield form
