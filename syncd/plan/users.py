"""Users: what is made, changed, and what becomes of those who leave (DESIGN 6, leavers)."""

from collections.abc import Collection, Mapping

import msgspec

from syncd.model.desired import DesiredUser, Presence, Skip
from syncd.model.links import Link, LinkState, Ownership
from syncd.model.objects import Kind, PlatformUser, User
from syncd.plan.departments import nearest
from syncd.plan.differences import Difference, Left, creation, differences
from syncd.plan.draft import USER_FIELDS, Draft, removal
from syncd.plan.drafting import drafted, left_alone
from syncd.plan.rules import Leaving
from syncd.plan.situation import Identity, Situation
from syncd.plan.values import Action, Change, Reason


def wanted_users(
    situation: Situation, ids: Mapping[Identity, str], unclear: Collection[Identity] = ()
) -> tuple[list[Draft], list[Skip]]:
    """Draft the creations and changes of the people who are in the directory, in scope and not disabled.

    `unclear` has those of whom nobody knows yet which user they are.
    """
    drafts, skips = [], []
    for one in situation.desired.users:
        if one.presence is not Presence.ACTIVE or (one.source, one.key) in unclear:
            continue
        fields = _placed(situation, ids, one)
        if isinstance(fields, Skip):
            skips.append(fields)
        else:
            draft, left = _wanted(situation, one, fields)
            drafts += [draft] if draft else []
            skips += left_alone(one, Kind.USER, left)
    return drafts, skips


def _placed(situation: Situation, ids: Mapping[Identity, str], one: DesiredUser) -> User | Skip:
    """Give the wanted fields with the department's platform id."""
    key = one.fields.department
    if key is None:
        return one.fields
    department = nearest(situation, ids, one.source, key)
    if department is not None:
        return msgspec.structs.replace(one.fields, department=department)
    if (one.source, one.key) in situation.user_links:
        return msgspec.structs.replace(one.fields, department=None)
    return Skip(
        kind=Kind.USER,
        key=one.key,
        locator=one.locator,
        reason="unknown_department",
        message=f"{one.locator}: its department {key} is not known, so the user is not created; "
        "give the entry a department that the source has",
        field="department",
    )


def _wanted(situation: Situation, one: DesiredUser, fields: User) -> tuple[Draft | None, tuple[Left, ...]]:
    identity = (one.source, one.key)
    link = situation.user_links.get(identity)
    platform_id = link.platform_id if link else situation.derived(Kind.USER, identity)
    there = situation.users.get(platform_id)
    if link is not None and (
        link.ownership is Ownership.PROTECTED or (there is not None and situation.is_protected(there))
    ):
        return None, ()
    if there is None or link is None:
        found = Difference(creation(fields, USER_FIELDS), Reason.REMOVED_ON_PLATFORM if link else Reason.NEW)
        action = Action.CREATE
    else:
        found = differences(fields, link, there.fields, situation.policy, USER_FIELDS)
        action = Action.MOVE if "department" in found.changes else Action.UPDATE
    return drafted(one, (Kind.USER, platform_id), action, found), found.left


def placed_fields(situation: Situation, ids: Mapping[Identity, str], one: DesiredUser) -> User | None:
    """Give the wanted fields with the department's platform id; `None` where the department is not known."""
    fields = _placed(situation, ids, one)
    return None if isinstance(fields, Skip) else fields


def leavers(situation: Situation, blocked: frozenset[str]) -> dict[Identity, Reason]:
    """Give the linked users who have left, and why; `blocked` has the sources of which absence proves nothing."""
    states = {(one.source, one.key): one.presence for one in situation.desired.users}
    left: dict[Identity, Reason] = {}
    for identity, link in situation.user_links.items():
        there = situation.users.get(link.platform_id)
        if link.ownership is Ownership.PROTECTED or there is None or situation.is_protected(there):
            continue
        presence = states.get(identity)
        if presence is Presence.OUT_OF_SCOPE:
            left[identity] = Reason.OUT_OF_SCOPE
        elif presence is Presence.DISABLED and situation.policy.on_disabled is Leaving.LEAVER:
            left[identity] = Reason.DISABLED
        elif link.key not in situation.desired.present_users and identity[0] not in blocked:
            left[identity] = Reason.LEFT
    return left


def farewells(situation: Situation, left: Mapping[Identity, Reason]) -> list[Draft]:
    """Draft what becomes of leavers and disabled users at this moment: nothing, a lock, parking or removal."""
    drafts = []
    for identity, reason in left.items():
        link = situation.user_links[identity]
        there = situation.users[link.platform_id]
        since = situation.now if link.missing_since is None else link.missing_since
        after = situation.policy.remove_after
        if after is not None and situation.now - since >= after:
            drafts.append(removal(link, there.fields, reason))
        elif (draft := _put_away(situation, link, there, situation.policy.on_leaver, reason)) is not None:
            drafts.append(draft)
    return drafts + _disabled(situation)


def _disabled(situation: Situation) -> list[Draft]:
    drafts = []
    for one in situation.desired.users:
        link = situation.user_links.get((one.source, one.key))
        there = situation.users.get(link.platform_id) if link else None
        if one.presence is not Presence.DISABLED or link is None or there is None:
            continue
        if link.ownership is Ownership.PROTECTED or situation.is_protected(there):
            continue
        draft = _put_away(situation, link, there, situation.policy.on_disabled, Reason.DISABLED)
        drafts += [draft] if draft else []
    return drafts


def _put_away(situation: Situation, link: Link, there: PlatformUser, policy: Leaving, reason: Reason) -> Draft | None:
    """Draft the lock or parking of a user, once."""
    park = policy is Leaving.PARK
    if policy not in (Leaving.LOCK, Leaving.PARK) or link.state in (LinkState.LOCKED, LinkState.PARKED):
        return None
    before, after = there.fields.department or "", situation.policy.park_department
    return Draft(
        kind=Kind.USER,
        action=Action.PARK if park else Action.LOCK,
        key=link.key,
        source=link.source,
        platform_id=link.platform_id,
        locator=link.locator,
        name=there.fields.name,
        changes={"department": Change(before, after)} if park and before != after else {},
        reason=reason,
    )
