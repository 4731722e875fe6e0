"""Incremental reading: what changes in a directory reaches the platform between two whole passes.

A whole pass stays the truth. What is new or changed becomes part of the last whole read, and a small plan brings to the
platform what this makes desired. Nothing follows from absence (DESIGN 6, guards): who is gone, disabled, out of scope,
or in a department that has moved with all that is in it, is for the next whole pass, which is asked for at once.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Protocol

import msgspec

from syncd.app.last_read import Directory
from syncd.app.reconcile import Report
from syncd.app.small_plan import Observe, bring, latest_directory
from syncd.app.stopping import Stop, beside, unless_stopped
from syncd.app.world import World
from syncd.errors import SyncdError
from syncd.mapping.desire import desire
from syncd.mapping.normal_forms import comparable
from syncd.model import dn
from syncd.model.desired import Desired, Presence
from syncd.model.keys import key_form
from syncd.model.objects import Department, Kind, User
from syncd.model.rooms import ManagedRoom
from syncd.model.source import Changes, Entry, Snapshot
from syncd.plan.confining import Concerned


class Feed(Protocol):
    """What tells of changes in a source that is read whole."""

    @property
    def name(self) -> str:
        """Give the source's name in the configuration."""

    def begin(self) -> None:
        """Begin to look, unless it has begun; raises `SyncdError`."""

    def changes(self, key_attribute: str) -> Changes:
        """Give what changed since it was last asked for; raises `SyncdError` where that cannot be known."""

    def end(self) -> None:
        """Look no more until it is begun again."""


class Followed(msgspec.Struct, frozen=True):
    """What came of one look.

    `report` is the small plan's, if anything was to be written; `whole_pass_due` says that something is left to a whole
    pass, `missed` counts what the whole pass before had found changed and no feed had told.
    """

    report: Report | None = None
    changed: int = 0
    whole_pass_due: bool = False
    missed: int = 0
    faults: tuple[SyncdError, ...] = ()


class Incremental:
    """Follows the sources that tell of changes, beside one world's whole passes."""

    def __init__(self, world: World, feeds: Sequence[Feed]) -> None:
        self._world, self._feeds = world, feeds
        self._waiting: Concerned = frozenset()
        self._unexplained: Concerned = frozenset()
        self._is_due = False

    async def begin(self, stop: Stop) -> tuple[SyncdError, ...]:
        """Begin to look for changes, before a whole read; give why it cannot be done where it cannot.

        Raises `Interrupted`.
        """
        return await unless_stopped(stop, beside(partial(_begun, self._feeds, stop)))

    def end(self) -> None:
        """Look no more until it is begun again."""
        for one in self._feeds:
            one.end()

    async def look(self, stop: Stop, observe: Observe) -> Followed:
        """Take what changed, and bring it to the platform by a small plan.

        A feed that cannot tell is named among the faults, and keeps nobody else waiting. What could not be written is
        tried again at the next look. Before the first whole read there is nothing to look for. Raises what `bring`
        raises.
        """
        world = self._world
        if (before := world.last.directory) is None:
            return Followed()
        # What is taken is told once: a look that fails before it is kept leaves it to a whole pass.
        was_due, self._is_due = self._is_due, True
        changes, faults = await unless_stopped(stop, beside(partial(_taken, self._feeds, before.snapshots, stop)))
        missed = self._missed(changes)
        if any(entries for one in changes for _, entries in _by_kind(one)):
            # Where the read is too old this reads all anew, what changed among it.
            directory = await unless_stopped(stop, latest_directory(world))
            renewed, is_left = await asyncio.to_thread(_applied, world, directory, changes)
            self._waiting |= await asyncio.to_thread(differing, before.desired, renewed.desired)
        else:
            renewed, is_left = before, False
        self._keep(renewed, changes, faults)
        is_due = is_left or any(one.whole_read_due for one in changes) or _are_away(renewed.desired, self._waiting)
        self._is_due = is_due = is_due or was_due
        report = await bring(world, self._waiting, stop, observe) if self._waiting else None
        changed, self._waiting, self._is_due = len(self._waiting), frozenset(), False
        return Followed(report, changed, is_due, missed, faults)

    def compare(self, before: Directory | None, after: Directory | None) -> None:
        """Note what a whole pass has found changed, until the feeds have had time to tell of it as well."""
        if before is None or after is None or before is after:
            return
        differs = differing(before.desired, after.desired)
        was, now = (_entries(one.snapshots, differs) for one in (before, after))
        told = {one.name for one in self._feeds}
        # Who differs by what another source adds, or by the date, has no change of its own to tell of.
        self._unexplained = frozenset(one for one in now if one[1] in told and now[one] != was.get(one))

    def _missed(self, changes: Iterable[Changes]) -> int:
        """Count what a whole pass had found and nobody tells; what is told now was only late."""
        told = {
            (kind, one.source, entry.key) for one in changes for kind, entries in _by_kind(one) for entry in entries
        }
        missed, self._unexplained = len(self._unexplained - told), frozenset()
        return missed

    def _keep(self, renewed: Directory, changes: Sequence[Changes], faults: Sequence[SyncdError]) -> None:
        """Keep the read; where every source was looked at it is as good as a new one."""
        is_whole = not faults and {one.source for one in changes} == {one.source for one in renewed.snapshots}
        self._world.last.keep(msgspec.structs.replace(renewed, at=self._world.clock()) if is_whole else renewed)


def _begun(feeds: Iterable[Feed], stop: Stop) -> tuple[SyncdError, ...]:
    """Begin with each feed; nobody may wait any more for what goes on here after a stop."""
    faults = []
    for one in feeds:
        try:
            if not stop.is_set():
                one.begin()
        except SyncdError as error:
            faults.append(error)
    return tuple(faults)


def _taken(
    feeds: Iterable[Feed], snapshots: tuple[Snapshot, ...], stop: Stop
) -> tuple[tuple[Changes, ...], tuple[SyncdError, ...]]:
    keys = {one.source: one.key_attribute for one in snapshots}
    changes, faults = [], []
    for one in feeds:
        try:
            if one.name in keys and not stop.is_set():
                changes.append(one.changes(keys[one.name]))
        except SyncdError as error:
            faults.append(error)
    return tuple(changes), tuple(faults)


def _applied(world: World, directory: Directory, changes: tuple[Changes, ...]) -> tuple[Directory, bool]:
    """Let a read contain what changed since; tell whether it leaves something to a whole pass."""
    by_source = {one.source: one for one in changes}
    merged = [_merged(one, by_source.get(one.source)) for one in directory.snapshots]
    snapshots = tuple(one for one, _ in merged)
    desired = desire(snapshots, world.decisions.rules, world.moment(), world.decisions.joins)
    renewed = msgspec.structs.replace(directory, snapshots=snapshots, desired=desired)
    return renewed, any(is_due for _, is_due in merged)


def _merged(snapshot: Snapshot, changes: Changes | None) -> tuple[Snapshot, bool]:
    """Return a read with what changed since, and whether a whole pass is due for it.

    One is due where a department that was there has another place now, for all that stands below it has moved with it,
    and is not told; and where somebody stands below a level that nobody has told of, which may be a new department.
    """
    if changes is None:
        return snapshot, False
    known = {one.key: one.path for one in snapshot.departments}
    has_moved = any(known.get(one.key, one.path) != one.path for one in changes.departments)
    users, departments = _with(snapshot.users, changes.users), _with(snapshot.departments, changes.departments)
    rooms = None if snapshot.rooms is None else _with(snapshot.rooms, changes.rooms)
    new = _new_levels(snapshot, changes)
    absent = snapshot.absent_levels - {entry.path for entry in changes.departments} | new
    merged = msgspec.structs.replace(
        snapshot, users=users, departments=departments, rooms=rooms, absent_levels=frozenset(absent)
    )
    return merged, has_moved or bool(new)


def _new_levels(snapshot: Snapshot, changes: Changes) -> frozenset[dn.Path]:
    """Return the levels above what changed that are no departments we know, and below which nobody stood before."""
    if not (snapshot.departments or changes.departments):
        return frozenset()  # nobody is placed by the tree
    departments = {entry.path for entry in (*snapshot.departments, *changes.departments)}
    levels = {level for entry in _entries_of(changes) for level in _levels_above(entry.path, departments)}
    if not levels:
        return frozenset()
    known = {level for entry in _entries_of(snapshot) for level in _levels_above(entry.path, frozenset())}
    return frozenset(levels - known)


def _levels_above(path: dn.Path, departments: Collection[dn.Path]) -> Iterator[dn.Path]:
    """Yield the places above an entry, up to the nearest of these departments."""
    place = dn.parent(path)
    while place and place not in departments:
        yield place
        place = dn.parent(place)


def _entries_of(one: Snapshot | Changes) -> Iterator[Entry]:
    return (entry for _, entries in _by_kind(one) for entry in entries)


def _with(entries: tuple[Entry, ...], changed: tuple[Entry, ...]) -> tuple[Entry, ...]:
    if not changed:
        return entries
    by_key = {one.key: one for one in entries}
    known = {key_form(key): key for key in by_key}  # the store may know an entry by another spelling of its key
    for one in changed:
        key = one.key if one.key in by_key else known.get(form := key_form(one.key), form)
        by_key[key] = one if one.key == key else msgspec.structs.replace(one, key=key)
    return tuple(by_key.values())


def _entries(snapshots: Iterable[Snapshot], concerned: Concerned) -> dict[tuple[Kind, str, str], Entry]:
    return {
        identity: entry
        for one in snapshots
        for kind, entries in _by_kind(one)
        for entry in entries
        if (identity := (kind, one.source, entry.key)) in concerned
    }


def _by_kind(one: Snapshot | Changes) -> tuple[tuple[Kind, tuple[Entry, ...]], ...]:
    return (Kind.USER, one.users), (Kind.DEPARTMENT, one.departments), (Kind.ROOM, one.rooms or ())


def differing(before: Desired, after: Desired) -> Concerned:
    """Give the objects that are desired otherwise than before, or not any more; rooms, too, for whom they name."""
    users = _states(before).items() ^ _states(after).items()
    units = _units(before).items() ^ _units(after).items()
    rooms = _rooms(before).items() ^ _rooms(after).items()
    found = ((Kind.USER, users), (Kind.DEPARTMENT, units), (Kind.ROOM, rooms))
    differs = {(kind, *identity) for kind, some in found for identity, _ in some}
    return frozenset(differs | _naming(after, differs))


def _naming(desired: Desired, differs: Collection[tuple[Kind, str, str]]) -> set[tuple[Kind, str, str]]:
    """Give the rooms that name a user who differs, by key or account: who they are may only now be known."""
    if not desired.rooms:
        return set()
    users = [one for one in desired.users if (Kind.USER, one.source, one.key) in differs]
    keys = {(one.source, one.key) for one in users}
    accounts = {comparable("account", one.fields.account) for one in users}
    return {
        (Kind.ROOM, room.source, room.key)
        for room in desired.rooms
        for name in room.allowed or ()
        if (room.source, name) in keys or comparable("account", name) in accounts
    }


def _states(desired: Desired) -> dict[tuple[str, str], tuple[User, Presence]]:
    return {(one.source, one.key): (one.fields, one.presence) for one in desired.users}


def _units(desired: Desired) -> dict[tuple[str, str], Department]:
    return {(one.source, one.key): one.fields for one in desired.departments}


def _rooms(desired: Desired) -> dict[tuple[str, str], tuple[ManagedRoom, tuple[str, ...] | None]]:
    return {(one.source, one.key): (one.fields, one.allowed) for one in desired.rooms}


def _are_away(desired: Desired, concerned: Concerned) -> bool:
    """Tell whether any of these is disabled or out of scope, which only a whole pass acts on."""
    away = {(Kind.USER, one.source, one.key) for one in desired.users if one.presence is not Presence.ACTIVE}
    return not away.isdisjoint(concerned)
