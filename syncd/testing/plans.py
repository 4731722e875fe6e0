"""A plan that has one of everything, for the tests of reports; some of its names are an attacker's."""

from collections.abc import Mapping

import msgspec

from syncd.app.records import RunRecord
from syncd.model.desired import Skip
from syncd.model.objects import Department, Kind
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

HOSTILE = '<script>alert("1")</script>|`*'
KNOWN = {
    "D1": Department("研发中心", ""),
    "D2": Department("质量组", "D1"),
    "D3": Department("财务部", ""),
    "D4": Department("旧部门", "D3"),
}
LIMIT = Guard(
    name="limits",
    holds="all",
    kind="user",
    action="update",
    limit=20,
    actual=3,
    base=12,
    message="update of 3 (25.0 %) of 12 linked users is above limits.update = 20 %",
)
NOTE = Guard("meetings", (), "user", "remove", actual=1, message="to be removed, and still needed: 王芳 attends 周会")
SKIP = Skip(Kind.USER, "k8", "uid=wu,ou=财务部", "no_value", "uid=wu,ou=财务部: name: there is no value", "name")
CONFLICT = Conflict(
    ConflictKind.DUPLICATE_VALUE,
    ("k6", "k7"),
    "phone",
    "13700000000",
    "uid=a and uid=b: phone 13700000000 cannot be given",
)
STRANGER = Unmanaged(Kind.USER, "U9", "visitor", "访客")
GRADE = SourceGrade("ldap", "whole", {"proofs": ("the last cookie was empty",), "doubts": ()})


def operation(
    action: Action,
    named: tuple[Kind, str, str],
    changes: Mapping[str, tuple[str | None, str | None]],
    reason: Reason = Reason.DIRECTORY_CHANGED,
) -> Operation:
    """Give an operation on the object of this kind, platform id and name; what identifies it is made from the id."""
    kind, platform_id, name = named
    return Operation(
        id=f"{action}-{platform_id}",
        kind=kind,
        action=action,
        key=f"key-{platform_id}",
        source="ldap",
        platform_id=platform_id,
        locator=f"id={platform_id},ou=people",
        name=name,
        changes={field: Change(*values) for field, values in sorted(changes.items())},
        reason=reason,
        held_by=("limits",),
    )


DEPARTMENTS = (
    operation(
        Action.CREATE, (Kind.DEPARTMENT, "D5", "东区"), {"name": (None, "东区"), "parent": (None, "D3")}, Reason.NEW
    ),
    operation(Action.UPDATE, (Kind.DEPARTMENT, "D2", "质量保证组"), {"name": ("质量组", "质量保证组")}),
    operation(Action.MOVE, (Kind.DEPARTMENT, "D3", "财务部"), {"parent": ("", "D1")}),
    operation(
        Action.REMOVE,
        (Kind.DEPARTMENT, "D4", "旧部门"),
        {"name": ("旧部门", None), "parent": ("D3", None)},
        Reason.LEFT,
    ),
)
USERS = (
    operation(
        Action.CREATE,
        (Kind.USER, "U1", "张伟"),
        {"account": (None, "zhang.wei"), "name": (None, "张伟"), "department": (None, "D5")},
        Reason.NEW,
    ),
    operation(Action.UPDATE, (Kind.USER, "U2", HOSTILE), {"name": ("李\n娜", HOSTILE), "phone": ("13900000002", "")}),
    operation(Action.UPDATE, (Kind.USER, "U3", "赵敏"), {"position": ("", "=1+1")}, Reason.PLATFORM_DRIFTED),
    operation(Action.MOVE, (Kind.USER, "U4", "刘洋"), {"department": ("D4", "D2")}),
    operation(Action.LOCK, (Kind.USER, "U5", "陈静"), {}, Reason.DISABLED),
    operation(Action.PARK, (Kind.USER, "U6", "杨勇"), {"department": ("D2", "D9")}, Reason.LEFT),
    operation(Action.REMOVE, (Kind.USER, "U7", "王芳"), {"account": ("wang.fang", None)}, Reason.LEFT),
    operation(Action.ADOPT, (Kind.USER, "U8", "黄磊"), {}, Reason.ADOPTED),
)
EVERYTHING = Plan(
    fingerprint="3f2a9c0d1b7e4a55",
    as_of="2026-11-24T08:15:00+00:00",
    store="sqlite:///syncd.db",
    company="C1",
    config_fingerprint="c",
    sources=(GRADE,),
    operations=(*DEPARTMENTS, *USERS),
    conflicts=(CONFLICT,),
    skipped=(SKIP,),
    unmanaged=(STRANGER,),
    guards=(LIMIT, NOTE),
)
RUN = RunRecord(
    run="20261124T081600Z-1a2b",
    started_at=1795508160.0,
    fingerprint=EVERYTHING.fingerprint,
    finished_at=1795508190.0,
    outcome="partial",
    exit=4,
    counts={"done": 11, "failed": 1},
)
REFUSED = "refused with code 71007"


def results() -> list[dict[str, str]]:
    """Give how the operations of the run ended: all were done, but one was refused."""
    done = {"outcome": "done", "code": "", "message": ""}
    failed = {"outcome": "failed", "code": "71007", "message": REFUSED}
    return [{"id": one.id, **(failed if one.platform_id == "U2" else done)} for one in EVERYTHING.operations]


def unheld(plan: Plan = EVERYTHING) -> Plan:
    """Give the plan as it is where no guard holds it."""
    operations = tuple(msgspec.structs.replace(one, held_by=()) for one in plan.operations)
    return msgspec.structs.replace(plan, operations=operations, guards=())
