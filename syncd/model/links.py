"""Links: which key of a source is which object of the platform, and what was last said and written."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from syncd.model.actors import Actor
from syncd.model.objects import Fields, Kind


class Ownership(StrEnum):
    """Whether we made the linked object, took it over, or may never change it."""

    CREATED = "created"
    ADOPTED = "adopted"
    PROTECTED = "protected"


class LinkState(StrEnum):
    """Where a linked object stands in its life."""

    ACTIVE = "active"
    LEFT = "left"
    LOCKED = "locked"
    PARKED = "parked"


KEPT_FOR_GOOD = 253402300799.0  # 9999-12-31T23:59:59Z, the last second that ISO 8601 writes with four digits


class Grace(msgspec.Struct, frozen=True):
    """The time between the first read without an entry and the removal of its object. Times: seconds since the epoch.

    `reason` is the plan's word for why the grace began; it stays to the removal. `begun_at` is when an operation began
    the grace; `None` while that operation is held. `kept_until` is set by `keep`, `is_let_go` by `let-go`;
    `decided_by`, `decided_because` and `decided_at` say who decided that, why and when, and
    `decider` who that was by fields of their own; nothing where a former version kept it.
    """

    reason: str = ""
    begun_at: float | None = None
    kept_until: float | None = None
    is_let_go: bool = False
    decided_by: str = ""
    decided_because: str = ""
    decided_at: float | None = None
    decider: Actor | None = None


class Link(msgspec.Struct, frozen=True):
    """A key and its platform object.

    `said` is what the source wanted at the last applied run, `written` what we last wrote (both with platform
    ids for department and parent); `missing_since` is seconds since the epoch of the first whole read
    without the entry, and `grace` what is known of the time from then on. `generation` is that of the derived id.

    `kept` has, where the platform made something else of a written value, what it made of it (DESIGN 6, three-way);
    `unseen` names the fields that no read has shown since they were written. `enforced` has, by field, when a drift
    was last written over, three times at most, in seconds since the epoch.
    """

    kind: Kind
    source: str
    key: str
    platform_id: str
    ownership: Ownership = Ownership.CREATED
    state: LinkState = LinkState.ACTIVE
    generation: int = 0
    said: Fields | None = None
    written: Fields | None = None
    kept: Mapping[str, str] = {}
    unseen: tuple[str, ...] = ()
    enforced: Mapping[str, tuple[float, ...]] = {}
    missing_since: float | None = None
    locator: str = ""
    grace: Grace | None = None
