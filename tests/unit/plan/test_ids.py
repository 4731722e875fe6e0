"""Ids of operations and fingerprints have 128 bits, and those of former versions are known still."""

import msgspec

from syncd.model.objects import Kind
from syncd.plan.alteration import content_id, is_altered
from syncd.plan.confining import also_in
from syncd.plan.guards import held
from syncd.plan.ids import fingerprint, is_among, is_named
from syncd.plan.rules import History
from syncd.plan.values import Action, Change, Guard, Operation, Plan, Reason


def operation(number: int) -> Operation:
    """Return the creation of a user, with its id of today."""
    changes = {"account": Change(None, f"user{number}")}
    one = Operation("", Kind.USER, Action.CREATE, f"k{number}", "ldap", f"{number:032X}", "", "", changes, Reason.NEW)
    return msgspec.structs.replace(one, id=content_id(one))


def former(plan: Plan) -> Plan:
    """Return a plan as a former version wrote it: ids of 16 digits, and a fingerprint of those, of as many."""
    operations = tuple(msgspec.structs.replace(one, id=one.id[:16]) for one in plan.operations)
    return msgspec.structs.replace(
        plan, operations=operations, fingerprint=fingerprint(one.id for one in operations)[:16]
    )


OPERATIONS = tuple(operation(number) for number in range(3))
PLAN = Plan(fingerprint(one.id for one in OPERATIONS), "", "", "", "", operations=OPERATIONS)


def test_ids_and_fingerprints_have_128_bits() -> None:
    """An id and a fingerprint have 32 hexadecimal digits."""
    assert {len(one) for one in (PLAN.fingerprint, *(each.id for each in PLAN.operations))} == {32}


def test_a_plan_of_a_former_version_is_known() -> None:
    """A former plan is not taken for altered, its fingerprint names the plan of today, and its operations are found."""
    before = former(PLAN)
    assert len(before.fingerprint) == 16
    assert not is_altered(PLAN)
    assert not is_altered(before)
    assert is_named(before.fingerprint, (one.id for one in PLAN.operations))
    assert is_named(PLAN.fingerprint, (one.id for one in PLAN.operations))
    part, gone = also_in(PLAN, before)
    assert (part.operations, gone) == (PLAN.operations, ())
    part, gone = also_in(msgspec.structs.replace(PLAN, operations=OPERATIONS[:2]), before)
    assert ([one.id for one in part.operations], [one.id for one in gone]) == (
        [one.id for one in OPERATIONS[:2]],
        [OPERATIONS[2].id[:16]],
    )


def test_an_approval_of_a_former_version_lets_the_same_operations_pass() -> None:
    """An approval by former ids lets those operations pass, and no others."""
    approved = History(approved=frozenset({OPERATIONS[0].id[:16]})).approved
    assert [is_among(one.id, approved) for one in OPERATIONS] == [True, False, False]
    judged = held(OPERATIONS, (Guard("limits", "all"),), approved)
    assert [bool(one.held_by) for one in judged] == [False, True, True]


def test_a_beginning_of_another_length_is_no_fingerprint() -> None:
    """A part of a fingerprint, or a plan whose ids were cut, is refused."""
    ids = [one.id for one in PLAN.operations]
    for end in (0, 8, 15, 17, 31):
        assert not is_named(PLAN.fingerprint[:end], ids)
    assert not is_named(PLAN.fingerprint[:16], ids), "the former fingerprint is another hash"
    cut = tuple(msgspec.structs.replace(one, id=one.id[:8]) for one in OPERATIONS)
    assert is_altered(msgspec.structs.replace(PLAN, operations=cut, fingerprint=fingerprint(one.id for one in cut)))
