"""What the platform's lists lack is asked for before it counts as removed there (DESIGN 6, certificate)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from syncd.app.looking_up import FEW, Subject, look_up
from syncd.app.ports import Platform
from syncd.errors import PlatformError
from syncd.model.events import Topic
from syncd.model.links import Link
from syncd.model.objects import Kind, Mirror, PlatformDepartment, PlatformUser
from syncd.model.rooms import PlatformRoom
from syncd.plan.values import Guard

MOST_ONE_BY_ONE = 200  # beyond that the lists are doubted as a whole
Row = TypeVar("Row", PlatformUser, PlatformDepartment, PlatformRoom)


async def completed(platform: Platform, mirror: Mirror, links: Iterable[Link], clock: Callable[[], float]) -> Mirror:
    """Return the lists with the linked objects that they lack and that are there all the same.

    Few are asked for one by one, many by another list, and some of those that it lacks too one by one. Raises
    `PlatformError` where the platform does not say.
    """
    listed = {
        Kind.USER: {user.id for user in mirror.users},
        Kind.DEPARTMENT: {department.id for department in mirror.departments},
        Kind.ROOM: {room.id for room in mirror.rooms} if mirror.rooms_are_read else None,
    }
    lacking = [
        (Topic(link.kind), link.platform_id)
        for link in links
        if (ids := listed[link.kind]) is not None and link.platform_id not in ids
    ]
    if not lacking:
        return mirror
    shown = await _asked_for(platform, lacking, clock)
    # A list that is cut is often cut the next time too.
    still = [subject for subject in lacking if shown[subject] is None] if len(lacking) > FEW else []
    for start in range(0, min(len(still), MOST_ONE_BY_ONE), FEW):
        shown |= await _asked_for(platform, still[start : start + FEW], clock)
    return msgspec.structs.replace(
        mirror,
        users=(*mirror.users, *_found(shown, PlatformUser)),
        departments=(*mirror.departments, *_found(shown, PlatformDepartment)),
        rooms=(*mirror.rooms, *_found(shown, PlatformRoom)),
    )


def shortness(listed: Mirror, found: Mirror) -> tuple[Guard, ...]:
    """Return what people should know of lists that lacked objects which are there: a note, that holds nothing."""
    counts = {
        "users": len(found.users) - len(listed.users),
        "departments": len(found.departments) - len(listed.departments),
        "rooms": len(found.rooms) - len(listed.rooms),
    }
    if not any(counts.values()):
        return ()
    told = ", ".join(f"{count} {kinds}" for kinds, count in counts.items() if count)
    message = f"the platform's lists lacked {told} that it shows when asked for them; nothing was concluded from that"
    return (Guard("short_list", (), actual=sum(counts.values()), message=message),)


async def _asked_for(
    platform: Platform, subjects: Sequence[Subject], clock: Callable[[], float]
) -> dict[Subject, object]:
    looks = await look_up(platform, subjects, clock)
    if looks.fault or looks.refused:
        raise looks.fault or PlatformError(next(iter(looks.refused.values())))
    return {subject: looked.shown for subject, looked in looks.seen.items()}


def _found(shown: Mapping[tuple[Topic, str], object], kind: type[Row]) -> Iterator[Row]:
    """Yield the objects of a kind that are there, under the ids that they were asked for by."""
    for (_, object_id), each in shown.items():
        if isinstance(each, kind):
            yield msgspec.structs.replace(each, id=object_id)
