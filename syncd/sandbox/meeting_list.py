"""Which meetings `meeting/list` shows, and in which order (Open API, list of meetings)."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone

from syncd.sandbox.arguments import Arguments, Record, Rejected, invalid, text
from syncd.wire.codes import Code

CHINA = timezone(timedelta(hours=8))
DAY = 86_400_000
USUAL_DAYS = 30
TIMES = ("minTime", "maxTime", "reverseDate", "createdBeginTime", "createdEndTime")
ORDERS = ("beginTime", "endTime", "createdTime", "lastUpdateTime", "checkedTime")
DIRECTIONS = ("asc", "desc")
Test = Callable[[Record], bool]


def chosen(meetings: Iterable[Record], arguments: Arguments, now: int) -> list[Record]:
    """Give the meetings that pass every filter; raises `Rejected` for a filter that cannot be read. `now` is in ms."""
    times = {name: when for name in TIMES if (when := _moment(arguments, name)) is not None}
    tests = [*_by_text(arguments), *(_by_time(name, when) for name, when in times.items())]
    if not times:
        until = now + USUAL_DAYS * DAY
        tests.append(lambda one: not one["cancelled"] and one["endTime"] > now and one["beginTime"] < until)
    found = [one for one in meetings if all(passes(one) for passes in tests)]
    return _ordered(found, arguments)


def milliseconds(value: str) -> int:
    """Give a time such as `2021-04-23 07:00:00`, or a date, of China in ms; raises `ValueError`."""
    return int(datetime.fromisoformat(value).replace(tzinfo=CHINA).astimezone(UTC).timestamp() * 1000)


def _by_text(arguments: Arguments) -> Iterable[Test]:
    room, speaker, part, state = (
        text(arguments, name) for name in ("roomId", "speaker", "speakerLike", "checkedState")
    )
    if room:
        yield lambda one: bool(one["roomId"] == room)
    if speaker:
        yield lambda one: bool(one["speaker"] == speaker)
    if part:
        yield lambda one: part in one["speaker"]
    if state:
        if state not in ("0", "1", "2"):
            raise invalid("checkedState is 0, 1 or 2")
        yield lambda one: str(one["checkedState"]) == state


def _by_time(name: str, when: int) -> Test:
    tests: dict[str, Test] = {
        "minTime": lambda one: when < one["endTime"],
        "maxTime": lambda one: when > one["beginTime"],
        "reverseDate": lambda one: when <= one["beginTime"] < when + DAY,
        "createdBeginTime": lambda one: when <= one["createdTime"],
        "createdEndTime": lambda one: when >= one["createdTime"],
    }
    return tests[name]


def _moment(arguments: Arguments, name: str) -> int | None:
    value = arguments.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Rejected(Code.ARGUMENT_TYPE)
    try:
        return milliseconds(value)
    except ValueError:
        raise invalid(f"{name} is a time such as 2021-04-23 07:00:00, or a date") from None


def _ordered(meetings: list[Record], arguments: Arguments) -> list[Record]:
    by, direction = text(arguments, "order_by_expression"), text(arguments, "direction")
    if by and by not in ORDERS:
        raise invalid(f"order_by_expression is one of {', '.join(ORDERS)}")
    if direction and direction not in DIRECTIONS:
        raise invalid("direction is asc or desc")
    if not by:
        return meetings
    return sorted(meetings, key=lambda one: (one[by], one["id"]), reverse=direction == "desc")
