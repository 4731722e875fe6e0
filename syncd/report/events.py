"""Events as JSON (DESIGN 4, a line of `events list --json`) and as text; inbox and missed events for `status`."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec

from syncd.app.records import EventState, InboxEvent
from syncd.app.standing import Standing
from syncd.model.json_text import decoded
from syncd.report.messages import ENGLISH, Words

NAMES_SHOWN = 3


def moment(at: float) -> str:
    """Give a time as ISO 8601 in UTC with milliseconds; a time stamp that is no time of any calendar as its number."""
    try:
        return dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return str(at)


def event_form(event: InboxEvent) -> dict[str, Any]:
    """Give one event as the contract's JSON object."""
    return {
        "id": event.id,
        "received_at": moment(event.received_at),
        "time_stamp": moment(event.time_stamp),
        "type": event.type,
        "state": str(event.state),
        "objects": list(event.objects),
        "message": event.message,
    }


def event_line(event: InboxEvent, words: Words = ENGLISH) -> str:
    """Give one event as a line for people."""
    ids = ", ".join(event.objects[:NAMES_SHOWN])
    more = len(event.objects) - NAMES_SHOWN
    named = words.say("events.more", ids=ids, count=more) if more > 0 else ids
    return words.say(
        "events.line",
        id=event.id,
        at=words.moment(event.received_at),
        type=event.type,
        state=words.word("event", event.state),
        about=f"  {named}" if named else "",
        why=words.say("events.why", message=event.message) if event.message else "",
    )


def shown_body(event: InboxEvent) -> Any:  # noqa: ANN401 - any JSON
    """Give the message as it was sent; one that is no JSON is given as text."""
    try:
        return decoded(event.body, object)
    except msgspec.DecodeError:
        return event.body.decode(errors="backslashreplace")


def inbox_form(found: Standing, now: float) -> dict[str, int]:
    """Give how the inbox stands, as `status --json` has it."""
    return {
        "pending": found.inbox.get(EventState.PENDING, 0),
        "dead": found.inbox.get(EventState.DEAD, 0),
        "oldest_seconds": int(max(0.0, now - found.oldest_pending)) if found.oldest_pending is not None else 0,
    }


def events_lines(found: Standing, now: float, words: Words = ENGLISH) -> Iterator[str]:
    """Say how inbox and callbacks stand, where there is something to say."""
    inbox, missed = inbox_form(found, now), found.missed
    if inbox["pending"]:
        yield words.say("standing.pending", count=inbox["pending"], seconds=inbox["oldest_seconds"])
    if inbox["dead"]:
        yield words.say("standing.dead", count=inbox["dead"])
    if missed.total:
        yield words.say("standing.missed", count=missed.total, last=missed.last, at=words.moment(missed.at))
