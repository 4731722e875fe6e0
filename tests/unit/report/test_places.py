"""Reports name the path of a department before a plan and after it."""

from syncd.model.objects import Department
from syncd.report.places import path, places
from syncd.testing.plans import DEPARTMENTS, KNOWN

ROOT = "(root)"


def test_a_path_is_told_as_it_is_before_and_as_it_will_be_after() -> None:
    """A department's path is known before and after the plan, with the renames and moves above it."""
    around = places(DEPARTMENTS, KNOWN)
    assert path(around.before, "D2", ROOT) == "研发中心 / 质量组"
    assert path(around.after, "D2", ROOT) == "研发中心 / 质量保证组"
    assert path(around.before, "D4", ROOT) == "财务部 / 旧部门"
    assert path(around.after, "D5", ROOT) == "研发中心 / 财务部 / 东区"
    assert path(around.after, "", ROOT) == ROOT


def test_a_run_is_told_from_what_it_was_made_from() -> None:
    """The paths of a run are those from before it, though the platform already shows what the run has done."""
    done = {**KNOWN, "D2": Department("质量保证组", "D1"), "D3": Department("财务部", "D1")}
    assert places(DEPARTMENTS, done) == places(DEPARTMENTS, KNOWN)


def test_what_nobody_knows_has_no_path() -> None:
    """An unknown department has no path, and one below an unknown parent begins with an ellipsis."""
    tree = {"D2": Department("质量组", "gone")}
    assert path(tree, "gone", ROOT) == ""
    assert path(tree, "D2", ROOT) == "… / 质量组"


def test_a_ring_ends() -> None:
    """The path of departments in a ring ends with an ellipsis, because a plan file may hold anything."""
    assert path({"A": Department("甲", "B"), "B": Department("乙", "A")}, "A", ROOT) == "… / 乙 / 甲"
