"""What is read of each source, and which setting wants it."""

from collections.abc import Iterable, Mapping

import msgspec

from syncd.app.gathering import COUNTS
from syncd.bootstrap.decisions import initial_password, rules
from syncd.config.settings import Settings
from syncd.plan.certificate import Counts

INITIAL = "platform.initial_password"


class Reads(msgspec.Struct, frozen=True):
    """The attributes of people, departments and rooms that a source is asked for, by the setting that names them.

    `pictures` are those that hold pictures themselves.
    """

    people: Mapping[str, frozenset[str]]
    departments: Mapping[str, frozenset[str]] = {}
    rooms: Mapping[str, frozenset[str]] = {}
    pictures: frozenset[str] = frozenset()


def reads_of(settings: Settings, name: str) -> Reads:
    """Give what the configuration reads of a source."""
    found = _added(settings, name) if settings.source[name].role == "enrich" else _mapped(settings, name)
    faces = ((one, rules(settings, one).face) for one in settings.authorities)
    pictures = frozenset(face.attribute for one, face in faces if face.attribute and (face.holder or one) == name)
    return msgspec.structs.replace(found, pictures=pictures)


def _mapped(settings: Settings, name: str) -> Reads:
    """Give what is read of an authority: what its mapping names, and what enrich sources are joined by."""
    compiled, password = rules(settings, name), initial_password(settings)
    joined = compiled.joined | {one for one, _ in (password.joined() if password else ())}
    people = {f"mapping.user.{field}": names for field, names in compiled.user_reads().items()}
    people |= _joining(settings, joined)
    if password:
        people[INITIAL] = password.attributes()
    units = {f"mapping.department.{field}": one for field, one in compiled.department_reads().items()}
    rooms = {f"mapping.room.{field}": one for field, one in compiled.room.attributes().items()} if compiled.room else {}
    rooms |= _joining(settings, compiled.room.joined if compiled.room else ())
    return Reads(people, units, rooms)


def _joining(settings: Settings, sources: Iterable[str]) -> dict[str, frozenset[str]]:
    """Give the attributes of an authority that these enrich sources are joined by."""
    return {f"source.{one}.join.other": frozenset({settings.joins[one].other}) for one in sorted(sources)}


def _added(settings: Settings, name: str) -> Reads:
    """Give what is read of an enrich source: what the mapping of any authority names, and what it is joined by."""
    people: dict[str, frozenset[str]] = {f"source.{name}.join.this": frozenset({settings.joins[name].this})}
    compiled = [rules(settings, one) for one in settings.authorities]
    named = [(f"mapping.user.{field}", joined) for one in compiled for field, joined in one.user_joins().items()]
    named += [(f"mapping.room.{field}", joined) for one in compiled for field, joined in one.room_joins().items()]
    if password := initial_password(settings):
        named.append((INITIAL, password.joined()))
    for setting, joined in named:
        people[setting] = people.get(setting, frozenset()) | {one for source, one in joined if source == name}
    return Reads(people)


def needed(reads: Reads, settings: Settings, name: str, facts: Mapping[str, str]) -> Reads:
    """Leave out what only defaults of an authority's mapping name, and what never had a value: they were made for LDAP.

    What is left must be there, or the source has lost it.
    """
    if settings.source[name].role == "enrich":
        return reads
    written = settings.written_mapping(name) | _filled(facts.get(COUNTS + name))

    def those(names: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        return {one: read for one, read in names.items() if one in written or not one.startswith("mapping.")}

    return Reads(those(reads.people), those(reads.departments), those(reads.rooms), reads.pictures)


def _filled(counts: str | None) -> frozenset[str]:
    """Give the keys of the mapping whose fields had values at the last good read; nothing before there was one."""
    filled = msgspec.json.decode(counts, type=Counts).filled if counts else {}
    return frozenset(f"mapping.user.{field}" for field, people in filled.items() if people)
