"""What directories want, for tests of the plan: users, departments, and operations on them."""

import msgspec

from syncd.model.desired import Desired, DesiredDepartment, DesiredUser
from syncd.model.objects import Department, Kind, User
from syncd.plan.values import Action, Change, Operation, Reason


def plain(field: str, value: str) -> str:
    """Return what values are compared by: they count as the same in any letter case."""
    return f"{field}:{value.casefold()}"


def exact(_field: str, value: str) -> str:
    """Return what values are compared by: only equal ones count as the same."""
    return value


def user(key: str, account: str = "", **fields: str) -> DesiredUser:
    """Return a person in the directory."""
    wanted = msgspec.structs.replace(User(account or key, key.title(), "", "", department=""), **fields)
    return DesiredUser(key, "ldap", f"uid={key}", wanted)


def department(key: str, name: str, parent: str = "") -> DesiredDepartment:
    """Return a department in the directory."""
    return DesiredDepartment(key, "ldap", f"ou={key}", Department(name, parent))


def desired(*people: DesiredUser, departments: tuple[DesiredDepartment, ...] = ()) -> Desired:
    """Return a directory with these people and departments."""
    return Desired(
        people,
        departments,
        (),
        frozenset((person.source, person.key) for person in people),
        frozenset((unit.source, unit.key) for unit in departments),
    )


def operation(action: Action, reason: Reason = Reason.NEW, **changes: Change) -> Operation:
    """Return an operation on the user Li, whose key is k and whose platform id is P."""
    return Operation("o", Kind.USER, action, "k", "ldap", "P", "uid=li", "Li", changes, reason)
