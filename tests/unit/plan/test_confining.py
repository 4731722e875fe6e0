"""Parts of a plan: what follows from presence, and what no guard holds."""

import msgspec

from syncd.model.objects import Kind
from syncd.plan.confining import from_presence, unheld
from syncd.plan.ids import fingerprint
from syncd.plan.values import Action, Operation, Plan, Reason
from syncd.testing.plans import EVERYTHING, operation


def update(platform_id: str, reason: Reason = Reason.PLATFORM_DRIFTED, *after: Operation) -> Operation:
    """Give an update of a user that waits for other operations."""
    made = operation(Action.UPDATE, (Kind.USER, platform_id, platform_id), {"phone": ("1", "2")}, reason)
    ids = tuple(one.id for one in after)
    return msgspec.structs.replace(made, id=f"{reason}-{platform_id}", depends_on=ids, held_by=())


def plan(*operations: Operation) -> Plan:
    """Give a plan of these."""
    return msgspec.structs.replace(EVERYTHING, operations=operations)


def test_nobody_goes_and_nobody_gives_anything_up() -> None:
    """Removed, locked, parked, giving way and replaced are left out; creations and changes stay."""
    left = from_presence(EVERYTHING).operations
    assert {one.action for one in left} == {Action.CREATE, Action.UPDATE, Action.MOVE, Action.ADOPT}
    giving = [update("L", Reason.GIVES_WAY), update("M", Reason.REPLACED)]
    assert from_presence(plan(*giving)).operations == ()


def test_what_waits_for_it_is_left_out_with_its_object() -> None:
    """However long the chain; of such an object not even a value in between is written."""
    leaver = update("L", Reason.GIVES_WAY)
    between = update("A", Reason.TEMPORARY)
    taker = update("A", Reason.PLATFORM_DRIFTED, leaver, between)
    next_one = update("B", Reason.PLATFORM_DRIFTED, taker)
    other = update("C")
    part = from_presence(plan(leaver, between, taker, next_one, other))
    assert part.operations == (other,)
    assert part.fingerprint == fingerprint([other.id])


def test_a_department_and_a_user_of_one_id_are_two() -> None:
    """Ids are unique within a kind only."""
    gone = operation(Action.REMOVE, (Kind.DEPARTMENT, "X", "X"), {}, Reason.LEFT)
    user = update("X")
    assert from_presence(plan(gone, user)).operations == (user,)


def test_what_is_held_waits() -> None:
    """The rest is a plan of its own."""
    free = update("A")
    held = msgspec.structs.replace(update("B"), held_by=("limits",))
    assert unheld(plan(free, held)).operations == (free,)
