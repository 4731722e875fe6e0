"""A plan or run is printed in words that people read."""

from textwrap import dedent

import msgspec

from syncd.model.desired import Skip
from syncd.model.objects import Kind
from syncd.plan.values import (
    Action,
    Change,
    Conflict,
    ConflictKind,
    Guard,
    Operation,
    Plan,
    Reason,
    SourceGrade,
    Unmanaged,
)
from syncd.report.messages import CHINESE
from syncd.report.plan_text import PERSONAL, plan_text
from syncd.report.run_form import run_text
from syncd.testing.plans import EVERYTHING, HOSTILE, REFUSED, RUN, results

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
    """A held plan says what it would do, why it waits and how to approve it."""
    guard = Guard("limits", "all", message="update of 1 (50.0 %) of 2 linked users is above limits.update = 20 %")
    assert plan_text(plan(MOVED, guards=(guard,))) == dedent("""\
        > move user 张三  (directory_changed; uid=zhang)  held by limits
            department: A -> B
            phone: 13800000000 -> ""
        Plan: 1 users to move.
        HELD by limits: update of 1 (50.0 %) of 2 linked users is above limits.update = 20 %
        To approve exactly this plan: syncd reconcile --approve f1
        """)


def test_what_an_approval_cannot_free_names_no_approval() -> None:
    """A plan that `platform.read_only` holds names no approval, because none could free it."""
    guard = Guard("read_only", "all", message="platform.read_only is true, so nothing is written; set it to false")
    assert plan_text(plan(MOVED, guards=(guard,))).splitlines()[-1] == f"HELD by read_only: {guard.message}"


def test_a_guard_that_holds_nothing_is_a_note() -> None:
    """A guard that holds nothing is told as a note and asks for no approval."""
    guard = Guard("meetings", (), message="to be removed, and still needed: 张三 attends 周会")
    text = plan_text(plan(msgspec.structs.replace(MOVED, held_by=()), guards=(guard,)))
    assert text.splitlines()[-1] == f"note: {guard.message}"


def test_departments_are_shown_by_name() -> None:
    """Departments are shown by name, the root as such, and one that nobody knows by its id."""
    made = msgspec.structs.replace(
        MOVED,
        kind=Kind.DEPARTMENT,
        action=Action.CREATE,
        platform_id="B",
        name="财务部",
        changes={"parent": Change(None, "")},
    )
    text = plan_text(plan(made, MOVED), departments={"X": "unused"})
    assert "    department: A -> 财务部" in text
    assert "    parent: (root)" in text


def test_doubts_stand_beside_the_grade() -> None:
    """The doubts about a read stand beside its grade, so that it is seen why the read is not whole."""
    grades = (SourceGrade("ldap", "unproven", {"doubts": ("no person was found",)}),)
    assert plan_text(msgspec.structs.replace(plan(), sources=grades)).startswith(
        "source ldap: unproven: no person was found\n"
    )


def test_findings_are_told_after_the_operations() -> None:
    """Conflicts and skips are told by their message after the operations, unmanaged objects by their number."""
    found = msgspec.structs.replace(
        plan(),
        conflicts=(Conflict(ConflictKind.DUPLICATE_VALUE, ("a", "b"), "phone", "1", "two people claim phone 1"),),
        skipped=(Skip(Kind.USER, "k", "uid=x", "no_value", "uid=x: name: there is no value", "name"),),
        unmanaged=(Unmanaged(Kind.USER, "U", "x", "X"),),
    )
    assert plan_text(found).splitlines()[1:] == [
        "conflict duplicate_value: two people claim phone 1",
        "skipped user no_value: uid=x: name: there is no value",
        "Findings: 1 conflicts, 1 skipped.",
        "unmanaged: 1 objects on the platform belong to no entry and are left alone",
    ]


def test_personal_data_is_masked_where_it_is_not_wanted() -> None:
    """A phone is masked in a plan where personal data is not wanted (I8)."""
    assert "13800000000" not in plan_text(plan(MOVED), PERSONAL)


def test_a_plan_is_told_in_chinese() -> None:
    """A Chinese plan says what to do above the plan's own sentences, which stay English."""
    guard = Guard("limits", "all", message="update of 1 (50.0 %) of 2 linked users is above limits.update = 20 %")
    found = msgspec.structs.replace(
        plan(MOVED, guards=(guard,)),
        sources=(SourceGrade("ldap", "unproven", {"doubts": ("no person was found",)}),),
        skipped=(Skip(Kind.USER, "k", "uid=x", "no_value", "uid=x: name: there is no value", "name"),),
    )
    assert plan_text(found, departments={"A": "财务部"}, words=CHINESE) == dedent("""\
        来源 ldap：未能证明完整：no person was found
        > 调动用户 张三（目录有变更；uid=zhang）  被拦截：数量限制
            部门：财务部 -> B
            电话：13800000000 -> ""
        跳过用户（缺少必填的值）：请在目录中填写该值。
            uid=x: name: there is no value
        发现：冲突 0 个，跳过 1 个。
        计划：调动用户 1 个。
        已拦截（数量限制）：如果符合预期，请批准；否则请先检查目录。
            update of 1 (50.0 %) of 2 linked users is above limits.update = 20 %
        如要批准的正是这个计划：syncd reconcile --approve f1
        """)


def test_a_run_is_told_in_chinese() -> None:
    """A Chinese run tells first what failed, then the totals."""
    text = run_text(RUN, EVERYTHING, results(), CHINESE)
    assert text == dedent(f"""\
        失败：修改用户 {HOSTILE}（id=U2,ou=people）：{REFUSED}
        运行 20261124T081600Z-1a2b：部分完成：完成 11 个、失败 1 个。
        """)


def test_an_empty_plan_says_so() -> None:
    """An empty plan says in words that there is nothing to do."""
    assert plan_text(plan()) == "Nothing to do: the platform holds what the directory wants.\n"
