"""Proving everything that a run needs, one after the other, without a writing call."""

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec

from syncd.app.ports import Platform, Source
from syncd.app.world import Decisions
from syncd.errors import PlatformError, SyncdError
from syncd.mapping.desire import Moment, desire
from syncd.model.source import Grade, Snapshot
from syncd.plan.certificate import Former, certify


class Finding(msgspec.Struct, frozen=True):
    """One line of `check`: what was looked at, whether it can be used, and a sentence."""

    what: str
    ok: bool
    message: str


async def check(
    sources: tuple[Source, ...], platform: Platform, decisions: Decisions, moment: Moment, store: Callable[[], str]
) -> AsyncIterator[Finding]:
    """Look at each source, the mapping of what it gave, the platform and the store."""
    snapshots: list[Snapshot] = []
    for source in sources:
        try:
            snapshot = await asyncio.to_thread(source.read)
        except SyncdError as error:
            yield Finding(f"directory {source.name}", False, str(error))
            continue
        snapshots.append(snapshot)
        yield _directory(snapshot, decisions, moment)
    if snapshots:
        yield _mapping(tuple(snapshots), decisions, moment)
    yield await _platform(platform)
    try:
        yield Finding("store", True, store())
    except SyncdError as error:
        yield Finding("store", False, str(error))


def _directory(snapshot: Snapshot, decisions: Decisions, moment: Moment) -> Finding:
    desired = desire([snapshot], decisions.rules, moment)
    certificate = certify(snapshot, desired, Former(), decisions.expectations[snapshot.source])
    found = f"{len(snapshot.users)} people, {len(snapshot.departments)} departments, key {snapshot.key_attribute}"
    doubts = "".join(f"; {doubt}" for doubt in certificate.doubts)
    return Finding(
        f"directory {snapshot.source}", certificate.grade is Grade.WHOLE, f"{certificate.grade}: {found}{doubts}"
    )


def _mapping(snapshots: tuple[Snapshot, ...], decisions: Decisions, moment: Moment) -> Finding:
    desired = desire(snapshots, decisions.rules, moment)
    text = f"{len(desired.users)} users and {len(desired.departments)} departments mapped"
    if desired.skipped:
        text += f", {len(desired.skipped)} findings; first: {desired.skipped[0].message}"
    return Finding("mapping", bool(desired.users), text)


async def _platform(platform: Platform) -> Finding:
    try:
        company = await platform.company_id()
        users, departments = await platform.users(), await platform.departments()
    except SyncdError as error:
        return Finding("platform", False, str(error))
    found = f"company {company}: {len(users)} users, {len(departments)} departments"
    try:
        rooms, meetings = await platform.rooms(), await platform.meetings()
    except PlatformError as error:
        return Finding("platform", True, f"{found}; rooms and meetings cannot be read, and are not heeded: {error}")
    return Finding("platform", True, f"{found}, {len(rooms)} rooms, {len(meetings)} meetings in the next 30 days")
