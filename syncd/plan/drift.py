"""Drift: a linked object differs from what we last wrote (DESIGN 1)."""

from syncd.model.events import Shown
from syncd.model.links import Link, LinkState, Ownership
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import Kind
from syncd.model.rooms import PlatformRoom
from syncd.plan.draft import DEPARTMENT_FIELDS, USER_FIELDS
from syncd.plan.forms import has_drifted


def differs(link: Link, shown: Shown | None) -> bool:
    """Tell whether a linked object shows something else than we wrote, or is not there though its entry is."""
    if link.ownership is Ownership.PROTECTED or isinstance(shown, PlatformRoom | KnownMeeting):
        return False
    if shown is None:
        return link.written is not None and link.state is LinkState.ACTIVE and link.missing_since is None
    names = USER_FIELDS if link.kind is Kind.USER else DEPARTMENT_FIELDS
    return any(has_drifted(link, field, shown.fields) for field in names)
