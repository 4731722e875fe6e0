"""The plan as people read it."""

from textwrap import dedent

from syncd.model.objects import Kind
from syncd.plan.values import Action, Change, Guard, Operation, Plan, Reason
from syncd.report.plan_text import PERSONAL, plan_text

MOVED = Operation(
    id="o1",
    kind=Kind.USER,
    action=Action.MOVE,
    key="k",
    source="ldap",
    platform_id="P",
    locator="uid=zhang",
    name="张三",
    changes={"department": Change("A", "B"), "phone": Change("13800000000", "")},
    reason=Reason.DIRECTORY_CHANGED,
    held_by=("limits",),
)


def plan(*operations: Operation, guards: tuple[Guard, ...] = ()) -> Plan:
    """Give a plan with these operations."""
    return Plan("f1", "", "", "", "", operations=operations, guards=guards)


def test_a_held_plan_says_what_it_would_do_why_it_waits_and_how_to_go_on() -> None:
    """The reader needs no other page to decide."""
    guard = Guard("limits", "all", message="update of 1 (50.0 %) of 2 linked users is above limits.update = 20 %")
    assert plan_text(plan(MOVED, guards=(guard,))) == dedent("""\
        > move user 张三  (directory_changed; uid=zhang)  held by limits
            department: A -> B
            phone: 13800000000 -> ""
        Plan: 1 users to move.
        HELD by limits: update of 1 (50.0 %) of 2 linked users is above limits.update = 20 %
        To approve exactly this plan: syncd approve f1
        """)


def test_personal_data_is_masked_where_it_is_not_wanted() -> None:
    """A phone shows its beginning alone (I8)."""
    assert "13800000000" not in plan_text(plan(MOVED), PERSONAL)


def test_an_empty_plan_says_so() -> None:
    """Nothing to do is said in words."""
    assert plan_text(plan()) == "Nothing to do: the platform holds what the directory wants.\n"
