"""Links: which key of a source is which object of the platform, and what was last said and written."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

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


class Link(msgspec.Struct, frozen=True):
    """A key and its platform object.

    `said` is what the source wanted at the last applied run, `written` what we last wrote (both with platform
    ids for department and parent); `missing_since` is seconds since the epoch of the first whole read
    without the entry. `generation` is that of the derived id.

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
