"""The plan that undoes a run: made like any plan, from what the run's journal says and what the platform shows now."""

from collections.abc import Iterable, Sequence

import msgspec

from syncd.model.desired import Desired, DesiredUser
from syncd.model.objects import Kind, User
from syncd.plan import departments, references
from syncd.plan.claims import settle
from syncd.plan.draft import Comparable, Draft
from syncd.plan.effects import fields_after
from syncd.plan.forms import never_empty
from syncd.plan.guards import guard
from syncd.plan.ids import recognized
from syncd.plan.make import Context, linked_counts
from syncd.plan.order import order
from syncd.plan.rooms import with_those_there
from syncd.plan.rules import History, Limits
from syncd.plan.situation import Situation
from syncd.plan.undoing import Net, placed, undo
from syncd.plan.values import Action, Guard, Operation, Plan, Reason


def make_inverse(
    situation: Situation,
    nets: Iterable[Net],
    limits: Limits,
    history: History,
    context: Context,
    comparable: Comparable,
) -> Plan:
    """Draft, settle, order and guard what undoes a run; the same input gives the same plan.

    The directory has no part in it: a run can be undone while it cannot be read.
    """
    undoing = placed(situation, undo(situation, nets))
    people = [one for one in undoing.drafts if one.kind is Kind.USER]
    wanted = _as_desired(situation, people, undoing.departments_to_go)
    lasting = never_empty(situation.links())
    unlinking = [one for one in people if one.action is Action.ADOPT]
    settled = settle(wanted, [one for one in people if one.action is not Action.ADOPT], {}, comparable, lasting)
    tree = departments.tree_after(situation, [one for one in undoing.drafts if one.kind is Kind.DEPARTMENT])
    rooms = with_those_there(situation, settled.drafts, [one for one in undoing.drafts if one.kind is Kind.ROOM])
    contents = [*settled.drafts, *rooms]
    removed, not_empty = departments.remove_departments(wanted, tree, contents, context.blocked)
    drafts = [
        *(one for one in undoing.drafts if one.kind is Kind.DEPARTMENT),
        *contents,
        *unlinking,
        *(msgspec.structs.replace(one, reason=Reason.REVERTED) for one in removed),
    ]
    siblings = situation.departments if context.unique_names else None
    operations = order(drafts, tree.above, comparable, siblings, lasting)
    linked = linked_counts(situation)
    history = msgspec.structs.replace(history, approved=recognized((one.id for one in operations), history.approved))
    unbound = msgspec.structs.replace(limits, hold_configuration=False)
    guards = (
        *guard(operations, linked, unbound, history, (context.sources, "")),
        *references.reference_guards(situation, operations, references.needed(situation, rooms), history.approved),
        *_comes_back(operations),
    )
    return context.plan(
        operations,
        guards,
        history.approved,
        conflicts=tuple(settled.conflicts),
        skipped=(*undoing.skipped, *not_empty),
    )


def _as_desired(situation: Situation, people: Iterable[Draft], to_go: frozenset[tuple[str, str]]) -> Situation:
    """Let what the drafts lead to be what is desired, so that values are settled and departments go as ever."""
    users = tuple(
        DesiredUser(one.key, one.source, one.locator, _fields(situation, one))
        for one in people
        if one.action is not Action.REMOVE
    )
    present = frozenset(situation.department_links) - to_go
    return msgspec.structs.replace(situation, desired=Desired(users, present_departments=present))


def _fields(situation: Situation, draft: Draft) -> User:
    there = situation.users.get(draft.platform_id)
    fields = fields_after(draft.operation(()), there.fields if there else None)
    assert isinstance(fields, User)  # noqa: S101 - the draft is a user's, and no removal
    return fields


def _comes_back(operations: Sequence[Operation]) -> tuple[Guard, ...]:
    """Say what those who come back come back without."""
    back = [one for one in operations if one.kind is Kind.USER and one.action is Action.CREATE]
    if not back:
        return ()
    message = (
        f"{len(back)} users come back without their meetings, face and password; their ids are the same where the "
        "platform takes them again"
    )
    return (Guard("comes_back", (), str(Kind.USER), str(Action.CREATE), actual=len(back), message=message),)
