"""A look at what a run wrote, for what the platform makes of a value shows only in a later read (DESIGN 6)."""

import asyncio
from collections.abc import Callable, Iterable

from syncd.app.ledger import Ledger
from syncd.app.ports import Platform
from syncd.errors import PlatformError
from syncd.model.objects import Kind, PlatformDepartment, PlatformUser

FEW = 20


async def look_back(platform: Platform, ledger: Ledger, clock: Callable[[], float]) -> None:
    """Learn what became of every value that no read has shown yet: few objects one by one, many from lists.

    Where the platform does not answer, the next run's read tells.
    """
    unseen = ledger.unseen()
    if not unseen:
        return
    asked_at = clock()
    try:
        shown = await _shown(platform, unseen)
    except PlatformError:
        return
    await asyncio.to_thread(ledger.note_forms, shown, asked_at)


async def _shown(platform: Platform, unseen: frozenset[tuple[Kind, str]]) -> list[PlatformUser | PlatformDepartment]:
    users = [platform_id for kind, platform_id in unseen if kind is Kind.USER]
    departments = [platform_id for kind, platform_id in unseen if kind is Kind.DEPARTMENT]
    found: list[PlatformUser | PlatformDepartment] = []
    if len(unseen) <= FEW:
        found += _present(await asyncio.gather(*(platform.user(one) for one in users)))
        found += _present(await asyncio.gather(*(platform.department(one) for one in departments)))
        return found
    if users:
        wanted = frozenset(users)
        found += [one for one in await platform.users() if one.id in wanted]
    if departments:
        wanted = frozenset(departments)
        found += [one for one in await platform.departments() if one.id in wanted]
    return found


def _present(
    objects: Iterable[PlatformUser | PlatformDepartment | None],
) -> list[PlatformUser | PlatformDepartment]:
    return [one for one in objects if one is not None]
