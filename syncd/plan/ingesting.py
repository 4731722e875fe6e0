"""What events do to what is known of one object: pure, in the order of time, never back in time (DESIGN 6, events).

An event is a hint. It is taken at its word only where nothing speaks against it; whatever is in doubt is looked at on
the platform, and the look decides.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from syncd.model.events import Deed, Shown
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import PlatformUser

EVENT, WRITE = "event", "write"


class Known(msgspec.Struct, frozen=True):
    """An object in the shadow, since when (seconds since the epoch, our clock), and from what."""

    shown: Shown
    as_of: float
    origin: str


class Said(msgspec.Struct, frozen=True):
    """What one event says of one object: as it is now, or `None`, for it is gone.

    `time_stamp` is of the platform's clock and `received_at` of ours, both in seconds since the epoch. `is_stale` says
    that the two are further apart than the window, `is_repeated` that the same message came before.
    """

    event: int
    time_stamp: float
    received_at: float
    deed: Deed
    shown: Shown | None
    is_stale: bool = False
    is_repeated: bool = False

    @property
    def as_of(self) -> float:
        """Give since when this is known: no event tells what came after it was received, whatever its clock says."""
        return min(self.time_stamp, self.received_at)


class Looked(msgspec.Struct, frozen=True):
    """What the platform showed of an object when it was asked, in seconds since the epoch; `None` is gone."""

    shown: Shown | None
    asked_at: float


class Mark(msgspec.Struct, frozen=True):
    """How far the shadow has come: the latest time stamp of any event before, and when the last lists were asked for.

    `None` is never: nothing can then be told of what came late.
    """

    newest: float | None = None
    refreshed_at: float | None = None


class Verdict(StrEnum):
    """What one event is to one object."""

    CHANGE = "change"
    REMOVE = "remove"
    ECHO = "echo"
    NOTHING = "nothing"
    LOOK = "look"


class Judgement(msgspec.Struct, frozen=True):
    """What each event was, by its id, and what is known afterwards; `None` is that there is no such object."""

    verdicts: Mapping[int, Verdict]
    known: Known | None


def judge(
    said: Iterable[Said], known: Known | None, looked: Looked | None, mark: Mark, *, is_linked: bool
) -> Judgement:
    """Judge all that events say of one object.

    | what the event says                                                | verdict             |
    |--------------------------------------------------------------------|---------------------|
    | anything, and its time stamp is outside the window                 | look                |
    | what the shadow holds, from our own write                          | echo                |
    | what the shadow holds, from elsewhere                              | nothing             |
    | something else, and nothing speaks against it                      | change, remove      |
    | something else, repeated, or not newer than row, lists and events  | look                |
    | an update of an object that nobody knows                           | look                |
    | that a linked object is gone                                       | look                |
    | that a value has become empty, or an administrator none            | look                |
    | that a meeting is cancelled                                        | remove: it is final |

    Where any event wants a look all of the object's do, and one look decides for all; a look that is older than the row
    decides nothing.
    """
    ordered = sorted(said, key=lambda one: (one.time_stamp, one.event))
    if looked is not None and (known is None or looked.asked_at >= known.as_of):
        return _decided(ordered, known, looked)
    current = known
    verdicts: dict[int, Verdict] = {}
    for one in ordered:
        verdict = _verdict(one, current, mark, is_linked=is_linked)
        if verdict is Verdict.LOOK:
            return Judgement({each.event: Verdict.LOOK for each in ordered}, known)
        verdicts[one.event] = verdict
        if verdict in (Verdict.CHANGE, Verdict.REMOVE):
            current = None if one.shown is None else Known(one.shown, one.as_of, EVENT)
        # Of two events of one moment, even where the first says nothing new, nobody knows which came last.
        if mark.refreshed_at is not None:
            mark = msgspec.structs.replace(mark, refreshed_at=max(one.as_of, mark.refreshed_at))
    return Judgement(verdicts, current)


def _decided(ordered: Iterable[Said], known: Known | None, looked: Looked) -> Judgement:
    before = known.shown if known else None
    is_new = not is_same(before, looked.shown)
    verdicts = {}
    for one in ordered:
        if is_new and is_same(one.shown, looked.shown):
            verdicts[one.event] = Verdict.REMOVE if one.shown is None else Verdict.CHANGE
        else:
            is_echo = known is not None and known.origin == WRITE and is_same(one.shown, before)
            verdicts[one.event] = Verdict.ECHO if is_echo else Verdict.NOTHING
    if not is_new:
        return Judgement(verdicts, known)
    return Judgement(verdicts, None if looked.shown is None else Known(looked.shown, looked.asked_at, EVENT))


def _verdict(said: Said, known: Known | None, mark: Mark, *, is_linked: bool) -> Verdict:
    if said.is_stale:
        return Verdict.LOOK
    before = known.shown if known else None
    if is_same(said.shown, before):
        return Verdict.ECHO if known is not None and known.origin == WRITE else Verdict.NOTHING
    if isinstance(before, KnownMeeting) and said.shown is None:
        return Verdict.REMOVE
    if _is_late(said, known, mark) or said.is_repeated or _is_doubtful(said, before, is_linked=is_linked):
        return Verdict.LOOK
    return Verdict.REMOVE if said.shown is None else Verdict.CHANGE


def _is_late(said: Said, known: Known | None, mark: Mark) -> bool:
    """Tell whether something that is known already may be newer than what the event says."""
    if mark.newest is None or mark.refreshed_at is None or said.time_stamp <= mark.newest:
        return True
    # A list leaves a row alone that says the same already, so the row may be younger than its date.
    return said.as_of <= max(known.as_of if known else 0.0, mark.refreshed_at)


def _is_doubtful(said: Said, before: Shown | None, *, is_linked: bool) -> bool:
    if said.shown is None:
        return is_linked
    return said.deed is Deed.UPDATE if before is None else _loses(said.shown, before)


def _loses(shown: Shown, before: Shown) -> bool:
    """Tell whether a value became empty: an event may as well have left it out."""
    if isinstance(shown, KnownMeeting) or isinstance(before, KnownMeeting):
        return False
    if isinstance(shown, PlatformUser) and isinstance(before, PlatformUser) and before.is_admin and not shown.is_admin:
        return True
    now, then = msgspec.structs.astuple(shown.fields), msgspec.structs.astuple(before.fields)
    return any(was and value in ("", None, ()) for value, was in zip(now, then, strict=True))


def is_same(one: Shown | None, other: Shown | None) -> bool:
    """Tell whether two views of an object agree; a status that one of them does not know is no difference."""
    if isinstance(one, PlatformUser) and isinstance(other, PlatformUser) and None in (one.status, other.status):
        return msgspec.structs.replace(one, status=None) == msgspec.structs.replace(other, status=None)
    return one == other
