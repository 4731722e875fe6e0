"""The plan: desired minus shadow, in one pure function."""

from collections.abc import Iterable
from itertools import chain

import msgspec

from syncd.model.desired import Skip
from syncd.model.links import Ownership
from syncd.model.objects import Kind
from syncd.plan import departments, references, rooms, users
from syncd.plan.adoption import adopt, adoption_guards
from syncd.plan.claims import settle
from syncd.plan.draft import Comparable
from syncd.plan.forms import never_empty
from syncd.plan.grace import counted, sorted_leavers
from syncd.plan.guards import guard, held, replaced_guards, unprovable_guards
from syncd.plan.ids import fingerprint, recognized
from syncd.plan.order import order
from syncd.plan.repeating import repeating_guards
from syncd.plan.rules import History, Limits
from syncd.plan.situation import Situation
from syncd.plan.values import Conflict, Guard, Operation, Plan, SourceGrade, Unmanaged


class Context(msgspec.Struct, frozen=True):
    """What a plan says of itself and of the reads it rests on. `as_of` is ISO 8601 in UTC.

    `blocked` has the broken sources, of which absence proves nothing; `unprovable` those that can never prove
    themselves whole, `unprovable_fields` authority and field of what is made of those
    (`room.FIELD` of rooms).
    `unique_names` says that the platform refuses one name of departments twice under one parent.
    """

    as_of: str = ""
    store: str = ""
    company: str = ""
    config_fingerprint: str = ""
    sources: tuple[SourceGrade, ...] = ()
    blocked: frozenset[str] = frozenset()
    unprovable: frozenset[str] = frozenset()
    unprovable_fields: frozenset[tuple[str, str]] = frozenset()
    unique_names: bool = False

    def plan(
        self,
        operations: tuple[Operation, ...],
        guards: tuple[Guard, ...],
        approved: frozenset[str],
        conflicts: tuple[Conflict, ...] = (),
        skipped: tuple[Skip, ...] = (),
        unmanaged: tuple[Unmanaged, ...] = (),
    ) -> Plan:
        """Give the plan of these operations, held as the guards say."""
        return Plan(
            fingerprint=fingerprint(one.id for one in operations),
            as_of=self.as_of,
            store=self.store,
            company=self.company,
            config_fingerprint=self.config_fingerprint,
            sources=self.sources,
            operations=held(operations, guards, approved),
            conflicts=conflicts,
            skipped=skipped,
            unmanaged=unmanaged,
            guards=guards,
        )


def make_plan(situation: Situation, limits: Limits, history: History, context: Context, comparable: Comparable) -> Plan:
    """Compare, settle who gets what, order and guard; the same input gives the same plan, byte for byte."""
    adoption = adopt(situation, comparable)
    situation = adoption.joined(situation)
    unclear = adoption.departments.unclear
    ids = {one: platform_id for one, platform_id in departments.department_ids(situation).items() if one not in unclear}
    placed, unplaced = departments.place_departments(situation, ids, unclear)
    tree = departments.tree_after(situation, placed)
    wanted, skipped = users.wanted_users(situation, ids, adoption.users.unclear)
    left = users.leavers(situation, context.blocked)
    lasting = never_empty(situation.links())
    settled = settle(situation, wanted, left, comparable, lasting)
    going = users.leaver_operations(situation, {one: why for one, why in left.items() if one not in settled.replaced})
    people = [*settled.drafts, *going, *users.replacements(situation, settled.replaced)]
    found = rooms.plan_rooms(situation, ids, people, context.blocked)
    needs = references.needed(situation, found.drafts)
    contents = [*people, *found.drafts]
    removed, not_empty = departments.remove_departments(situation, tree, contents, context.blocked)
    siblings = situation.departments if context.unique_names else None
    drafts = [*adoption.drafts(situation), *placed, *contents, *removed]
    operations = order(drafts, tree.above, comparable, siblings, lasting)
    linked = linked_counts(situation)
    history = msgspec.structs.replace(history, approved=recognized((one.id for one in operations), history.approved))
    evidence = (context.sources, context.config_fingerprint)
    guards = (
        *guard(operations, linked, limits, history, evidence, counted(situation.links())),
        *adoption_guards(situation, operations, history.approved),
        *replaced_guards(operations, limits, linked, history.approved),
        *unprovable_guards(operations, context.unprovable, context.unprovable_fields, history.approved),
        *references.reference_guards(situation, operations, needs, history.approved),
        *repeating_guards(operations, history.undone, history.approved),
    )
    plan = context.plan(
        operations,
        guards,
        history.approved,
        conflicts=_sorted_conflicts(
            settled.conflicts,
            adoption.departments.conflicts,
            adoption.users.conflicts,
            found.conflicts,
            departments.ring_conflicts(situation.desired),
        ),
        skipped=_sorted_skips(
            situation.desired.skipped,
            adoption.departments.skipped,
            unplaced,
            skipped,
            users.kept_though_disabled(situation),
            not_empty,
            found.skipped,
        ),
        unmanaged=_unmanaged(situation),
    )
    in_grace = (*users.in_grace(situation, left), *rooms.rooms_in_grace(situation, context.blocked))
    return msgspec.structs.replace(plan, leaving=sorted_leavers(in_grace))


def _sorted_conflicts(*found: Iterable[Conflict]) -> tuple[Conflict, ...]:
    return tuple(sorted(chain(*found), key=lambda one: (one.kind, one.field, one.value, one.keys)))


def _sorted_skips(*found: Iterable[Skip]) -> tuple[Skip, ...]:
    return tuple(sorted(chain(*found), key=lambda one: (one.kind, one.key, one.locator, one.reason, one.field)))


def linked_counts(situation: Situation) -> dict[Kind, int]:
    """Count the linked objects of each kind."""
    return {kind: len(situation.links_of(kind)) for kind in Kind}


def _unmanaged(situation: Situation) -> tuple[Unmanaged, ...]:
    """Give what hangs below our root departments and no link owns.

    Protected users are nobody's to manage and are left out.
    """
    owned = {link.platform_id for link in situation.links() if link.ownership is not Ownership.PROTECTED}
    roots = {situation.policy.root_department, *situation.policy.roots.values()}
    ours = departments.below(situation, roots)
    strange_departments = [
        Unmanaged(Kind.DEPARTMENT, one.id, "", one.fields.name)
        for one in situation.departments.values()
        if one.id not in owned and one.id in ours and one.id not in roots
    ]
    strange_users = [
        Unmanaged(Kind.USER, one.id, one.fields.account, one.fields.name)
        for one in situation.users.values()
        if one.id not in owned and (one.fields.department or "") in ours and not situation.is_protected(one)
    ]
    strange_rooms = [
        Unmanaged(Kind.ROOM, one.id, "", one.fields.name)
        for one in (situation.rooms if situation.desired.room_sources else ())
        if one.id not in owned and one.fields.department in ours
    ]
    return tuple(
        sorted(strange_departments + strange_users + strange_rooms, key=lambda one: (one.kind, one.platform_id))
    )
