"""What the platform's lists lack is asked for before it counts as removed there (DESIGN 6, certificate)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from syncd.app.looking_up import FEW, Subject, look_up
from syncd.app.ports import Platform
from syncd.app.store_ports import Store
from syncd.errors import PlatformError
from syncd.model.events import Topic
from syncd.model.links import Link
from syncd.model.objects import Kind, Mirror, PlatformDepartment, PlatformUser
from syncd.model.rooms import PlatformRoom
from syncd.plan.values import Guard

SHOWN = 5
MOST_ONE_BY_ONE = 200  # beyond that the lists are doubted as a whole
Row = TypeVar("Row", PlatformUser, PlatformDepartment, PlatformRoom)


async def completed(
    platform: Platform, mirror: Mirror, links: Iterable[Link], clock: Callable[[], float], known: Callable[[], Mirror]
) -> tuple[Mirror, tuple[str, ...]]:
    """Return the lists with the linked objects that they lack and that are there all the same.

    Few are asked for one by one, many by another list, and some of those that it lacks too one by one. An object that
    is there and cannot be read is what the shadow knew of it last (`known`), and is told beside, a text each. Raises
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
        return mirror, ()
    before = _Before(known)
    shown = await _asked_for(platform, lacking, clock, before)
    # A list that is cut is often cut the next time too.
    still = [subject for subject in lacking if shown[subject] is None] if len(lacking) > FEW else []
    for start in range(0, min(len(still), MOST_ONE_BY_ONE), FEW):
        shown |= await _asked_for(platform, still[start : start + FEW], clock, before)
    found = msgspec.structs.replace(
        mirror,
        users=(*mirror.users, *_found(shown, PlatformUser)),
        departments=(*mirror.departments, *_found(shown, PlatformDepartment)),
        rooms=(*mirror.rooms, *_found(shown, PlatformRoom)),
    )
    return found, tuple(before.told)


def shadow_of(store: Store) -> Callable[[], Mirror]:
    """Return what reads what the shadow holds, where it is wanted."""

    def read() -> Mirror:
        with store.reading() as work:
            return work.shadow.mirror()

    return read


def shortness(listed: Mirror, found: Mirror, unreadable: Sequence[str] = ()) -> tuple[Guard, ...]:
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
    if unreadable:
        message += f"; {len(unreadable)} of them cannot be read and stay as they are: {'; '.join(unreadable[:SHOWN])}"
    return (Guard("short_list", (), actual=sum(counts.values()), message=message),)


async def _asked_for(
    platform: Platform, subjects: Sequence[Subject], clock: Callable[[], float], before: "_Before"
) -> dict[Subject, object]:
    looks = await look_up(platform, subjects, clock)
    found: dict[Subject, object] = {subject: looked.shown for subject, looked in looks.seen.items()}
    for subject in looks.unreadable:
        found[subject] = before.of(subject, looks.refused[subject])
    refused = [why for subject, why in looks.refused.items() if found.get(subject) is None]
    if looks.fault or refused:
        raise looks.fault or PlatformError(refused[0])
    return found


class _Before:
    """What the shadow knew last, read once and only where it is wanted."""

    def __init__(self, known: Callable[[], Mirror]) -> None:
        self._known = known
        self._objects: dict[Subject, object] | None = None
        self.told: list[str] = []

    def of(self, subject: Subject, why: str) -> object:
        """Return an object as it was known, nothing where it was not, and note why it cannot be read."""
        self.told.append(f"{subject[0]} {subject[1]} ({why})")
        if self._objects is None:
            mirror = self._known()
            kinds = ((Topic.USER, mirror.users), (Topic.DEPARTMENT, mirror.departments), (Topic.ROOM, mirror.rooms))
            self._objects = {(topic, one.id): one for topic, some in kinds for one in some}
        return self._objects.get(subject)


def _found(shown: Mapping[tuple[Topic, str], object], kind: type[Row]) -> Iterator[Row]:
    """Yield the objects of a kind that are there, under the ids that they were asked for by."""
    for (_, object_id), each in shown.items():
        if isinstance(each, kind):
            yield msgspec.structs.replace(each, id=object_id)
