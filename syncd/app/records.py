"""What the store keeps beside shadow and links, as values."""

from collections.abc import Mapping

import msgspec

from syncd.model.objects import Department, User


class RunRecord(msgspec.Struct, frozen=True):
    """One run; times are seconds since the epoch, `counts` the operations by outcome."""

    run: str
    started_at: float
    fingerprint: str = ""
    finished_at: float | None = None
    outcome: str = ""
    exit: int | None = None
    counts: Mapping[str, int] = {}


class JournalLine(msgspec.Struct, frozen=True):
    """One operation on one object as a run left it; `at` is in seconds since the epoch."""

    run: str
    at: float
    action: str
    outcome: str
    code: str
    message: str
    platform_id: str
    approved: bool


class HeldPlan(msgspec.Struct, frozen=True):
    """A plan that waits for a person; `plan` is its JSON form, `guards` the names of what holds it."""

    fingerprint: str
    plan: bytes
    since: float
    guards: tuple[str, ...] = ()


class Approval(msgspec.Struct, frozen=True):
    """Operations of one plan that a person lets pass."""

    fingerprint: str
    operations: tuple[str, ...]
    who: str = ""
    reason: str = ""
    at: float = 0.0


class ShadowRow(msgspec.Struct, frozen=True):
    """One object as we last know it, since when and from what (`refresh`, `event` or `write`)."""

    platform_id: str
    fields: User | Department
    as_of: float
    origin: str
