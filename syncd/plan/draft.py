"""Drafts: operations before the graph has ordered them."""

import hashlib
from collections.abc import Callable, Container, Mapping

import msgspec

from syncd.model.links import Link
from syncd.model.objects import Fields, Kind
from syncd.model.rooms import ManagedRoom
from syncd.plan.ids import operation_id
from syncd.plan.values import Action, Change, Operation, Reason

USER_FIELDS = ("account", "name", "phone", "email", "position", "memo", "department")
DEPARTMENT_FIELDS = ("name", "parent")
ROOM_FIELDS = tuple(ManagedRoom.__struct_fields__)
FIELDS = {Kind.USER: USER_FIELDS, Kind.DEPARTMENT: DEPARTMENT_FIELDS, Kind.ROOM: ROOM_FIELDS}
UNIQUE_FIELDS = ("account", "phone", "email")
Comparable = Callable[[str, str], str]
"""Gives the form in which two values of a field count as the same: (field, value) to that form."""


class Draft(msgspec.Struct, frozen=True):
    """One operation to be. `waits_for` names drafts by their handle: (kind, platform id, action is temporary)."""

    kind: Kind
    action: Action
    key: str
    source: str
    platform_id: str
    locator: str
    name: str
    changes: Mapping[str, Change]
    reason: Reason

    def operation(self, depends_on: tuple[str, ...], held_by: tuple[str, ...] = ()) -> Operation:
        """Give the finished operation."""
        return Operation(
            id=self.id,
            kind=self.kind,
            action=self.action,
            key=self.key,
            source=self.source,
            platform_id=self.platform_id,
            locator=self.locator,
            name=self.name,
            changes=dict(sorted(self.changes.items())),
            reason=self.reason,
            depends_on=depends_on,
            held_by=held_by,
        )

    @property
    def id(self) -> str:
        """Give the operation's id (DESIGN 6, approval); who has an object is what an adoption, or its end, changes."""
        who = Change(self.key, None) if self.reason is Reason.REVERTED else Change(None, self.key)
        adopted = {"key": who} if self.action is Action.ADOPT else {}
        return operation_id(self.kind, self.platform_id, self.action, {**self.changes, **adopted})

    def taken(self, field: str) -> str:
        """Give the value that this draft takes in a field, or nothing."""
        change = self.changes.get(field)
        return (change.after if change else "") or ""


def value_of(fields: Fields | None, field: str) -> str | None:
    """Give one field of an object by its name; `None` where there is no object."""
    return None if fields is None else getattr(fields, field)


def temporary(field: str, platform_id: str, never_empty: Container[str] = ()) -> str:
    """Give what stands in a unique field for a while: an account that nobody has, no phone, no mail (DESIGN 6, graph).

    A department's name is one only where the platform refuses it twice under one parent. Where it does not let a phone
    or mail become empty the value is one that nobody can have (RFC 2606 for mails).
    """
    if field in ("account", "name"):
        return "~" + platform_id[:16]
    if field not in never_empty:
        return ""
    number = hashlib.sha256(platform_id.encode()).hexdigest()[:12]
    return f"000{int(number, 16):015d}" if field == "phone" else f"{number}@syncd.invalid"


def draft_on(link: Link, name: str, action: Action, changes: Mapping[str, Change], reason: Reason) -> Draft:
    """Draft an operation on a linked object, which bears this name on the platform."""
    return Draft(
        kind=link.kind,
        action=action,
        key=link.key,
        source=link.source,
        platform_id=link.platform_id,
        locator=link.locator,
        name=name,
        changes=changes,
        reason=reason,
    )


def removal(link: Link, fields: Fields, reason: Reason) -> Draft:
    """Draft the removal of a linked object."""
    changes = {field: Change(before, None) for field in FIELDS[link.kind] if (before := value_of(fields, field))}
    return draft_on(link, fields.name, Action.REMOVE, changes, reason)
