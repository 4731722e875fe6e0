"""Where the pictures of people are, and who has one: looked for before any is read."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial

import msgspec

from syncd.app.ports import Pictures
from syncd.app.stopping import beside
from syncd.errors import SourceError
from syncd.mapping.facts import NOT_READ, Unmappable
from syncd.mapping.joining import Joins
from syncd.mapping.rules import Compiled
from syncd.model.faces import NO_PICTURE, Sighting
from syncd.model.source import Entry

Identity = tuple[str, str]


class Seeking(msgspec.Struct, frozen=True):
    """How to find them: the rules by authority, what enriches its entries, and today's date (ISO 8601)."""

    rules: Mapping[str, Compiled]
    joins: Joins
    today: str


class Sightings(msgspec.Struct, frozen=True):
    """What was seen, by source and key, and the faults of the authorities of whose people nothing could be seen.

    Nobody is there of whom a source would tell that could not be read.
    """

    seen: Mapping[Identity, Sighting]
    faults: Mapping[str, SourceError]


async def sightings(
    people: Iterable[tuple[str, Entry]], seeking: Seeking, pictures: Mapping[str, Pictures]
) -> Sightings:
    """Look who of these has a picture; `people` are entries with their authorities, `pictures` by authority."""
    found = await asyncio.to_thread(_places, people, seeking)
    looked = {
        name: [one.sought for one in seen.values() if one.sought] for name, seen in found.items() if name in pictures
    }
    outcomes = await asyncio.gather(
        *(beside(partial(pictures[name].marks, sought)) for name, sought in looked.items()),
        return_exceptions=True,
    )
    seen: dict[Identity, Sighting] = {}
    faults: dict[str, SourceError] = {}
    for name, outcome in zip(looked, outcomes, strict=True):
        if isinstance(outcome, SourceError):
            faults[name] = outcome
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            seen |= {(name, key): _marked(one, outcome.get(key)) for key, one in found[name].items()}
    return Sightings(seen, faults)


def _places(people: Iterable[tuple[str, Entry]], seeking: Seeking) -> dict[str, dict[str, Sighting]]:
    """Give where pictures are to be looked for, by authority and key."""
    found: defaultdict[str, dict[str, Sighting]] = defaultdict(dict)
    for source, entry in people:
        try:
            sought = seeking.rules[source].face.sought(entry, seeking.joins, source, seeking.today)
        except Unmappable as error:
            if error.reason != NOT_READ:
                found[source][entry.key] = Sighting(fault=f"{entry.locator}: {error}")
        else:
            found[source][entry.key] = Sighting(sought) if sought else NO_PICTURE
    return found


def _marked(one: Sighting, mark: str | None) -> Sighting:
    return msgspec.structs.replace(one, mark=mark) if one.sought else one
