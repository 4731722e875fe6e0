"""What to read from a tree of entries, and how what was found becomes a snapshot."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from syncd.model import dn
from syncd.model.attribute_names import values_of
from syncd.model.keys import KEY_ATTRIBUTES, key_text
from syncd.model.source import Certificate, Entry, Grade, Snapshot, Unreadable

AUTO = "auto"
DN_KEY = "dn"
"""As the key attribute of departments in a tree: their DN in its normal form, where they have nothing else."""


class Scope(StrEnum):
    """How far below its base a search goes (RFC 4511, 4.5.1.2)."""

    BASE = "base"
    ONE = "one"
    SUB = "sub"


class Selection(msgspec.Struct, frozen=True):
    """Which entries are meant: those below any base, within the scope, that fulfil the filter (RFC 4515).

    With `members_of`, DNs of groups, only those that are their members.
    """

    filter: str
    bases: tuple[str, ...]
    scope: Scope = Scope.SUB
    members_of: tuple[str, ...] = ()


class TreeSettings(msgspec.Struct, frozen=True):
    """What one source reads. `key` is an attribute's name or `auto`; `exclude` has DNs of subtrees left out.

    `department_key` and `room_key` are like `key`; empty is the same attribute as people's.
    """

    name: str
    users: Selection
    departments: Selection | None = None
    exclude: tuple[str, ...] = ()
    key: str = AUTO
    include_base: bool = False
    rooms: Selection | None = None
    department_key: str = ""
    room_key: str = ""


# Made by the hundred thousand and never in a ring: the garbage collector need not look at them.
class Found(msgspec.Struct, frozen=True, gc=False):
    """One entry as it came: its DN, or where else it stands, and its values by lower-case attribute name."""

    dn: str
    attributes: Mapping[str, tuple[str | bytes, ...]]


class Finds(msgspec.Struct, frozen=True):
    """All that one read found; `doubts` has what makes the read less than whole, `proofs` what shows it whole."""

    users: tuple[Found, ...]
    departments: tuple[Found, ...] = ()
    proofs: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    naming_context: str = ""
    rooms: tuple[Found, ...] = ()


def snapshot(settings: TreeSettings, finds: Finds) -> Snapshot:
    """Make entries of what was found and grade the read (DESIGN 6, certificate).

    An entry without exactly one readable key, and entries that share one, are unreadable and make the read unproven,
    as an empty read does. An entry found below two overlapping bases counts once.
    """
    excluded = tuple(dn.place(one) for one in settings.exclude)
    users = tuple(distinct(finds.users, excluded))
    departments = tuple(distinct(_without_bases(settings, finds.departments), excluded))
    rooms = tuple(distinct(finds.rooms, excluded))
    with_key = users if settings.department_key else (*users, *departments)
    attribute = _key_attribute(settings.key, [found for found, _ in with_key])
    department_attribute = _own_attribute(settings.department_key, attribute, departments)
    people, bad_people = keyed(users, attribute)
    units, bad_units = keyed(departments, department_attribute)
    places, bad_places = keyed(rooms, _own_attribute(settings.room_key, attribute, rooms))
    unreadable = bad_people + bad_units + bad_places
    doubts = list(finds.doubts)
    if not users:
        doubts.append(
            f"source {settings.name}: no person was found; check base and filter, and what the reader may see"
        )
    if unreadable:
        doubts.append(f"{len(unreadable)} entries have no usable key; first: {unreadable[0].message}")
    return Snapshot(
        source=settings.name,
        certificate=Certificate(Grade.UNPROVEN if doubts else Grade.WHOLE, finds.proofs, tuple(doubts)),
        users=people,
        departments=units,
        unreadable=unreadable,
        key_attribute=attribute,
        department_key_attribute="" if department_attribute.lower() == attribute.lower() else department_attribute,
        naming_context=finds.naming_context,
        rooms=places if settings.rooms else None,
    )


def distinct(found: Iterable[Found], excluded: tuple[dn.Path, ...]) -> Iterator[tuple[Found, dn.Path]]:
    """Yield each entry once, with its parsed DN, without the excluded subtrees.

    Bases that overlap show an entry twice under the same DN, letter for letter. Two DNs that only look alike are two
    entries.
    """
    seen: set[str] = set()
    for entry in found:
        path = dn.place(entry.dn)
        if entry.dn not in seen and not any(dn.is_below(path, subtree) for subtree in excluded):
            seen.add(entry.dn)
            yield entry, path


def _without_bases(settings: TreeSettings, departments: Iterable[Found]) -> Iterator[Found]:
    """Leave out the base entries, which are no departments unless `include_base` says so."""
    bases = set() if settings.include_base or not settings.departments else set(settings.departments.bases)
    paths = {dn.parse(base) for base in bases}
    return (one for one in departments if dn.place(one.dn) not in paths)


def _key_attribute(wanted: str, found: Iterable[Found]) -> str:
    """Give the attribute that holds the keys; `auto` is the one that most entries bear, in the order of the list."""
    if wanted != AUTO:
        return wanted
    counts = Counter(name for one in found for name in KEY_ATTRIBUTES if name.lower() in one.attributes)
    return max(KEY_ATTRIBUTES, key=lambda name: counts[name])


def _own_attribute(wanted: str, of_people: str, found: Sequence[tuple[Found, dn.Path]]) -> str:
    """Return the attribute with the keys of one kind, which is people's where it has none of its own."""
    return _key_attribute(wanted, [one for one, _ in found]) if wanted else of_people


def keyed(found: Iterable[tuple[Found, dn.Path]], attribute: str) -> tuple[tuple[Entry, ...], tuple[Unreadable, ...]]:
    """Make entries of what has a key of its own; the rest, and those that share a key, are unreadable."""
    by_key: defaultdict[str, list[Entry]] = defaultdict(list)
    unreadable: list[Unreadable] = []
    for one, path in found:
        key, problem = (",".join(path), "") if path and attribute == DN_KEY else _key_of(one, attribute)
        if problem:
            unreadable.append(Unreadable(one.dn, "no_key", problem))
        else:
            by_key[key].append(Entry(key, one.dn, one.attributes, path))
    entries = tuple(same[0] for same in by_key.values() if len(same) == 1)
    for key, same in by_key.items():
        unreadable.extend(_shared(key, one, attribute, len(same)) for one in same if len(same) > 1)
    return entries, tuple(unreadable)


def told_apart(found: Sequence[Found], attribute: str) -> tuple[Entry, ...]:
    """Make entries of rows that need no key: its value where only one row has it, else with the row's number."""
    keys = [_key_of(one, attribute)[0] for one in found]
    counts = Counter(keys)
    return tuple(
        Entry(key if key and counts[key] == 1 else f"{key} ({number})", one.dn, one.attributes, ())
        for number, (key, one) in enumerate(zip(keys, found, strict=True), 1)
    )


def _key_of(found: Found, attribute: str) -> tuple[str, str]:
    """Give the key of an entry, or a sentence that says why it has none."""
    values = values_of(found.attributes, attribute)
    if len(values) != 1:
        number = "no value" if not values else f"{len(values)} values"
        return "", f"{found.dn} has {number} of {attribute} where one is the key; mend it, or set another `key`"
    key = key_text(attribute, values[0])
    return key, "" if key else f"{found.dn} has an unreadable {attribute}, which is the key"


def _shared(key: str, entry: Entry, attribute: str, count: int) -> Unreadable:
    message = f"{entry.locator} has the same {attribute}, {key}, as {count - 1} other entry; a key belongs to one entry"
    return Unreadable(entry.locator, "shared_key", message, key)
