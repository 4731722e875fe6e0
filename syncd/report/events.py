"""Events as JSON (DESIGN 4, a line of `events list --json`) and as text; inbox and missed events for `status`."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec

from syncd.app.records import EventState, InboxEvent
from syncd.app.standing import Standing
from syncd.report.run_form import iso

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


def event_line(event: InboxEvent) -> str:
    """Give one event as a line for people."""
    ids = ", ".join(event.objects[:NAMES_SHOWN])
    more = f" and {len(event.objects) - NAMES_SHOWN} more" if len(event.objects) > NAMES_SHOWN else ""
    about = f"  {ids}{more}" if ids else ""
    why = f": {event.message}" if event.message else ""
    return f"{event.id}  {moment(event.received_at)}  {event.type}  {event.state}{about}{why}"


def shown_body(event: InboxEvent) -> Any:  # noqa: ANN401 - any JSON
    """Give the message as it was sent; one that is no JSON is given as text."""
    try:
        return msgspec.json.decode(event.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return event.body.decode(errors="backslashreplace")


def inbox_form(found: Standing, now: float) -> dict[str, int]:
    """Give how the inbox stands, as `status --json` has it."""
    return {
        "pending": found.inbox.get(EventState.PENDING, 0),
        "dead": found.inbox.get(EventState.DEAD, 0),
        "oldest_seconds": int(max(0.0, now - found.oldest_pending)) if found.oldest_pending is not None else 0,
    }


def events_lines(found: Standing, now: float) -> Iterator[str]:
    """Say how inbox and callbacks stand, where there is something to say."""
    inbox, missed = inbox_form(found, now), found.missed
    if inbox["pending"]:
        yield f"events that wait: {inbox['pending']}, the oldest for {inbox['oldest_seconds']} s"
    if inbox["dead"]:
        yield f"events that make no sense: {inbox['dead']}; syncd events list --state dead"
    if missed.total:
        yield (
            f"missed events: {missed.total} changes on the platform were told by none, {missed.last} of them at the "
            f"last refresh ({iso(missed.at)}); where that goes on see whether the platform reaches our callback"
        )
