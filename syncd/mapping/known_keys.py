"""The keys by which the store knows the entries of a read.

A character that nobody sees is no part of a key, so `17` is one key whether or not such a character follows it. A store
that was filled before this was so has keys with such characters, and ids that are made of them: who is linked under
such a key keeps it, whichever spelling the source has today.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import msgspec

from syncd.model.keys import key_form
from syncd.model.links import Link
from syncd.model.objects import Kind
from syncd.model.source import Certificate, Entry, Grade, Snapshot, Unreadable

NOTHING_LINKED: Mapping[str, frozenset[str]] = MappingProxyType({})


def with_known_keys(snapshot: Snapshot, links: Iterable[Link]) -> Snapshot:
    """Return a read in which each entry has the key that the store knows it by, else its key in the usual form.

    Entries that differ in nothing but what nobody sees share a key, and are unreadable as others that do, unless each
    of them is linked under its own spelling.
    """
    linked = _linked(snapshot.source, links)
    if not linked and all(entry.key.isascii() for entry in _all_entries(snapshot)):
        return snapshot
    shared = frozenset(key_form(one.key) for one in snapshot.unreadable if one.key)
    settled = {
        kind: _settled(entries, linked.get(kind, NOTHING_LINKED), shared, snapshot.key_attribute)
        for kind, entries in (
            (Kind.USER, snapshot.users),
            (Kind.DEPARTMENT, snapshot.departments),
            (Kind.ROOM, snapshot.rooms or ()),
        )
    }
    unreadable = tuple(one for found in settled.values() for one in found.unreadable)
    return msgspec.structs.replace(
        snapshot,
        users=settled[Kind.USER].entries,
        departments=settled[Kind.DEPARTMENT].entries,
        rooms=None if snapshot.rooms is None else settled[Kind.ROOM].entries,
        unreadable=(*(_with_other_spellings(one, linked) for one in snapshot.unreadable), *unreadable),
        certificate=_graded(snapshot.certificate, unreadable),
        known_paths=_known_paths(linked.get(Kind.DEPARTMENT, NOTHING_LINKED)),
    )


class _Settled(msgspec.Struct, frozen=True):
    """The entries of one kind, each with its key, and those of which nobody knows which key they mean."""

    entries: tuple[Entry, ...]
    unreadable: tuple[Unreadable, ...] = ()


def _settled(
    entries: tuple[Entry, ...], linked: Mapping[str, frozenset[str]], shared: frozenset[str], attribute: str
) -> _Settled:
    """Return the entries of one kind with their keys; `shared` has the forms that other entries already share."""
    forms = [key_form(entry.key) for entry in entries]
    odd = {form for entry, form in zip(entries, forms, strict=True) if form != entry.key} | linked.keys()
    groups: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry, form in zip(entries, forms, strict=True):
        if form in odd:
            groups[form].append(entry)
    keys: dict[str, str] = {}
    unreadable: list[Unreadable] = []
    for form, group in groups.items():
        known = linked.get(form, frozenset())
        if all(entry.key in known for entry in group):
            keys |= {entry.key: entry.key for entry in group}
        elif form and len(group) == 1 and len(known) <= 1 and form not in shared:
            keys[group[0].key] = next(iter(known), form)
        else:
            unreadable += [_unclear(entry, form, known, attribute) for entry in group]
    named = (
        (entry, entry.key if form not in odd else keys.get(entry.key, ""))
        for entry, form in zip(entries, forms, strict=True)
    )
    kept = (entry if key == entry.key else msgspec.structs.replace(entry, key=key) for entry, key in named if key)
    return _Settled(tuple(kept), tuple(unreadable))


def _unclear(entry: Entry, form: str, known: frozenset[str], attribute: str) -> Unreadable:
    """Return what is said of an entry of which nobody knows whom it means; all whom it may mean are present."""
    if not form:
        message = f"{entry.locator} has an unreadable {attribute}, which is the key: nothing of it can be seen"
        return Unreadable(entry.locator, "no_key", message, form, tuple(sorted(known)))
    message = (
        f"{entry.locator} has the {attribute} {form}, which another entry or link has too but for characters that "
        "nobody sees; a key belongs to one entry: take these characters out and give each entry a key of its own"
    )
    return Unreadable(entry.locator, "shared_key", message, form, tuple(sorted(known - {form})))


def _with_other_spellings(one: Unreadable, linked: Mapping[Kind, Mapping[str, frozenset[str]]]) -> Unreadable:
    form = key_form(one.key)
    others = {key for known in linked.values() for key in known.get(form, ())} | ({form} if form else set())
    others -= {one.key}
    return msgspec.structs.replace(one, other_keys=tuple(sorted(others))) if others else one


def _all_entries(snapshot: Snapshot) -> Iterator[Entry]:
    yield from snapshot.users
    yield from snapshot.departments
    yield from snapshot.rooms or ()


def _linked(source: str, links: Iterable[Link]) -> dict[Kind, dict[str, frozenset[str]]]:
    """Return the linked keys of a source by kind and form, of the forms that the store knows in another spelling."""
    spelled: set[tuple[Kind, str]] = set()
    forms: defaultdict[tuple[Kind, str], set[str]] = defaultdict(set)
    for link in links:
        if link.source == source:
            form = key_form(link.key)
            forms[link.kind, form].add(link.key)
            if form != link.key:
                spelled.add((link.kind, form))
    found: defaultdict[Kind, dict[str, frozenset[str]]] = defaultdict(dict)
    for kind, form in spelled:
        found[kind][form] = frozenset(forms[kind, form])
    return dict(found)


def _known_paths(linked: Mapping[str, frozenset[str]]) -> Mapping[str, str]:
    return {form: min(keys) for form, keys in linked.items() if form not in keys}


def _graded(certificate: Certificate, unreadable: tuple[Unreadable, ...]) -> Certificate:
    if not unreadable:
        return certificate
    doubt = f"{len(unreadable)} entries have no usable key; first: {unreadable[0].message}"
    grade = Grade.UNPROVEN if certificate.grade is Grade.WHOLE else certificate.grade
    return Certificate(grade, certificate.proofs, (*certificate.doubts, doubt))
