"""An attribute that the mapping names and nobody has is told, and fall-backs are not."""

import pytest

from syncd.mapping.rules import Compiled, DepartmentRules, RoomRules, SourceRules, UserRules
from syncd.mapping.unfilled import unfilled
from syncd.model.dn import parse
from syncd.model.source import Certificate, Entry, Grade, Snapshot

WHOLE = Certificate(Grade.WHOLE)


def entry(key: str, **values: str) -> Entry:
    """Return an entry in a tree."""
    name = f"uid={key},dc=x"
    return Entry(key, name, {attribute: (value,) for attribute, value in values.items()}, parse(name))


PEOPLE = (entry("1", uid="a", cn="A", mobile="1", title="T"), entry("2", uid="b", cn="B", mail="b@x"))


def told(user: UserRules, **more: object) -> list[str]:
    """Return what is told of two people."""
    rules = Compiled(SourceRules(user, DepartmentRules()), frozenset({"hr"}))
    snapshots = [Snapshot("ldap", WHOLE, PEOPLE, **more)]  # type: ignore[arg-type]
    snapshots.append(Snapshot("hr", WHOLE, (Entry("9", "hr:2", {"phone": ("1",)}),)))
    return list(unfilled(snapshots, {"ldap": rules})["ldap"])


@pytest.mark.parametrize(
    ("rules", "sentences"),
    [
        (UserRules(), []),
        (UserRules(phone="moblie"), ["phone: 0 of 2 entries have moblie"]),
        (UserRules(phone="mobileTelephoneNumber", email="0.9.2342.19200300.100.1.3"), []),
        (UserRules(name=("displayName", "gecos")), ["name: 0 of 2 entries have displayName, gecos"]),
        (UserRules(memo="{{ rdn }} {{ dn }}", position="{{ title }}{{ sn }}"), ["position: 0 of 2 entries have sn"]),
        (UserRules(memo="{{ entry[source] }}"), []),
        (UserRules(department="@path:unit"), ["department: 0 of 2 entries have unit"]),
        (UserRules(when="{{ kind == 'x' }}"), ["when: 0 of 2 entries have kind"]),
        (UserRules(phone="hr.moblie", email="hr.phone"), ["phone: 0 of 1 entries of source hr have moblie"]),
        (UserRules(phone=("hr.moblie", "mobile")), []),
        (UserRules(phone="nummer"), ["phone: 0 of 2 entries have nummer"]),
    ],
)
def test_what_nobody_has_is_told(rules: UserRules, sentences: list[str]) -> None:
    """A field whose attributes nobody has is told with the number of entries, by whichever name somebody has them."""
    assert told(rules) == sentences


def test_what_the_schema_knows_is_not_told() -> None:
    """An attribute that the server answers under another name is there."""
    assert told(UserRules(phone="nummer"), answered_names={"nummer": "mobile"}) == []


def test_departments_and_rooms_are_told_apart_from_people() -> None:
    """Fields of departments and rooms are told with their kind, and nothing is told where there are none."""
    rules = Compiled(SourceRules(UserRules(), DepartmentRules(name="ouu"), RoomRules(name="cnn", users="owner")))
    assert unfilled([Snapshot("ldap", WHOLE, PEOPLE)], {"ldap": rules}) == {"ldap": ()}
    units, rooms = (entry("3", ou="U"),), (entry("4", cn="R"),)
    found = unfilled([Snapshot("ldap", WHOLE, PEOPLE, units, rooms=rooms)], {"ldap": rules})
    assert found["ldap"] == (
        "departments: name: 0 of 1 entries have ouu",
        "rooms: name: 0 of 1 entries have cnn",
        "rooms: users: 0 of 1 entries have owner",
    )
