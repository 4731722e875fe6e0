"""What becomes of what others refer to: departments that hold something, users in rooms and meetings."""

from collections.abc import AsyncIterator

from syncd.app.probing.records import beside_the_document
from syncd.app.probing.scene import Scene
from syncd.app.probing.values import Observation, shown
from syncd.wire.loose import place

PICTURE = "https://example.com/syncd-probe.jpg"
DAYS = 14 * 86_400_000
HOUR = 3_600_000


async def observe_full_departments(scene: Scene) -> AsyncIterator[Observation]:
    """Remove a department with a user in it; both are the probe's."""
    held = str((await scene.add("dept", name=scene.marks.name("h"), parentId=scene.department)).record["id"])
    user_id = await scene.user("f")
    (await scene.ask("user/update", id=user_id, departmentId=held)).record  # noqa: B018 - a refusal is raised
    said = await scene.ask("dept/remove", deptId=held)
    observed, meaning = said.outcome, "syncd empties a department before it removes it"
    if said.is_success:
        there = await scene.ask("user/get", userId=user_id)
        stands = (
            f"the user stands in {place(there.value.get('departmentId')) or 'the root'}" if there.is_success else ""
        )
        observed = f"removed; {stands or 'ITS USER IS GONE TOO'}"
    yield Observation("department that holds a user", observed, meaning)
    await scene.ask("user/update", id=user_id, departmentId=scene.department)


async def observe_rooms(scene: Scene) -> AsyncIterator[Observation]:
    """Remove a user whom a room names in `userIds`."""
    guest = await scene.user("g")
    fields = {"name": scene.marks.name("r"), "departmentId": scene.department, "needAudit": 1, "userIds": [guest]}
    room = scene.room = str((await scene.add("room", **fields)).record["id"])
    yield beside_the_document("room", await scene.get("room", room))
    said = await scene.ask("user/remove", userId=guest)
    if said.is_success:
        del scene.users["g"]
        names = guest in map(str, (await scene.get("room", room)).get("userIds") or ())
        observed = f"removed, and the room {'still names' if names else 'no longer names'} the user"
    else:
        observed = said.outcome
    yield Observation(
        "removal of a user in a room's userIds",
        observed,
        "a leaver stays until somebody takes him out of the room" if not said.is_success else "reported beforehand",
        "" if said.is_success else 'policy.on_room_reference = "hold"',
    )
    await scene.ask("room/update", id=room, userIds=[], permission=0)


async def observe_room_pictures(scene: Scene) -> AsyncIterator[Observation]:
    """Give the room the address of a picture, at which there is none: a platform that fetches it may say so."""
    if not scene.room:
        yield Observation("picture of a room", "not tried: there is no room to give one", "try this by hand")
        return
    said = await scene.ask("room/update", id=scene.room, sceneImage=PICTURE)
    there = (await scene.get("room", scene.room)).get("sceneImage") if said.is_success else ""
    if not said.is_success:
        observed, meaning = said.outcome, "perhaps for want of a picture there; a room is written without one"
    elif there == PICTURE:
        observed, meaning = "its address is kept as sent", "sent again where it is gone"
    else:
        observed = "shown under an address of the platform's own" if there else "taken, and none is shown"
        meaning = "whatever is shown counts as what was sent"
    yield Observation("picture of a room", observed, meaning)


async def observe_meetings(scene: Scene) -> AsyncIterator[Observation]:
    """Book a meeting two weeks from now, look at its times, and remove the user who attends; then cancel it."""
    guest, booker = await scene.user("g"), await scene.user("a")
    if not scene.room:
        yield Observation("meetings", "not tried: there is no room to book", "try this by hand")
        return
    begin = scene.marks.run + DAYS
    meeting = await scene.add(
        "meeting",
        roomId=scene.room,
        speaker=scene.marks.name("m"),
        subject=scene.marks.name("m"),
        beginTime=begin,
        endTime=begin + HOUR,
        createdId=booker,
        attendances=[{"userId": guest}],
    )
    meeting_id = str(meeting.record["id"])
    booked = await scene.get("meeting", meeting_id)
    yield beside_the_document("meeting", booked)
    unchecked = booked.get("checkedTime")
    yield Observation(
        "checkedTime of an unchecked meeting", "a time all the same" if unchecked else shown(unchecked), "never read"
    )
    said = await scene.ask("user/remove", userId=guest)
    if said.is_success:
        del scene.users["g"]
        people = (await scene.get("meeting", meeting_id)).get("attendances") or ()
        names = guest in {str(one.get("userId")) for one in people}
        observed = f"removed, and the meeting {'still names' if names else 'no longer names'} the user"
    else:
        observed = said.outcome
    yield Observation(
        "removal of a user with a meeting to come",
        observed,
        "a leaver stays until the meeting is over" if not said.is_success else "reported beforehand",
        "" if said.is_success else 'policy.on_meetings = "wait"',
    )
    if (await scene.ask("meeting/cancel", meetingId=meeting_id)).is_success:
        scene.made.pop(("meeting", meeting_id), None)
