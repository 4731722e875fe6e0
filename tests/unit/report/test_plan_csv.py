"""A plan can be read as CSV."""

import csv
import io

import msgspec

from syncd.plan.values import Action
from syncd.report.contents import Subject
from syncd.report.plan_csv import COLUMNS, plan_csv
from syncd.testing.plans import DEPARTMENTS, EVERYTHING, HOSTILE, KNOWN, REFUSED, RUN, results

PLAN = Subject(EVERYTHING, KNOWN)


def rows(subject: Subject) -> list[dict[str, str]]:
    """Read the lines as a spreadsheet would."""
    return list(csv.DictReader(io.StringIO(plan_csv(subject), newline=""), strict=True))


def test_each_changed_field_has_a_line() -> None:
    """Each changed field has a line, and an operation that changes no field has one line too."""
    expected = sum(len(one.changes) or 1 for one in EVERYTHING.operations)
    assert len(rows(PLAN)) == expected
    (lock,) = (one for one in rows(PLAN) if one["action"] == Action.LOCK)
    assert (lock["field"], lock["name"], lock["held_by"]) == ("", "陈静", "limits")


def test_lines_end_as_the_standard_says() -> None:
    """The CSV has a header, CRLF line ends, and quotes around what needs them (RFC 4180)."""
    text = plan_csv(PLAN)
    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert text.endswith("\r\n")
    assert '"李\n娜"' in text


def test_values_are_those_of_the_plan() -> None:
    """A quote and a line break in a value are read back as they were."""
    (name,) = (one for one in rows(PLAN) if (one["platform_id"], one["field"]) == ("U2", "name"))
    assert (name["before"], name["after"]) == ("李\n娜", HOSTILE)


def test_departments_have_their_paths_beside_their_ids() -> None:
    """Departments have paths beside ids, before in the old tree and after in the new; the root is `/`."""
    moved = {one["platform_id"]: one for one in rows(PLAN) if one["action"] == Action.MOVE}
    columns = ("before", "before_path", "after", "after_path")
    assert [moved["U4"][one] for one in columns] == ["D4", "财务部 / 旧部门", "D2", "研发中心 / 质量保证组"]
    assert [moved["D3"][one] for one in columns] == ["", "/", "D1", "研发中心"]


def test_no_cell_is_a_formula() -> None:
    """A cell that a spreadsheet would carry out as a formula begins with an apostrophe."""
    assert "'=1+1" in {one["after"] for one in rows(PLAN)}
    for mark in "=+-@\t\r\n＝＋－＠":
        named = msgspec.structs.replace(DEPARTMENTS[1], name=f"{mark}cmd")
        plan = msgspec.structs.replace(EVERYTHING, operations=(named,))
        assert [one["name"] for one in rows(Subject(plan))] == [f"'{mark}cmd"]


def test_a_runs_results_stand_in_each_line() -> None:
    """Each line of a run holds the result of its operation, so that a filter finds what failed."""
    failed = [one for one in rows(Subject(EVERYTHING, KNOWN, RUN, results())) if one["outcome"] == "failed"]
    assert {(one["platform_id"], one["code"], one["message"]) for one in failed} == {("U2", "71007", REFUSED)}
    assert {one["outcome"] for one in rows(PLAN)} == {""}
