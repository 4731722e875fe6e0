"""A part of a plan has what follows from presence, what no guard holds, or what a file or `--only` names."""

import msgspec

from syncd.model.objects import Kind
from syncd.plan.confining import also_in, from_presence, only, unheld
from syncd.plan.ids import fingerprint
from syncd.plan.values import Action, Operation, Plan, Reason
from syncd.testing.plans import EVERYTHING, operation


def update(platform_id: str, reason: Reason = Reason.PLATFORM_DRIFTED, *after: Operation) -> Operation:
    """Return an update of a user that waits for other operations."""
    made = operation(Action.UPDATE, (Kind.USER, platform_id, platform_id), {"phone": ("1", "2")}, reason)
    ids = tuple(one.id for one in after)
    return msgspec.structs.replace(made, id=f"{reason}-{platform_id}", depends_on=ids, held_by=())


def plan(*operations: Operation) -> Plan:
    """Return a plan of these."""
    return msgspec.structs.replace(EVERYTHING, operations=operations)


def test_nobody_goes_and_nobody_gives_anything_up() -> None:
    """The part that follows from presence removes, locks and parks nobody, and nobody gives way or is replaced."""
    left = from_presence(EVERYTHING).operations
    assert {one.action for one in left} == {Action.CREATE, Action.UPDATE, Action.MOVE, Action.ADOPT}
    giving = [update("L", Reason.GIVES_WAY), update("M", Reason.REPLACED)]
    assert from_presence(plan(*giving)).operations == ()


def test_what_waits_for_it_is_left_out_with_its_object() -> None:
    """What waits for a left-out operation is left out with all of its object, however long the chain."""
    leaver = update("L", Reason.GIVES_WAY)
    between = update("A", Reason.TEMPORARY)
    taker = update("A", Reason.PLATFORM_DRIFTED, leaver, between)
    next_one = update("B", Reason.PLATFORM_DRIFTED, taker)
    other = update("C")
    part = from_presence(plan(leaver, between, taker, next_one, other))
    assert part.operations == (other,)
    assert part.fingerprint == fingerprint([other.id])


def test_a_department_and_a_user_of_one_id_are_two() -> None:
    """A department and a user of the same id are two objects when a plan is confined."""
    gone = operation(Action.REMOVE, (Kind.DEPARTMENT, "X", "X"), {}, Reason.LEFT)
    user = update("X")
    assert from_presence(plan(gone, user)).operations == (user,)


def test_what_is_held_waits() -> None:
    """The part of a plan that no guard holds has just the operations that are not held."""
    free = update("A")
    held = msgspec.structs.replace(update("B"), held_by=("limits",))
    assert unheld(plan(free, held)).operations == (free,)


def test_of_a_file_without_the_first_of_a_chain_nothing_of_the_chain_is_done() -> None:
    """Nothing of a chain is done where the plan file lacks its first operation."""
    first = update("A")
    second = update("B", Reason.PLATFORM_DRIFTED, first)
    third = update("C", Reason.PLATFORM_DRIFTED, second)
    free = update("D")
    part, missing = also_in(plan(first, second, third, free), plan(second, third, free))
    assert part.operations == (free,)
    assert missing == (second, third)


def test_a_file_with_a_temporary_value_alone_lends_nothing() -> None:
    """A plan file that has only a temporary value of a swap lends nothing."""
    lent = update("A", Reason.TEMPORARY)
    taker = update("B", Reason.DIRECTORY_CHANGED, lent)
    returned = update("A", Reason.DIRECTORY_CHANGED, lent, taker)
    part, missing = also_in(plan(lent, taker, returned), plan(lent))
    assert part.operations == ()
    assert missing == (lent,)


def test_a_part_that_takes_a_lent_value_gives_the_lender_another() -> None:
    """A part that takes a lent value also gives the lender another one."""
    lent = update("A", Reason.TEMPORARY)
    taker = update("B", Reason.DIRECTORY_CHANGED, lent)
    returned = update("A", Reason.DIRECTORY_CHANGED, lent, taker)
    other = update("C")
    part = only(plan(lent, taker, returned, other), frozenset({(Kind.USER, taker.source, taker.key)}))
    assert part.operations == (lent, taker, returned)
