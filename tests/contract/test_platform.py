"""Every call of the Open API does what its document says: a sandbox by default, a real platform with --platform-url."""

import asyncio
import time

import msgspec

from syncd.app.probing.marks import Marks
from syncd.app.probing.probe import probe
from syncd.app.probing.values import Observation
from syncd.platform import Attendance, Client, MeetingFilter, PlatformDepartment, PlatformRoom, PlatformUser
from syncd.platform.raw import RawCalls
from tests.kit.installation.ground import HOUR, OWNER, PASSWORD, Ground
from tests.kit.pictures import noise


def by_id(found: tuple[PlatformUser, ...] | tuple[PlatformDepartment, ...] | tuple[PlatformRoom, ...]) -> set[str]:
    """Return the ids of a list."""
    return {one.id for one in found}


async def test_credentials_give_a_token_and_the_company(client: Client) -> None:
    """`oapi/gettoken` answers the id of the company with the token."""
    assert await client.company_id()


async def test_users_are_listed(client: Client, ground: Ground) -> None:
    """`user/list` shows a user who was just made exactly as `user/get` shows the user."""
    user = await ground.add_user(client, phone=ground.phone())
    assert await client.user(user) in await client.users()


async def test_a_user_is_found(client: Client, ground: Ground) -> None:
    """`user/get` gives the user that it is asked for."""
    user = await ground.add_user(client)
    found = await client.user(user)
    assert found is not None
    assert (found.id, found.fields.department, found.is_admin) == (user, ground.department, False)
    assert found.status in (1, None)


async def test_a_user_is_made(client: Client, ground: Ground) -> None:
    """`user/add` keeps every field that it is given."""
    fields = {"name": ground.name(), "account": ground.account(), "phone": ground.phone(), "email": ground.mail()}
    fields |= {"position": "工程师", "memo": "三楼", "department": ground.department}
    made = await client.add_user(ground.new_id(), fields, PASSWORD)
    found = await client.user(made.id)
    assert found is not None
    assert {name: getattr(found.fields, name) for name in fields} == fields


async def test_a_user_is_changed(client: Client, ground: Ground) -> None:
    """`user/update` changes what it is given and nothing else."""
    user = await ground.add_user(client, position="工程师", memo="三楼")
    before = await client.user(user)
    name = ground.name()
    await client.update_user(user, {"name": name, "memo": "四楼"})
    after = await client.user(user)
    assert before is not None
    assert after is not None
    assert (after.fields.name, after.fields.memo, after.fields.position) == (name, "四楼", "工程师")
    assert (after.fields.account, after.fields.department) == (before.fields.account, ground.department)


async def test_a_user_moves_to_another_department(client: Client, ground: Ground) -> None:
    """`user/update` moves a user to another department."""
    user, department = await ground.add_user(client), await ground.add_department(client)
    await client.update_user(user, {"department": department})
    found = await client.user(user)
    assert found is not None
    assert found.fields.department == department


async def test_a_user_is_given_a_face(client: Client, raw: RawCalls, ground: Ground) -> None:
    """`user/updateFace` takes a picture as the document describes it."""
    user = await ground.add_user(client)
    await client.update_face(user, noise())
    assert (await raw.ask("user/get", {"userId": user})).record["faceUrl"]


async def test_a_face_is_taken_away(client: Client, raw: RawCalls, ground: Ground) -> None:
    """After `user/clearFace` a user has no picture any more."""
    user = await ground.add_user(client)
    await client.update_face(user, noise())
    await client.clear_face(user)
    assert not (await raw.ask("user/get", {"userId": user})).record.get("faceUrl")


async def test_a_user_is_removed(client: Client, ground: Ground) -> None:
    """After `user/remove` neither `user/get` nor the list shows the user."""
    user = await ground.add_user(client)
    await client.remove_user(user)
    assert await client.user(user) is None
    assert user not in by_id(await client.users())


async def test_departments_are_listed(client: Client, ground: Ground) -> None:
    """`dept/list` shows the department that was just made, and the one above it."""
    department = await ground.add_department(client)
    assert {department, ground.department} <= by_id(await client.departments())


async def test_a_department_is_found(client: Client, ground: Ground) -> None:
    """`dept/get` gives the department that it is asked for."""
    department = await ground.add_department(client)
    found = await client.department(department)
    assert found is not None
    assert (found.id, found.fields.parent) == (department, ground.department)


async def test_a_department_is_made(client: Client, ground: Ground) -> None:
    """`dept/add` keeps name and parent."""
    name = ground.name() + " 研发部"
    made = await client.add_department(ground.new_id(), {"name": name, "parent": ground.department})
    found = await client.department(made.id)
    assert found is not None
    assert (found.fields.name, found.fields.parent) == (name, ground.department)


async def test_a_department_is_renamed_and_moved(client: Client, ground: Ground) -> None:
    """`dept/update` takes a new name alone, and a new parent alone."""
    department, above, name = await ground.add_department(client), await ground.add_department(client), ground.name()
    await client.update_department(department, {"name": name})
    found = await client.department(department)
    assert found is not None
    assert (found.fields.name, found.fields.parent) == (name, ground.department)
    await client.update_department(department, {"parent": above})
    found = await client.department(department)
    assert found is not None
    assert (found.fields.name, found.fields.parent) == (name, above)


async def test_a_department_is_removed(client: Client, ground: Ground) -> None:
    """After `dept/remove` of an empty department neither `dept/get` nor the list shows it."""
    department = await ground.add_department(client)
    await client.remove_department(department)
    assert await client.department(department) is None
    assert department not in by_id(await client.departments())


async def test_rooms_are_listed(client: Client, ground: Ground) -> None:
    """`room/list` shows the room that was just made."""
    room = await ground.add_room(client)
    assert await client.room(room) in await client.rooms()


async def test_a_room_is_found(client: Client, ground: Ground) -> None:
    """`room/get` gives the room that it is asked for."""
    room = await ground.add_room(client)
    found = await client.room(room)
    assert found is not None
    assert (found.id, found.fields.department) == (room, ground.department)


async def test_a_room_is_made(client: Client, ground: Ground) -> None:
    """`room/add` keeps what it is given."""
    user = await ground.add_user(client)
    made = await client.add_room(
        ground.new_id(),
        {
            "name": ground.name(),
            "department": ground.department,
            "address": "三楼 301",
            "begin_time": "08:00",
            "end_time": "22:00",
            "capacity": 12,
            "permission": 1,
            "user_ids": [user],
        },
    )
    found = await client.room(made.id)
    assert found is not None
    fields = found.fields
    assert (fields.address, fields.begin_time, fields.end_time) == ("三楼 301", "08:00", "22:00")
    assert (fields.capacity, fields.permission, fields.user_ids) == (12, 1, (user,))


async def test_a_room_is_changed(client: Client, ground: Ground) -> None:
    """`room/update` changes what it is given and nothing else."""
    room = await ground.add_room(client)
    before = await client.room(room)
    await client.update_room(room, {"memo": "有投影", "capacity": 8})
    after = await client.room(room)
    assert before is not None
    assert after is not None
    assert (after.fields.memo, after.fields.capacity, after.fields.name) == ("有投影", 8, before.fields.name)


async def test_a_room_is_removed(client: Client, ground: Ground) -> None:
    """After `room/remove` neither `room/get` nor the list shows the room."""
    room = await ground.add_room(client)
    await client.remove_room(room)
    assert await client.room(room) is None
    assert room not in by_id(await client.rooms())


async def test_meetings_are_listed(client: Client, ground: Ground) -> None:
    """`meeting/list` shows a meeting of next week, also by a filter for its room, and not by one for another room."""
    meeting, other = await client.meeting(await ground.add_meeting(client)), await ground.add_room(client)
    assert meeting is not None
    assert meeting in await client.meetings()
    assert await client.meetings(MeetingFilter(room_id=meeting.room_id)) == (meeting,)
    assert await client.meetings(MeetingFilter(room_id=other)) == ()


async def test_a_meeting_is_found(client: Client, ground: Ground) -> None:
    """`meeting/get` gives the meeting that it is asked for."""
    meeting = await ground.add_meeting(client)
    found = await client.meeting(meeting)
    assert found is not None
    assert (found.id, len(found.attendances)) == (meeting, 1)


async def test_a_meeting_is_booked(client: Client, ground: Ground) -> None:
    """`meeting/book` keeps times, subject and who attends, a user and a guest."""
    room, user = await ground.add_room(client), await ground.add_user(client)
    booking = ground.booking(room, user)
    people = (Attendance(user), *booking.attendances)
    made = await client.book_meeting(msgspec.structs.replace(booking, attendances=people))
    found = await client.meeting(made.id)
    assert found is not None
    assert (found.room_id, found.speaker, found.subject) == (room, booking.speaker, booking.subject)
    assert (found.begin_time, found.end_time) == (booking.begin_time, booking.end_time)
    assert sorted(one.user_id for one in found.attendances) == ["", user]


async def test_a_meeting_is_changed(client: Client, ground: Ground) -> None:
    """`meeting/update` changes what it is given and nothing else."""
    meeting = await ground.add_meeting(client)
    before, subject = await client.meeting(meeting), ground.name()
    await client.update_meeting(meeting, {"subject": subject})
    after = await client.meeting(meeting)
    assert before is not None
    assert after is not None
    assert (after.subject, after.begin_time, after.speaker) == (subject, before.begin_time, before.speaker)


async def test_a_meeting_is_cancelled(client: Client, ground: Ground) -> None:
    """After `meeting/cancel` the list of the next 30 days does not show the meeting."""
    meeting = await ground.add_meeting(client)
    await client.cancel_meeting(meeting)
    assert meeting not in {one.id for one in await client.meetings()}


async def test_a_meeting_under_way_is_finished(client: Client, ground: Ground) -> None:
    """`meeting/finish` ends a meeting that is under way now."""
    now = int(time.time() * 1000)
    meeting = await ground.add_meeting(client, begin=now - HOUR)
    await client.finish_meeting(meeting)
    found = await client.meeting(meeting)
    assert found is not None
    assert (found.end_time or 0) < now + HOUR / 2


async def test_a_second_time_is_the_same(client: Client, ground: Ground) -> None:
    """Removing, clearing or cancelling what is not there is done without an error (I2)."""
    user, department, room = ground.new_id(), ground.new_id(), ground.new_id()
    await client.remove_user(user)
    await client.clear_face(user)
    await client.remove_department(department)
    await client.remove_room(room)
    await client.cancel_meeting(ground.new_id())


async def test_what_the_document_leaves_open_is_seen(
    raw: RawCalls, ground: Ground, observed: list[Observation]
) -> None:
    """The probe observes more than 30 points that the document leaves open, and leaves nothing behind."""
    marks = Marks.of(f"{OWNER}, probe", int(time.time() * 1000))
    found = await probe(raw, marks, ground.department, asyncio.Event(), observed.append)
    assert (found.left, found.ended) == ((), "")
    assert len(observed) > 30
