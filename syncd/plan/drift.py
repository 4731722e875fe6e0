"""Drift: a linked object differs from what we last wrote (DESIGN 1)."""

from syncd.model.events import Shown
from syncd.model.links import Link, LinkState, Ownership
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import fields_of
from syncd.plan.draft import FIELDS
from syncd.plan.forms import has_drifted


def differs(link: Link, shown: Shown | None) -> bool:
    """Tell whether a linked object shows something else than we wrote, or is not there though its entry is."""
    if link.ownership is Ownership.PROTECTED or isinstance(shown, KnownMeeting):
        return False
    if shown is None:
        return link.written is not None and link.state is LinkState.ACTIVE and link.missing_since is None
    fields = fields_of(shown)
    return any(has_drifted(link, field, fields) for field in FIELDS[link.kind])
