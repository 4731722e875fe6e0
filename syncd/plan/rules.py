"""What the administrator has decided, as the plan needs it: policy and limits."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from syncd.model.objects import Kind


class Leaving(StrEnum):
    """What becomes of a linked user whose entry is gone, out of scope or disabled."""

    KEEP = "keep"
    LOCK = "lock"
    PARK = "park"
    LEAVER = "leaver"


class Heed(StrEnum):
    """What is done where somebody about to go is still needed: `report` it, or `hold` the removal (or `wait`)."""

    REPORT = "report"
    HOLD = "hold"
    WAIT = "wait"


class Limit(msgspec.Struct, frozen=True):
    """How many operations of one kind pass without approval; `None` is no limit (DESIGN 6, guards)."""

    count: int | None = None
    percent: float | None = None
    at_least: int = 0

    def exceeded(self, actual: int, base: int) -> bool:
        """Tell whether `actual` operations on `base` linked objects are too many."""
        if self.count is not None and actual > self.count:
            return True
        return self.percent is not None and actual >= self.at_least and actual * 100 > self.percent * base


class Policy(msgspec.Struct, frozen=True):
    """The keys of `[policy]`, `[platform]` and `[adopt]` that decide what a plan holds.

    `remove_after` is in seconds; `None` means never. `report_drift` names the fields whose drift is only reported.
    `adopt_users` names the fields by which users are adopted; none: never.
    """

    owner: str = "syncd"
    root_department: str = ""
    namespaces: Mapping[str, str] = {}
    roots: Mapping[str, str] = {}
    on_leaver: Leaving = Leaving.KEEP
    on_disabled: Leaving = Leaving.KEEP
    park_department: str = ""
    remove_after: float | None = 7 * 86400
    report_drift: frozenset[str] = frozenset()
    clear: frozenset[str] = frozenset()
    protected: frozenset[str] = frozenset()
    update_administrators: bool = False
    on_room_reference: Heed = Heed.REPORT
    on_meetings: Heed = Heed.REPORT
    adopt_users: tuple[str, ...] = ("account",)
    adopt_departments: bool = True
    review_adoptions: bool = True

    @property
    def reports_removals(self) -> bool:
        """Tell whether a linked user whom somebody removed on the platform is only reported."""
        return "account" in self.report_drift

    def root_of(self, source: str) -> str:
        """Give the platform id of the department below which a source's objects hang."""
        return self.roots.get(source) or self.root_department

    def namespace_of(self, source: str) -> str:
        """Give the namespace that a source's derived ids bear; its name unless it is written."""
        return self.namespaces.get(source) or source


class Limits(msgspec.Struct, frozen=True):
    """`[limits]`, by kind and by group of actions (`create`, `update`, `remove`, `clear`)."""

    by_kind: Mapping[Kind, Mapping[str, Limit]] = {}
    hold_configuration: bool = True


class Undone(msgspec.Struct, frozen=True):
    """What `revert` undid of one object: the run's actions on it, and the fields as that run had left them."""

    run: str
    kind: Kind
    source: str
    key: str
    actions: tuple[str, ...]
    after: Mapping[str, str] = {}


class History(msgspec.Struct, frozen=True):
    """What the store knows of former runs and the guards need.

    `recent` counts unapproved operations carried out in the last window, by kind and group;
    `approved` has the ids that a person approved; `completed_once` says that a plan of this store was once whole;
    `changes` names what the configuration now says otherwise than when it was last applied; `undone` has what a
    person undid.
    """

    recent: Mapping[tuple[Kind, str], int] = {}
    approved: frozenset[str] = frozenset()
    applied_configuration: str = ""
    completed_once: bool = False
    changes: tuple[str, ...] = ()
    undone: tuple[Undone, ...] = ()
