"""The audit log: what people decided, each record bound to the one before it by its hash.

The canonical form of a record is one JSON object in UTF-8 without white space, its keys and those inside it in the
order of their code points. Its keys are `action`, `actor`, `at` (ISO 8601, UTC, microseconds), `details`, `number` (1
is the first), `personal`, `previous` and `version` (1). `previous` is the hash of the record before, 64 zeros for the
first.
The hash of a record is the SHA-256 of its canonical form, in hex. What may tell of a person, a key or a reason, stands
beside it, in the same form with a random `salt`; `personal` is the SHA-256 of that, `""` where there is nothing of the
kind. So it can be taken out later (`forget`), and the chain still holds.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from syncd.model.actors import NOBODY, Actor

GENESIS = "0" * 64
VERSION = 1
UNREADABLE = "unreadable"
TOLERANCE = 0.001
"""Seconds by which a time of microseconds and the same one as a float may differ."""


class AuditAction(StrEnum):
    """What somebody did."""

    APPROVED = "approved"
    APPROVED_FIRST = "approved_first"
    REVOKED = "revoked"
    KEPT = "kept"
    LET_GO = "let_go"
    LINKED = "linked"
    UNLINKED = "unlinked"
    REVERTED = "reverted"
    PASSWORD = "password_given"  # noqa: S105 - no password
    PASSWORD_REFUSED = "password_refused"  # noqa: S105 - likewise
    DISCARDED = "event_discarded"
    REPLAYED = "event_replayed"
    REBOUND = "rebound"
    REBUILT = "rebuilt"
    FORGOTTEN = "forgotten"
    CONFIGURED = "configuration_changed"
    PRUNED = "audit_pruned"


Detail = str | int | bool | tuple[str | int, ...]
Details = Mapping[str, Detail]


class AuditEntry(msgspec.Struct, frozen=True):
    """What is to be recorded: `details` tell of nobody, `personal` may and can be taken out later."""

    action: AuditAction
    details: Mapping[str, Detail] = {}
    personal: Mapping[str, str] = {}


class AuditRecord(msgspec.Struct, frozen=True):
    """A record as it is kept: its canonical form, what may tell of somebody (`None`: taken out), and its hash."""

    number: int
    at: float
    text: str
    personal: str | None
    hash: str


class _Content(msgspec.Struct, frozen=True):
    action: str
    actor: Actor
    at: str
    details: dict[str, Detail]
    number: int
    personal: str
    previous: str
    version: int


class AuditContent(msgspec.Struct, frozen=True):
    """What a record says: who did what and when. `personal` is `None` where it was taken out."""

    action: str
    actor: Actor
    at: dt.datetime
    details: Mapping[str, Detail]
    personal: Mapping[str, str] | None
    previous: str


class AuditFault(msgspec.Struct, frozen=True):
    """The first record that does not fit: its number, its time where it has one, and what is wrong, by code."""

    number: int
    at: float | None
    code: str


def record(entry: AuditEntry, actor: Actor, at: float, place: tuple[int, str], salt: str) -> AuditRecord:
    """Make the record of an entry; `place` is its number and the hash of the record before, `at` epoch seconds."""
    number, previous = place
    told = {name: _printable(value) for name, value in entry.personal.items() if value}
    personal = _canonical({**told, "salt": salt}) if told else ""
    moment = dt.datetime.fromtimestamp(at, dt.UTC)
    content = _Content(
        str(entry.action),
        actor,
        moment.isoformat(timespec="microseconds"),
        dict(entry.details),
        number,
        _hash(personal) if personal else "",
        previous,
        VERSION,
    )
    text = _canonical(content)
    return AuditRecord(number, at, text, personal, _hash(text))


def content(found: AuditRecord) -> AuditContent:
    """Return what a record says; one of which somebody made another text is told as unreadable."""
    try:
        said = msgspec.json.decode(found.text, type=_Content)
        at = dt.datetime.fromisoformat(said.at)
        personal = None if found.personal is None else _personal(found.personal)
    except (msgspec.DecodeError, ValueError, OverflowError):
        return AuditContent(UNREADABLE, NOBODY, dt.datetime.fromtimestamp(0, dt.UTC), {}, {}, "")
    return AuditContent(said.action, said.actor, at, said.details, personal, said.previous)


def _personal(text: str) -> dict[str, str]:
    told = msgspec.json.decode(text, type=dict[str, str]) if text else {}
    return {name: value for name, value in told.items() if name != "salt"}


def first_fault(records: Iterable[AuditRecord]) -> AuditFault | None:
    """Return the first record that does not fit; nothing where all of them do.

    A chain that does not begin with the first record must have one that tells up to where it was pruned, and what was
    taken out of records one that tells of which.
    """
    chain = _Chain()
    for one in records:
        if (fault := chain.next(one)) is not None:
            return fault
    return chain.end()


class _Chain:
    """What was seen of a chain so far."""

    def __init__(self) -> None:
        self._first: tuple[int, str] | None = None
        self._number, self._hash = 0, GENESIS
        self._pruned: tuple[object, object] = (0, GENESIS)
        self._taken_out: dict[int, float] = {}
        self._told_of: set[object] = set()

    def next(self, one: AuditRecord) -> AuditFault | None:
        """Look at the next record, and say what does not fit."""
        try:
            said = msgspec.json.decode(one.text, type=_Content)
            moment = dt.datetime.fromisoformat(said.at).timestamp()
        except (msgspec.DecodeError, ValueError, OverflowError):
            return AuditFault(one.number, one.at, "changed")
        if self._first is None:
            self._first = (one.number, said.previous)
            self._number, self._hash = one.number - 1, said.previous
        if one.number != self._number + 1:
            return AuditFault(self._number + 1, None, "missing")
        is_same = said.number == one.number and abs(moment - one.at) <= TOLERANCE
        if not is_same or _hash(one.text) != one.hash or not _has_its_personal(one, said):
            return AuditFault(one.number, one.at, "changed")
        if said.previous != self._hash:
            return AuditFault(one.number, one.at, "unchained")
        self._number, self._hash = one.number, one.hash
        self._remember(one, said)
        return None

    def _remember(self, one: AuditRecord, said: _Content) -> None:
        if one.personal is None:
            self._taken_out[one.number] = one.at
        if said.action == AuditAction.PRUNED:
            self._pruned = (said.details.get("through"), said.details.get("hash"))
        if said.action == AuditAction.FORGOTTEN and isinstance(records := said.details.get("records"), list | tuple):
            self._told_of.update(records)

    def end(self) -> AuditFault | None:
        """Say what does not fit of the whole."""
        if self._first is not None:
            number, previous = self._first
            if (number - 1, previous) not in ((0, GENESIS), self._pruned):
                return AuditFault(number - 1, None, "missing")
        silent = sorted(self._taken_out.keys() - self._told_of)
        return AuditFault(silent[0], self._taken_out[silent[0]], "taken_out") if silent else None


def _has_its_personal(one: AuditRecord, said: _Content) -> bool:
    if one.personal is None:
        return bool(said.personal)
    return (_hash(one.personal) if one.personal else "") == said.personal


def _printable(text: str) -> str:
    """Return a text that UTF-8 has; what the command line gave as bytes of another encoding stays recognizable."""
    return text.encode("utf-8", "backslashreplace").decode()


def _canonical(value: object) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
