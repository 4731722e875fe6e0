"""Attributes that the mapping names and nobody has: most often a name that was mistyped."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from syncd.mapping.facts import EVERY_ATTRIBUTE, TREE_NAMES
from syncd.mapping.rules import Compiled, Rule
from syncd.model.attribute_names import usual_name
from syncd.model.source import Entry, Snapshot


class _Met(msgspec.Struct, frozen=True):
    """How many entries of one kind a read gave, and under which names any of them has attributes."""

    count: int
    names: frozenset[str]
    answered_names: Mapping[str, str]

    def has(self, name: str) -> bool:
        """Whether any entry has the attribute, under whichever of its names."""
        own = name.lower()
        return (
            own == EVERY_ATTRIBUTE or own in self.names or usual_name(self.answered_names.get(own, own)) in self.names
        )


def unfilled(snapshots: Sequence[Snapshot], rules: Mapping[str, Compiled]) -> dict[str, tuple[str, ...]]:
    """Return, by authority, a sentence for each field whose attributes nobody has: `phone: 0 of 245 entries …`.

    Of a list of fall-backs it is enough that somebody has one of them.
    """
    people = {one.source: _met(one.users, one) for one in snapshots}
    found = {}
    for one in snapshots:
        if compiled := rules.get(one.source):
            units, rooms = _met(one.departments, one), _met(one.rooms or (), one)
            found[one.source] = (
                *_sentences("", compiled.user_rules(), people[one.source], people),
                *_sentences("departments: ", compiled.department_rules(), units, {}),
                *_sentences("rooms: ", compiled.room.rules() if compiled.room else {}, rooms, people),
            )
    return found


def _met(entries: Sequence[Entry], snapshot: Snapshot) -> _Met:
    names = frozenset[str]().union(*(entry.attributes.keys() for entry in entries))
    of_tree = TREE_NAMES if any(entry.path for entry in entries[:1]) else frozenset[str]()
    return _Met(len(entries), names | of_tree | {usual_name(name) for name in names}, snapshot.answered_names)


def _sentences(kind: str, fields: Mapping[str, Rule | None], own: _Met, others: Mapping[str, _Met]) -> Iterator[str]:
    """Yield what is to be said of the fields of one kind; `others` has the people of every source."""
    for field, rule in fields.items():
        lacking = _lacking(rule, own, others) if rule else []
        for source, names in lacking:
            count = others[source].count if source else own.count
            if count:
                whose = f" of source {source}" if source else ""
                yield f"{kind}{field}: 0 of {count} entries{whose} have {', '.join(names)}"


def _lacking(rule: Rule, own: _Met, others: Mapping[str, _Met]) -> list[tuple[str, list[str]]]:
    """Return the attributes that a rule reads and nobody has, by enrich source; nothing where a fall-back is there."""
    alternatives = rule.alternatives()
    lacking = [
        [(source, name) for source, name in names if not (others[source] if source else own).has(name)]
        for names in alternatives
        if all(not source or source in others for source, _ in names)
    ]
    if len(alternatives) > 1 and not all(lacking):
        return []
    found: dict[str, list[str]] = {}
    for names in lacking:
        for source, name in sorted(names):
            found.setdefault(source, []).append(name)
    return list(found.items())
