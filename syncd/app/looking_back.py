"""A look at what a run wrote, for what the platform makes of a value shows only in a later read (DESIGN 6)."""

import asyncio
from collections.abc import Callable, Collection, Iterable

from syncd.app.ledger import Ledger, Puzzle
from syncd.app.ports import Platform
from syncd.errors import LeaseLost, PlatformError
from syncd.model.objects import Kind, Object
from syncd.model.rooms import platform_values

FEW = 20


async def look_back(
    platform: Platform, ledger: Ledger, clock: Callable[[], float], report_drift: Collection[str] = ()
) -> None:
    """Learn what became of every value that no read has shown yet: few objects one by one, many from lists.

    Somebody may have changed an object between the write and the look, which takes minutes where a run is long. So what
    no known form explains is written a second time: only what then looks the same is the platform's form. Fields in
    which drift is only reported are not. Where the platform does not answer, the next run's read tells.
    """
    unseen = ledger.unseen()
    if not unseen:
        return
    asked_at = clock()
    try:
        shown = {one.id: one for one in await _shown(platform, unseen)}
    except PlatformError:
        return
    puzzles = ledger.puzzles(shown.values())
    clear = [one for one in puzzles if one.written.keys().isdisjoint(report_drift)]
    tried = {one.link.platform_id: await _written_again(platform, one) for one in clear[:FEW]}
    shown |= {key: again for key, again in tried.items() if again is not None}
    # What so many objects show alike is the platform's doing, unless one of those that were tried says otherwise.
    still = {one.link.platform_id for one in ledger.puzzles(shown.values())}
    is_form = all(again is not None and key in still for key, again in tried.items())
    failed = {key for key, again in tried.items() if again is None}
    untried = {one.link.platform_id for one in puzzles} - tried.keys()
    reported = {one.link.platform_id for one in puzzles} - {one.link.platform_id for one in clear}
    doubtful = failed | reported | (set() if is_form else untried)
    await asyncio.to_thread(ledger.note_forms, tuple(shown.values()), asked_at, doubtful)


async def _written_again(platform: Platform, puzzle: Puzzle) -> Object | None:
    """Write what was written once more, and give what is shown then; nothing where either is refused or fails."""
    link = puzzle.link
    try:
        if link.kind is Kind.USER:
            await platform.update_user(link.platform_id, puzzle.written)
            return await platform.user(link.platform_id)
        if link.kind is Kind.ROOM:
            await platform.update_room(link.platform_id, platform_values(puzzle.written))
            return await platform.room(link.platform_id)
        await platform.update_department(link.platform_id, puzzle.written)
        return await platform.department(link.platform_id)
    except (PlatformError, LeaseLost):
        return None


async def _shown(platform: Platform, unseen: frozenset[tuple[Kind, str]]) -> list[Object]:
    users = [platform_id for kind, platform_id in unseen if kind is Kind.USER]
    rooms = [platform_id for kind, platform_id in unseen if kind is Kind.ROOM]
    departments = [platform_id for kind, platform_id in unseen if kind is Kind.DEPARTMENT]
    found: list[Object] = []
    if len(unseen) <= FEW:
        found += _present(await asyncio.gather(*(platform.user(one) for one in users)))
        found += _present(await asyncio.gather(*(platform.department(one) for one in departments)))
        found += _present(await asyncio.gather(*(platform.room(one) for one in rooms)))
        return found
    if rooms:
        wanted = frozenset(rooms)
        found += [one for one in await platform.rooms() if one.id in wanted]
    if users:
        wanted = frozenset(users)
        found += [one for one in await platform.users() if one.id in wanted]
    if departments:
        wanted = frozenset(departments)
        found += [one for one in await platform.departments() if one.id in wanted]
    return found


def _present(
    objects: Iterable[Object | None],
) -> list[Object]:
    return [one for one in objects if one is not None]
