"""Users: what is made, changed, and what becomes of those who leave (DESIGN 6, leavers)."""

from collections.abc import Collection, Mapping

import msgspec

from syncd.model.desired import DesiredUser, Presence, Skip
from syncd.model.links import Link, Ownership
from syncd.model.objects import Kind, PlatformUser, User
from syncd.plan import grace
from syncd.plan.departments import nearest
from syncd.plan.differences import Difference, Left, creation, differences, without
from syncd.plan.draft import USER_FIELDS, Draft, draft_on, removal, temporary
from syncd.plan.drafting import drafted, left_alone
from syncd.plan.rules import Leaving
from syncd.plan.situation import Identity, Situation
from syncd.plan.values import Action, Change, Leaver, Reason

BY_CONFIGURATION = frozenset({Reason.LEFT, Reason.OUT_OF_SCOPE})
OFF = 0  # Open API, user: status 0 is disabled, 1 enabled; no call sets it


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
            astray = [_UNKNOWN] if _is_astray(one, fields) else []
            skips += left_alone(one, Kind.USER, (*left, *astray))
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


def _is_astray(one: DesiredUser, placed: User) -> bool:
    """Tell whether somebody linked names a department that nobody knows, and so stays where they are."""
    return bool(one.fields.department) and placed.department is None


def _wanted(situation: Situation, one: DesiredUser, fields: User) -> tuple[Draft | None, tuple[Left, ...]]:
    identity = (one.source, one.key)
    link = situation.user_links.get(identity)
    platform_id = link.platform_id if link else situation.derived(Kind.USER, identity)
    there = situation.users.get(platform_id)
    if link is not None and _is_out_of_reach(situation, link, there):
        return None, ()
    if link is not None and there is None and situation.policy.reports_removals:
        return None, (_REMOVED,)
    if there is None or link is None:
        found = Difference(creation(fields, USER_FIELDS), Reason.REMOVED_ON_PLATFORM if link else Reason.NEW)
        return drafted(one, (Kind.USER, platform_id), Action.CREATE, found), ()
    found = _difference(situation, link, there, fields)
    action = Action.MOVE if "department" in found.changes else Action.UPDATE
    return drafted(one, (Kind.USER, platform_id), action, found), found.left


def _is_out_of_reach(situation: Situation, link: Link, there: PlatformUser | None) -> bool:
    """Tell whether nothing of a linked user is ever changed (I3); the policy may let administrators be updated."""
    if there is not None and situation.is_protected(there):
        return True
    return link.ownership is Ownership.PROTECTED and (there is None or not there.is_admin)


def _difference(situation: Situation, link: Link, there: PlatformUser, fields: User) -> Difference:
    """Compare somebody who is there; who was locked or parked is back, and an administrator keeps the account."""
    found = differences(fields, link, there.fields, situation.policy, USER_FIELDS)
    if situation.is_administrator(there):
        found = msgspec.structs.replace(found, changes=without(found.changes, ["account"]))
    if link.state in grace.PUT_AWAY:
        return msgspec.structs.replace(found, reason=Reason.RETURNED)
    return msgspec.structs.replace(found, left=(*found.left, _OFF)) if there.status == OFF else found


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
        if there is None or not situation.may_leave(link, there):
            continue
        presence = states.get(identity)
        if presence is Presence.OUT_OF_SCOPE:
            left[identity] = Reason.OUT_OF_SCOPE
        elif presence is Presence.DISABLED and situation.policy.on_disabled is Leaving.LEAVER:
            left[identity] = Reason.DISABLED
        elif identity not in situation.desired.present_users and identity[0] not in blocked:
            left[identity] = Reason.LEFT
        if identity in left:
            left[identity] = reason_of(situation, link, left[identity])
    return left


def reason_of(situation: Situation, link: Link, found: Reason) -> Reason:
    """Return why an object leaves: as its grace began, else as just found, by the configuration where that changed."""
    is_new = situation.is_rescoped and link.missing_since is None
    by_configuration = is_new and found in BY_CONFIGURATION
    return grace.reason_of(link, Reason.OUT_OF_SCOPE_BY_CONFIGURATION if by_configuration else found)


def leaver_operations(situation: Situation, left: Mapping[Identity, Reason]) -> list[Draft]:
    """Draft what becomes of leavers and disabled users now: the beginning of a grace, a lock, parking or removal."""
    drafts = []
    for identity, reason in left.items():
        link = situation.user_links[identity]
        there = situation.users[link.platform_id]
        if is_due(situation, link):
            drafts.append(removal(link, there.fields, reason))
        elif grace.is_kept(link, situation.now):
            continue
        elif (draft := _put_away(situation, link, there, situation.policy.on_leaver, reason)) is not None:
            drafts.append(draft)
        else:
            drafts += beginning(situation, link, there.fields.name, reason)
    return drafts + _disabled(situation)


def beginning(situation: Situation, link: Link, name: str, reason: Reason) -> list[Draft]:
    """Draft the beginning of a grace, where there is one and nothing has begun it."""
    if not grace.begins(link, situation.policy.remove_after, situation.now):
        return []
    return [draft_on(link, name, Action.LEAVE, {}, reason)]


def in_grace(situation: Situation, left: Mapping[Identity, Reason]) -> list[Leaver]:
    """Return the users in grace; those of a source that could not be read stay in it."""
    found = []
    for identity, link in situation.user_links.items():
        is_away = link.missing_since is not None and identity not in situation.desired.present_users
        if identity in left or is_away:
            there = situation.users.get(link.platform_id)
            shown = there.fields if there else None
            why = left.get(identity, Reason.LEFT)
            found.append(grace.leaver(link, shown, why, situation.policy.remove_after, situation.now))
    return [each for each in found if each is not None]


def kept_though_disabled(situation: Situation) -> list[Skip]:
    """Name the linked users whose account is disabled in the directory and who stay as they are."""
    if situation.policy.on_disabled is not Leaving.KEEP:
        return []
    return [
        Skip(Kind.USER, one.key, one.locator, "disabled", f"{one.locator}: {_KEPT}")
        for one in situation.desired.users
        if one.presence is Presence.DISABLED and (one.source, one.key) in situation.user_links
    ]


def replacements(situation: Situation, replaced: Mapping[Identity, Mapping[str, Change]]) -> list[Draft]:
    """Draft how leavers give their account up to another person: by their removal, if its time has come.

    Else they keep everything that is not taken, under an account that nobody has.
    """
    drafts = []
    for identity in sorted(replaced):
        link = situation.user_links[identity]
        there = situation.users[link.platform_id]
        if is_due(situation, link):
            drafts.append(removal(link, there.fields, Reason.REPLACED))
        else:
            account = Change(there.fields.account, temporary("account", link.platform_id))
            changes = {**replaced[identity], "account": account}
            drafts.append(draft_on(link, there.fields.name, Action.UPDATE, changes, Reason.REPLACED))
    return drafts


def is_due(situation: Situation, link: Link) -> bool:
    """Tell whether a leaver's grace is over."""
    return grace.is_due(link, situation.policy.remove_after, situation.now)


def _disabled(situation: Situation) -> list[Draft]:
    drafts = []
    for one in situation.desired.users:
        link = situation.user_links.get((one.source, one.key))
        there = situation.users.get(link.platform_id) if link else None
        if one.presence is not Presence.DISABLED or link is None or there is None:
            continue
        if not situation.may_leave(link, there):
            continue
        draft = _put_away(situation, link, there, situation.policy.on_disabled, Reason.DISABLED)
        drafts += [draft] if draft else []
    return drafts


def _put_away(situation: Situation, link: Link, there: PlatformUser, policy: Leaving, reason: Reason) -> Draft | None:
    """Draft the lock or parking of a user, once."""
    park = policy is Leaving.PARK
    if policy not in (Leaving.LOCK, Leaving.PARK) or link.state in grace.PUT_AWAY:
        return None
    before, after = there.fields.department or "", situation.policy.park_department
    changes = {"department": Change(before, after)} if park and before != after else {}
    return draft_on(link, there.fields.name, Action.PARK if park else Action.LOCK, changes, reason)


_KEPT = (
    'disabled in the directory; the user is left as it is (policy.on_disabled = "keep"); to lock, park or remove such '
    "users say so there"
)
_UNKNOWN = Left(
    "department",
    "unknown_department",
    "the entry names a department that is not known, so the user stays where it is; give it one that the source has",
)
_REMOVED = Left(
    "account",
    "removed_on_platform",
    'somebody removed this user on the platform, and policy.on_drift only reports it; make it "enforce" for account to '
    "have the user made again",
)
_OFF = Left(
    "status",
    "disabled_on_platform",
    "the platform shows this user as disabled, and no call can change that; do it there",
)
