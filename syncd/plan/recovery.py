"""Objects that a run made and did not live to link, on a platform that chooses ids of its own (I6).

Where the platform takes the ids that we derive they are known by them. Where it does not, an object is ours if the run
before meant to make it and no outcome says that it did, if nobody's objects of that time have it among them, and if it
shows all that would have been sent.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from syncd.model.desired import DesiredObject
from syncd.model.links import Link
from syncd.model.objects import Department, Fields, Kind, PlatformDepartment, PlatformUser
from syncd.model.rooms import PlatformRoom, managed
from syncd.plan.departments import department_ids, nearest
from syncd.plan.draft import DEPARTMENT_FIELDS, ROOM_FIELDS, USER_FIELDS, value_of
from syncd.plan.forms import shows
from syncd.plan.rooms import References
from syncd.plan.situation import Identity, Situation
from syncd.plan.users import placed_fields


class Unfinished(msgspec.Struct, frozen=True):
    """What the run before left open: the creations without an outcome, by kind, source and key.

    `strangers` has the ids of the objects that belonged to nobody when it began.
    """

    creations: frozenset[tuple[Kind, str, str]] = frozenset()
    strangers: frozenset[str] = frozenset()


def recover(situation: Situation, unfinished: Unfinished) -> Situation:
    """Link what the run before made without living to link it, departments from the top down."""
    if not unfinished.creations:
        return situation
    owned = {link.platform_id for link in situation.links()}
    nobodys = unfinished.strangers | owned
    departments = [one for one in situation.departments.values() if one.id not in nobodys]
    while found := _once(_departments(situation, unfinished, departments)):
        situation = msgspec.structs.replace(situation, department_links={**situation.department_links, **found})
        departments = [one for one in departments if all(one.id != link.platform_id for link in found.values())]
    users = [one for one in situation.users.values() if one.id not in nobodys and not situation.is_protected(one)]
    found = _once(_users(situation, unfinished, users))
    situation = msgspec.structs.replace(situation, user_links={**situation.user_links, **found})
    rooms = [one for one in situation.rooms if one.id not in nobodys]
    found = _once(_rooms(situation, unfinished, rooms))
    return msgspec.structs.replace(situation, room_links={**situation.room_links, **found})


def _once(found: Iterable[tuple[Identity, Link]]) -> dict[Identity, Link]:
    """Let each object be found by one entry only."""
    by_id: dict[str, tuple[Identity, Link]] = {}
    for identity, link in found:
        by_id.setdefault(link.platform_id, (identity, link))
    return dict(by_id.values())


def _departments(
    situation: Situation, unfinished: Unfinished, there: list[PlatformDepartment]
) -> Iterator[tuple[Identity, Link]]:
    ids = department_ids(situation)
    for one in situation.desired.departments if there else ():
        identity = (one.source, one.key)
        if (Kind.DEPARTMENT, *identity) in unfinished.creations and identity not in situation.department_links:
            parent = nearest(situation, ids, one.source, one.fields.parent or "")
            sent = _sent(Department(one.fields.name, parent), DEPARTMENT_FIELDS)
            yield from _only_one(one, Kind.DEPARTMENT, [found.id for found in there if shows(found.fields, sent)])


def _users(situation: Situation, unfinished: Unfinished, there: list[PlatformUser]) -> Iterator[tuple[Identity, Link]]:
    ids = department_ids(situation)
    for one in situation.desired.users if there else ():
        identity = (one.source, one.key)
        if (Kind.USER, *identity) in unfinished.creations and identity not in situation.user_links:
            sent = _sent(placed_fields(situation, ids, one) or one.fields, USER_FIELDS)
            yield from _only_one(one, Kind.USER, [found.id for found in there if shows(found.fields, sent)])


def _rooms(situation: Situation, unfinished: Unfinished, there: list[PlatformRoom]) -> Iterator[tuple[Identity, Link]]:
    if not there:
        return
    ids, references = department_ids(situation), References.of(situation)
    for one in situation.desired.rooms:
        identity = (one.source, one.key)
        if (Kind.ROOM, *identity) in unfinished.creations and identity not in situation.room_links:
            sent = _sent(references.placed(situation, ids, one), ROOM_FIELDS)
            yield from _only_one(one, Kind.ROOM, [found.id for found in there if shows(managed(found.fields), sent)])


def _sent(fields: Fields, names: tuple[str, ...]) -> Mapping[str, str]:
    return {name: value for name in names if (value := value_of(fields, name))}


def _only_one(one: DesiredObject, kind: Kind, ids: list[str]) -> Iterator[tuple[Identity, Link]]:
    """Link the entry if exactly one object can be meant."""
    if len(ids) == 1:
        yield (one.source, one.key), Link(kind, one.source, one.key, ids[0], locator=one.locator)
