"""Drafts of what one desired object needs, and findings about what is left as it is."""

from collections.abc import Iterable

from syncd.model.desired import DesiredObject, Skip
from syncd.model.objects import Kind
from syncd.plan.differences import Difference, Left
from syncd.plan.draft import Draft
from syncd.plan.values import Action, Reason


def drafted(one: DesiredObject, place: tuple[Kind, str], action: Action, found: Difference) -> Draft | None:
    """Draft the operation on the object of a kind and platform id; nothing where nothing differs.

    Who is back from a lock needs a password in any case.
    """
    if not found.changes and found.reason is not Reason.RETURNED:
        return None
    kind, platform_id = place
    return Draft(
        kind=kind,
        action=action,
        key=one.key,
        source=one.source,
        platform_id=platform_id,
        locator=one.locator,
        name=one.fields.name,
        changes=found.changes,
        reason=found.reason,
    )


def left_alone(one: DesiredObject, kind: Kind, left: Iterable[Left]) -> list[Skip]:
    """Name the fields of an entry that differ and are left as they are."""
    return [
        Skip(kind, one.key, one.locator, field.reason, f"{one.locator}: {field.field}: {field.message}", field.field)
        for field in left
    ]
