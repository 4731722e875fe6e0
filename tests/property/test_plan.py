"""The plan for any directory and platform keeps its promises to a strict model of the platform (I1, I5)."""

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.model.desired import Desired, DesiredDepartment, DesiredUser
from syncd.model.links import Link
from syncd.model.objects import Department, Kind, Mirror, PlatformDepartment, PlatformUser, User
from syncd.plan.make import Context, make_plan
from syncd.plan.rules import History, Limits, Policy
from syncd.plan.situation import Situation, survey
from syncd.plan.values import Action, Operation, Plan

POLICY = Policy(remove_after=0)
SOURCE = "ldap"


def same(field: str, value: str) -> str:
    """Values count as the same in any letter case."""
    return f"{field}:{value.casefold()}"


class Company:
    """A strict platform in memory: it refuses what the document forbids."""

    def __init__(self, users: dict[str, User], departments: dict[str, Department]) -> None:
        self.users, self.departments = dict(users), dict(departments)

    def carry_out(self, operation: Operation) -> None:
        """Do one operation, or fail the test."""
        if operation.kind is Kind.USER:
            self._user(operation)
        else:
            self._department(operation)
        self._prove()

    def _user(self, operation: Operation) -> None:
        after = {field: change.after for field, change in operation.changes.items()}
        if operation.action is Action.REMOVE:
            del self.users[operation.platform_id]
        elif operation.action is Action.CREATE:
            blank = User("", "", "", "", "", "", "")
            self.users[operation.platform_id] = msgspec.structs.replace(blank, **after)
        else:
            there = self.users[operation.platform_id]
            for field, change in operation.changes.items():
                assert (getattr(there, field) or "") == change.before, "the operation expects another value"
            self.users[operation.platform_id] = msgspec.structs.replace(there, **after)

    def _department(self, operation: Operation) -> None:
        after = {field: change.after for field, change in operation.changes.items()}
        if operation.action is Action.REMOVE:
            assert not [one for one in self.users.values() if one.department == operation.platform_id]
            assert not [one for one in self.departments.values() if one.parent == operation.platform_id]
            del self.departments[operation.platform_id]
        else:
            there = self.departments.get(operation.platform_id, Department("", ""))
            self.departments[operation.platform_id] = msgspec.structs.replace(there, **after)

    def _prove(self) -> None:
        for field in ("account", "phone", "email"):
            values = [same(field, value) for one in self.users.values() if (value := getattr(one, field))]
            assert len(values) == len(set(values)), f"two users have one {field}"
        for one in self.users.values():
            assert not one.department or one.department in self.departments
        for start in self.departments:
            self._climb(start)

    def _climb(self, start: str) -> None:
        seen, at = {start}, self.departments[start].parent
        while at:
            assert at in self.departments, "a parent does not exist"
            assert at not in seen, "the tree has a cycle"
            seen.add(at)
            at = self.departments[at].parent

    def mirror(self) -> Mirror:
        """Give what the platform lists."""
        return Mirror(
            tuple(PlatformUser(one, fields) for one, fields in self.users.items()),
            tuple(PlatformDepartment(one, fields) for one, fields in self.departments.items()),
        )


DEPARTMENTS = [f"d{number}" for number in range(5)]
PEOPLE = [f"p{number}" for number in range(6)]


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str]:
    """Any forest over some of the departments: each key's parent."""
    keys = draw(st.permutations(DEPARTMENTS))
    keys = keys[: draw(st.integers(0, len(keys)))]
    return {key: draw(st.sampled_from(["", *keys[:index]])) for index, key in enumerate(keys)}


@st.composite
def staffs(draw: st.DrawFn, departments: list[str]) -> dict[str, User]:
    """Any staff whose accounts, phones and mails are each their own."""
    keys = draw(st.lists(st.sampled_from(PEOPLE), unique=True))
    accounts, phones, mails = (draw(st.permutations(PEOPLE)) for _ in range(3))
    place = st.sampled_from(["", *departments])
    has = st.booleans()
    return {
        key: User(
            "a" + accounts[index],
            draw(st.sampled_from(["张", "Li"])),
            phones[index] if draw(has) else "",
            mails[index] if draw(has) else "",
            department=draw(place),
        )
        for index, key in enumerate(keys)
    }


@st.composite
def companies(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, User]]:
    """Any tree and its staff."""
    tree = draw(trees())
    return tree, draw(staffs(sorted(tree)))


def directory(tree: dict[str, str], staff: dict[str, User]) -> Desired:
    """Give the desired state of a company."""
    return Desired(
        tuple(DesiredUser(key, SOURCE, key, fields) for key, fields in staff.items()),
        tuple(DesiredDepartment(key, SOURCE, key, Department("部" + key, parent)) for key, parent in tree.items()),
        (),
        frozenset((SOURCE, key) for key in staff),
        frozenset((SOURCE, key) for key in tree),
    )


def platform(tree: dict[str, str], staff: dict[str, User]) -> tuple[Company, tuple[Link, ...]]:
    """Give a platform that holds a company which we once wrote, and its links."""
    departments = {"D" + key: Department("部" + key, "D" + parent if parent else "") for key, parent in tree.items()}
    users = {
        "U" + key: msgspec.structs.replace(one, department="D" + one.department if one.department else "")
        for key, one in staff.items()
    }
    return Company(users, departments), links_of(users, departments)


def links_of(users: dict[str, User], departments: dict[str, Department]) -> tuple[Link, ...]:
    """Give a link for each object, by the key that its id bears."""
    return tuple(
        [Link(Kind.USER, SOURCE, one[1:], one, said=fields, written=fields) for one, fields in users.items()]
        + [
            Link(Kind.DEPARTMENT, SOURCE, one[1:], one, said=fields, written=fields)
            for one, fields in departments.items()
        ]
    )


def planned(situation: Situation) -> Plan:
    """Plan without limits."""
    return make_plan(situation, Limits(hold_configuration=False), History(), Context(), same)


def in_any_order(plan: Plan, company: Company, chance: random.Random) -> None:
    """Carry a plan out in some order that its dependencies allow."""
    done, todo = set[str](), list(plan.operations)
    while todo:
        ready = [one for one in todo if done.issuperset(one.depends_on)]
        assert ready, "the operations wait for each other"
        one = chance.choice(ready)
        company.carry_out(one)
        done.add(one.id)
        todo.remove(one)


@settings(max_examples=300, deadline=None)
@given(before=companies(), after=companies(), chance=st.randoms(use_true_random=False))
def test_any_company_becomes_any_other_without_a_forbidden_moment(
    before: tuple[dict[str, str], dict[str, User]], after: tuple[dict[str, str], dict[str, User]], chance: random.Random
) -> None:
    """In whatever order, no step breaks a rule of the platform, and the second plan is empty (I1, I5)."""
    company, links = platform(*before)
    wanted = directory(*after)
    plan = planned(survey(wanted, company.mirror(), links, POLICY, 0.0))
    in_any_order(plan, company, chance)
    kept = tuple(
        link for link in links if link.platform_id in (company.users if link.kind is Kind.USER else company.departments)
    )
    second = planned(survey(wanted, company.mirror(), kept, POLICY, 0.0))
    if not plan.conflicts and not plan.skipped:
        assert [one.action for one in second.operations if one.reason != "platform_drifted"] == []


@settings(max_examples=100, deadline=None)
@given(before=companies(), after=companies())
def test_the_plan_does_not_depend_on_the_order_of_its_input(
    before: tuple[dict[str, str], dict[str, User]], after: tuple[dict[str, str], dict[str, User]]
) -> None:
    """The same directory and platform give the same plan, in whatever order they were read."""
    company, links = platform(*before)
    wanted, mirror = directory(*after), company.mirror()
    turned = Desired(wanted.users[::-1], wanted.departments[::-1], (), wanted.present_users, wanted.present_departments)
    other = Mirror(mirror.users[::-1], mirror.departments[::-1])
    assert planned(survey(wanted, mirror, links, POLICY, 0.0)) == planned(
        survey(turned, other, links[::-1], POLICY, 0.0)
    )
