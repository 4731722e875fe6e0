"""What the store keeps beside shadow and links, as values."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from syncd.model.actors import Actor
from syncd.model.events import Topic
from syncd.model.objects import Fields, Mirror

READ_AT = "runs.read_at"
"""The fact in which a run notes when it read, in seconds since the epoch."""
GOOD_AT = "runs.good_at"
"""The fact that says when a whole run was last done, in seconds since the epoch."""
HELD_FACES = "faces.held"
"""The fact that has the fingerprint of the held plan of faces, which no run but a pass of faces lets go."""
APPLIED = "applied_configuration"
"""The fact that has the fingerprint of the configuration that was last applied."""
APPLIED_SCOPE = "applied_scope"
"""The fact that has what of it decides scope or values, key by key, as JSON."""
CONFIGURED = "configuration.known"
"""The fact that has what the configuration was when a process last began with it, by digests, as JSON."""
BROUGHT = "configuration.brought"
"""The fact that has who brought the changes since the configuration was last applied, as JSON."""
FIRST_APPROVALS = "approvals.first"
"""The fact that has who approved a plan that another one has to approve too, by fingerprint, as JSON."""
AUDIT_HEAD = "audit.head"
"""The fact that has number and hash of the newest record of the audit log, so that a cut end is noticed."""
AUDIT_LOGGED = "audit.logged"
"""The fact that has the number of the last record that a daemon has logged."""
AUDIT_NOTIFIED = "audit.notified"
"""The fact that has the number of the last record that people were told of."""
LAST_FACES = "faces.last"
"""The fact that has how the last pass of faces ended: `FacesRecord` as JSON."""


class FacesRecord(msgspec.Struct, frozen=True):
    """One pass of faces; times are in seconds since the epoch, `counts` the people by what became of their faces.

    `why` says why nothing was done, where that is so.
    """

    started_at: float
    finished_at: float
    outcome: str
    exit: int
    counts: Mapping[str, int] = {}
    why: str = ""


class RunRecord(msgspec.Struct, frozen=True):
    """One run; times are seconds since the epoch, `counts` the operations by outcome."""

    run: str
    started_at: float
    fingerprint: str = ""
    finished_at: float | None = None
    outcome: str = ""
    exit: int | None = None
    counts: Mapping[str, int] = {}


class Holder(msgspec.Struct, frozen=True):
    """The process that holds a lock: its host, its number there, and since when (ISO 8601, UTC)."""

    host: str
    pid: int
    since: str


class JournalLine(msgspec.Struct, frozen=True):
    """One operation on one object as a run left it; `operation` is its id, `at` in seconds since the epoch."""

    run: str
    operation: str
    at: float
    action: str
    outcome: str
    code: str
    message: str
    platform_id: str
    approved: bool


class JournalTrace(msgspec.Struct, frozen=True):
    """Whom a line of the journal is about, and what it says; `run` and `operation` name the line."""

    run: str
    operation: str
    source: str
    key: str
    platform_id: str
    message: str


class Failures(msgspec.Struct, frozen=True):
    """How often an operation has failed since it was last done, and how the last time, `at` seconds since the epoch."""

    operation: str
    kind: str
    action: str
    key: str
    times: int
    at: float
    code: str
    message: str


class HeldPlan(msgspec.Struct, frozen=True):
    """A plan that waits for a person; `plan` is its JSON form, `guards` the names of what holds it."""

    fingerprint: str
    plan: bytes
    since: float
    guards: tuple[str, ...] = ()


class Approval(msgspec.Struct, frozen=True):
    """Operations of one plan that a person lets pass; times are in seconds since the epoch.

    `by` is who that was; nothing of approvals of former versions, which have `who` as one text alone.
    """

    fingerprint: str
    operations: tuple[str, ...]
    who: str = ""
    reason: str = ""
    at: float = 0.0
    by: Actor | None = None


class ShadowRow(msgspec.Struct, frozen=True):
    """One object as we last know it, since when and from what (`refresh`, `event` or `write`)."""

    platform_id: str
    fields: Fields
    as_of: float
    origin: str


class Refreshed(msgspec.Struct, frozen=True):
    """What the shadow holds after a refresh, and which objects the lists showed otherwise than it held them."""

    mirror: Mirror
    changed: frozenset[tuple[Topic, str]] = frozenset()


class EventState(StrEnum):
    """What became of an event (DESIGN 4, a line of `events list --json`)."""

    PENDING = "pending"
    DONE = "done"
    ECHO = "echo"
    REPEATED = "repeated"
    STALE = "stale"
    DEAD = "dead"


class Received(msgspec.Struct, frozen=True):
    """An event as it came: when, the time stamp of its envelope, its type, and the decrypted message.

    Times are seconds since the epoch. `digest` is the hex SHA-256 of the message, by which a repetition is known.
    """

    received_at: float
    time_stamp: float
    type: str
    digest: str
    body: bytes


class InboxEvent(msgspec.Struct, frozen=True):
    """An event in the inbox: `objects` are the ids that it is about, `message` says what became of it and why."""

    id: int
    received_at: float
    time_stamp: float
    type: str
    state: EventState
    objects: tuple[str, ...]
    message: str
    digest: str
    body: bytes


class Ingested(msgspec.Struct, frozen=True):
    """What became of an event."""

    id: int
    state: EventState
    objects: tuple[str, ...] = ()
    message: str = ""
