"""What a run did to each object in all, and the drafts that undo it (DESIGN 4, `revert`)."""

from collections.abc import Container, Iterable, Iterator, Mapping

import msgspec

from syncd.model.desired import Skip
from syncd.model.links import Link, LinkState, Ownership
from syncd.model.objects import Kind, Object, PlatformUser, fields_of
from syncd.model.rooms import SCENE_IMAGE
from syncd.plan import departments
from syncd.plan.differences import without
from syncd.plan.draft import Draft, draft_on, removal, value_of
from syncd.plan.forms import is_settled
from syncd.plan.rules import Undone
from syncd.plan.situation import Identity, Situation
from syncd.plan.values import Action, Change, Operation, Reason

AWAY = frozenset({LinkState.LOCKED, LinkState.PARKED})
PLACES = ("department", "parent")


class Net(msgspec.Struct, frozen=True):
    """What one run did to one object in all, whatever detours it took: its fields before the run and after it.

    `platform_id` is the one that the platform answered. A field that was not there before is `None`.
    """

    kind: Kind
    source: str
    key: str
    platform_id: str
    locator: str
    name: str
    actions: frozenset[Action]
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]

    @property
    def identity(self) -> Identity:
        """Give (source, key)."""
        return (self.source, self.key)

    @property
    def changed(self) -> dict[str, Change]:
        """Give the fields that the run left otherwise than it found them, back to front."""
        return {
            field: Change(after, self.before[field])
            for field, after in self.after.items()
            if after != self.before[field]
        }

    def undone(self, run: str) -> Undone:
        """Give what is to be remembered of it once it is undone."""
        after = {field: value for field, value in self.after.items() if value is not None}
        return Undone(run, self.kind, self.source, self.key, tuple(sorted(self.actions)), after)


def net_changes(done: Iterable[Operation], ids: Mapping[str, str]) -> tuple[Net, ...]:
    """Sum up the operations that a run carried out, given in the plan's order; `ids` has the answered platform ids."""
    found: dict[tuple[Kind, str, str], list[Operation]] = {}
    for one in done:
        found.setdefault((one.kind, one.source, one.key), []).append(one)
    return tuple(_net(found[each], ids) for each in sorted(found))


def _net(operations: list[Operation], ids: Mapping[str, str]) -> Net:
    before: dict[str, str | None] = {}
    after: dict[str, str | None] = {}
    for one in operations:
        for field, change in one.changes.items():
            before.setdefault(field, change.before)
            after[field] = change.after
    last = operations[-1]
    return Net(
        kind=last.kind,
        source=last.source,
        key=last.key,
        platform_id=ids.get(last.id) or last.platform_id,
        locator=last.locator,
        name=last.name,
        actions=frozenset(one.action for one in operations),
        before=before,
        after=after,
    )


class Undoing(msgspec.Struct, frozen=True):
    """Drafts that undo a run, the removals of departments that it made, and what can no longer be undone."""

    drafts: tuple[Draft, ...]
    departments_to_go: frozenset[Identity]
    skipped: tuple[Skip, ...]


def undo(situation: Situation, nets: Iterable[Net]) -> Undoing:
    """Draft what undoes each object's net change, as far as it still is as the run left it."""
    drafts: list[Draft] = []
    skipped: list[Skip] = []
    to_go: set[Identity] = set()
    for net in nets:
        link, there = _present(situation, net)
        if Action.REMOVE in net.actions:
            drafts += _creation(net) if there is None and link is None else []
            skipped += [] if there is None and link is None else [_skip(net, "there_again", _THERE_AGAIN)]
        elif link is None or there is None:
            skipped.append(_skip(net, "gone_since", _GONE_SINCE))
        elif isinstance(there, PlatformUser) and situation.is_protected(there):
            skipped.append(_skip(net, "protected", _PROTECTED))
        elif Action.CREATE in net.actions and net.kind is Kind.DEPARTMENT:
            to_go.add(net.identity)
        elif Action.CREATE in net.actions:
            drafts.append(removal(link, fields_of(there), Reason.REVERTED))
        elif net.actions == {Action.LEAVE}:
            skipped.append(_skip(net, "only_left", _ONLY_LEFT))
        else:
            drafts += _changes_back(net, link, there, skipped)
    return Undoing(tuple(drafts), frozenset(to_go), tuple(skipped))


def placed(situation: Situation, undoing: Undoing) -> Undoing:
    """Leave out the places that are no more, and moves that would hang a department below itself."""
    made = {one.platform_id for one in undoing.drafts if one.action is Action.CREATE}
    there = {"", *situation.departments, *made}
    parents = dict(departments.tree_after(situation, _in_places(undoing.drafts, there)).parents)
    drafts, skipped = [], list(undoing.skipped)
    for draft in undoing.drafts:
        kept = dict(draft.changes)
        if _place(draft) not in there:
            skipped.append(_left(draft, "place_gone", _PLACE_GONE))
            kept = without(kept, PLACES)
        elif draft.kind is Kind.DEPARTMENT and _is_below_itself(parents, draft.platform_id):
            skipped.append(_left(draft, "below_itself", _BELOW_ITSELF))
            kept = without(kept, PLACES)
            parents[draft.platform_id] = situation.departments[draft.platform_id].fields.parent or ""
        if kept or not draft.changes:
            drafts.append(msgspec.structs.replace(draft, changes=kept))
    return Undoing(tuple(drafts), undoing.departments_to_go, tuple(skipped))


def _place(draft: Draft) -> str:
    return draft.taken(_place_of(draft.kind))


def _place_of(kind: Kind) -> str:
    return "parent" if kind is Kind.DEPARTMENT else "department"


def _in_places(drafts: Iterable[Draft], there: Container[str]) -> Iterator[Draft]:
    """Give the drafts of departments that go where something is."""
    return (one for one in drafts if one.kind is Kind.DEPARTMENT and _place(one) in there)


def _present(situation: Situation, net: Net) -> tuple[Link | None, Object | None]:
    """Give the link of the same entry to the same object, and that object, as far as they are there."""
    link, objects = situation.links_of(net.kind).get(net.identity), situation.objects_of(net.kind)
    is_same = link is not None and link.platform_id == net.platform_id
    is_ours = link is not None and link.ownership is not Ownership.PROTECTED
    return (link if is_same and is_ours else None), objects.get(net.platform_id)


def _creation(net: Net) -> Iterator[Draft]:
    changes = {field: Change(None, value) for field, value in net.before.items() if value and field != SCENE_IMAGE}
    yield Draft(
        kind=net.kind,
        action=Action.CREATE,
        key=net.key,
        source=net.source,
        platform_id=net.platform_id,
        locator=net.locator,
        name=net.name,
        changes=changes,
        reason=Reason.REVERTED,
    )


def _changes_back(net: Net, link: Link, there: Object, skipped: list[Skip]) -> Iterator[Draft]:
    """Draft the fields back, the end of a lock, and the end of an adoption."""
    changes = {}
    for field, change in net.changed.items():
        have, left = value_of(fields_of(there), field) or "", change.before or ""
        if have == (change.after or ""):
            continue
        if field == SCENE_IMAGE:
            skipped.append(_skip(net, "picture_stays", _PICTURE_STAYS, field))
            continue
        if have == left or is_settled(link, field, left, have):
            changes[field] = Change(have, change.after or "")
        else:
            skipped.append(_skip(net, "changed_since", _CHANGED_SINCE.format(field=field), field))
    is_locked = bool({Action.LOCK, Action.PARK} & net.actions) and link.state in AWAY
    if changes or is_locked:
        action = Action.MOVE if not changes.keys().isdisjoint(PLACES) and not is_locked else Action.UPDATE
        # Who comes back from a lock needs a password, as one who returns does.
        yield draft_on(link, there.fields.name, action, changes, Reason.RETURNED if is_locked else Reason.REVERTED)
    if Action.ADOPT in net.actions and link.ownership is Ownership.ADOPTED:
        yield draft_on(link, there.fields.name, Action.ADOPT, {}, Reason.REVERTED)


def _is_below_itself(parents: Mapping[str, str], department: str) -> bool:
    seen: set[str] = set()
    above = parents.get(department, "")
    while above and above not in seen and above != department:
        seen.add(above)
        above = parents.get(above, "")
    return above == department


def _skip(net: Net, reason: str, message: str, field: str = "") -> Skip:
    return Skip(net.kind, net.key, net.locator, reason, f"{net.name} ({net.locator or net.key}): {message}", field)


def _left(draft: Draft, reason: str, message: str) -> Skip:
    field = _place_of(draft.kind)
    where = draft.locator or draft.key
    return Skip(draft.kind, draft.key, draft.locator, reason, f"{draft.name} ({where}): {message}", field)


_THERE_AGAIN = "the run removed it, and it is there again; it stays as it is"
_GONE_SINCE = "it is no longer on the platform, or no longer linked to this entry; nothing is undone"
_PROTECTED = "it is protected and stays as it is"
_ONLY_LEFT = "the run only began the time until the removal and wrote nothing; `syncd keep` stops that time"
_CHANGED_SINCE = "{field} is no longer what the run left there, so somebody changed it since; it stays as it is"
_PICTURE_STAYS = "the platform does not say where the picture before came from, and no call takes one away; it stays"
_PLACE_GONE = "the department that it was in is no more; it stays where it is"
_BELOW_ITSELF = "it would hang below itself, for the tree has changed since; it stays where it is"
