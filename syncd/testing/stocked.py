"""A small company of every kind of object, at a moment that stands still."""

from syncd.sandbox.company import Company

NOW = 1_700_000_000.0
HOUR = 3_600_000
BEGIN = int(NOW * 1000) + HOUR


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        """Give the time."""
        return self.now


def stocked(clock: Clock | None = None) -> Company:
    """Give a company with departments D above E, users U and V, rooms R and S, and meetings.

    R takes bookings from U alone and wants audit. M begins in an hour, N is under way, P is past, C is cancelled.
    """
    company = Company(clock or Clock())
    company.add_department({"id": "D", "name": "销售"})
    company.add_department({"id": "E", "name": "华东", "parentId": "D"})
    user = {"id": "U", "name": "安娜", "account": "anna", "phone": "1", "email": "a@b", "departmentId": "D"}
    company.add_user(user)
    company.add_user({"id": "V", "name": "Viktor", "account": "viktor"})
    audited = {"departmentId": "D", "needAudit": 1, "permission": 1, "userIds": ["U"], "sceneImage": "http://a/x"}
    company.add_room({"id": "R", "name": "大会议室", **audited})
    company.add_room({"id": "S", "name": "Small"})
    for meeting, begin in (("M", BEGIN), ("N", BEGIN - 2 * HOUR), ("P", BEGIN - 20 * HOUR), ("C", BEGIN)):
        company.book_meeting(booking(id=meeting, beginTime=begin, endTime=begin + 2 * HOUR))
    company.cancel_meeting({"meetingId": "C"})
    return company


def booking(**other: object) -> dict[str, object]:
    """Give the arguments of a booking that is accepted, with others in their place."""
    people = [{"userId": "U"}, {"userId": "", "name": "客人"}]
    usual: dict[str, object] = {"roomId": "S", "speaker": "张三", "subject": "周会", "createdId": "V"}
    return {**usual, "beginTime": BEGIN, "endTime": BEGIN + HOUR, "attendances": people, **other}
