"""Companies of any size, the same for the same numbers, and a hard day in one: for tests and benchmarks."""

import csv
import io
import uuid
from collections.abc import Iterable, Mapping

import msgspec

from syncd.testing.sample import PEOPLE, SUFFIX, ldif_text

NAMESPACE = uuid.UUID("5d0b7f0e-58a2-4a0a-8f3a-3f6f0d8f2a11")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = ("伟", "芳", "娜", "敏", "静", "强", "磊", "洋", "艳", "勇", "Anna", "Bert", "Chloé", "雨桐", "小龙")
TITLES = ("工程师", "经理", "专员", "Engineer", "")
FAN_OUT = 6


class Unit(msgspec.Struct, frozen=True):
    """A department: its name, and the key of the one above it."""

    name: str
    parent: str = ""


class Person(msgspec.Struct, frozen=True):
    """Somebody, and the key of their department."""

    account: str
    name: str
    phone: str
    email: str
    position: str
    department: str


Shown = tuple[str, str, str, str, tuple[str, ...]]


class Company(msgspec.Struct, frozen=True):
    """Departments and people by their immutable keys."""

    units: Mapping[str, Unit]
    people: Mapping[str, Person]

    def path(self, key: str) -> tuple[str, ...]:
        """Give the names from the top down to a department."""
        names: list[str] = []
        while key:
            names.append(self.units[key].name)
            key = self.units[key].parent
        return tuple(reversed(names))

    def wanted(self) -> dict[str, Shown]:
        """Give what the platform should show of each account: name, phone, mail, position, path."""
        paths = {key: self.path(key) for key in self.units} | {"": ()}
        return {
            one.account: (one.name, one.phone, one.email, one.position, paths[one.department])
            for one in self.people.values()
        }

    def ldif(self) -> bytes:
        """Give the company as LDIF, departments before what is in them."""
        return ldif_text([*_frame(), *self._unit_entries(), *self._person_entries()])

    def tables(self) -> dict[str, list[tuple[str, ...]]]:
        """Give the company as two tables, their first rows the names of the columns, departments in order of key."""
        people = [
            (key, one.account, one.name, one.name, one.phone, one.email, one.position, one.department)
            for key, one in self.people.items()
        ]
        units = [(key, self.units[key].name, self.units[key].parent) for key in sorted(self.units)]
        return {
            "people": [("entryUUID", "uid", "displayName", "cn", "mobile", "mail", "title", "unit"), *people],
            "departments": [("entryUUID", "ou", "parent"), *units],
        }

    def csv(self) -> dict[str, bytes]:
        """Give the company as two CSV files by name."""
        return {f"{name}.csv": _table(rows) for name, rows in self.tables().items()}

    def xlsx(self) -> dict[str, bytes]:
        """Give the company as two Excel workbooks by name."""
        return {f"{name}.xlsx": _workbook(rows) for name, rows in self.tables().items()}

    def person_dn(self, key: str) -> str:
        """Give where a person stands in a directory."""
        one = self.people[key]
        return f"uid={one.account},{self.unit_dn(one.department)}"

    def unit_dn(self, key: str) -> str:
        """Give where a department stands in a directory, or the place of all where there is none."""
        return ",".join([*(f"ou={name}" for name in reversed(self.path(key))), PEOPLE])

    def _unit_entries(self) -> Iterable[tuple[str, dict[str, tuple[str, ...]]]]:
        for key in sorted(self.units, key=lambda one: (len(self.path(one)), one)):
            attributes: dict[str, tuple[str, ...]] = {"ou": (self.units[key].name,), "entryUUID": (key,)}
            yield self.unit_dn(key), {"objectClass": ("organizationalUnit",), **attributes}

    def _person_entries(self) -> Iterable[tuple[str, dict[str, tuple[str, ...]]]]:
        places = {key: self.unit_dn(key) for key in (*self.units, "")}
        for key, one in self.people.items():
            values = {
                "objectClass": "inetOrgPerson",
                "uid": one.account,
                "cn": one.name,
                "sn": one.name[:1],
                "displayName": one.name,
                "mobile": one.phone,
                "mail": one.email,
                "title": one.position,
                "entryUUID": key,
            }
            filled: dict[str, tuple[str, ...]] = {name: (value,) for name, value in values.items() if value}
            yield f"uid={one.account},{places[one.department]}", filled


def _table(rows: Iterable[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _workbook(rows: Iterable[tuple[str, ...]]) -> bytes:
    import openpyxl  # noqa: PLC0415 - a development requirement

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _frame() -> Iterable[tuple[str, dict[str, tuple[str, ...]]]]:
    yield SUFFIX, {"objectClass": ("dcObject", "organization"), "dc": ("example",), "o": ("Example",)}
    yield PEOPLE, {"objectClass": ("organizationalUnit",), "ou": ("people",), "entryUUID": (key_of("people", 0),)}


def key_of(kind: str, number: int) -> str:
    """Give the immutable key of the department or person of a number."""
    return str(uuid.uuid5(NAMESPACE, f"{kind} {number}"))


def generated(people: int, departments: int) -> Company:
    """Give a company with so many people and departments."""
    units = {
        key_of("unit", number): Unit(
            f"部门 {number}", key_of("unit", (number - FAN_OUT) // FAN_OUT) if number >= FAN_OUT else ""
        )
        for number in range(departments)
    }
    return Company(units, {key_of("person", number): _person(number, departments) for number in range(people)})


def _person(number: int, departments: int) -> Person:
    name = SURNAMES[number % len(SURNAMES)] + GIVEN[number // len(SURNAMES) % len(GIVEN)]
    account = f"user{number:06d}"
    return Person(
        account=account,
        name=name,
        phone=f"139{number:08d}" if number % 10 != 9 else "",
        email=f"{account}@example.com",
        position=TITLES[number % len(TITLES)],
        department=key_of("unit", number * 7 % departments) if departments else "",
    )


def hard_day(company: Company, people: int) -> Company:
    """Give the company after a day that has everything (`people` is how many it was generated with).

    Joiners, leavers, movers, renames of people and departments, swapped phones, mails, accounts and parents, an
    inverted chain of departments, a department replaced by another of its name, a leaver's phone taken by a joiner.
    """
    units, staff = dict(company.units), dict(company.people)
    leavers = [key_of("person", number) for number in range(10)]
    free_phone = staff[leavers[1]].phone
    for key in leavers:
        del staff[key]
    for number in range(people, people + 12):
        joiner = _person(number, len(units))
        staff[key_of("person", number)] = joiner
    first = key_of("person", people)
    staff[first] = _with(staff[first], phone=free_phone)
    _swap(staff, 20, 21, "phone")
    _swap(staff, 22, 23, "email")
    _swap(staff, 24, 25, "account")
    for number in range(30, 40):
        key = key_of("person", number)
        staff[key] = _with(staff[key], department=key_of("unit", (number * 3 + 1) % len(units)))
    for number in range(40, 50):
        key = key_of("person", number)
        staff[key] = _with(staff[key], name=f"{staff[key].name} 改名")
    _units_after(units, staff)
    return Company(units, staff)


def _units_after(units: dict[str, Unit], staff: dict[str, Person]) -> None:
    """Rename, swap parents, invert a chain, replace one by another of its name."""
    keys = [key_of("unit", number) for number in range(len(units))]
    units[keys[1]] = _renamed(units[keys[1]], "更名的部门 Renamed")
    leaves = [key for key in keys if not any(unit.parent == key for unit in units.values())]
    one, other = leaves[0], leaves[-1]
    units[one], units[other] = (
        Unit(units[one].name, units[other].parent),
        Unit(units[other].name, units[one].parent),
    )
    bottom = leaves[len(leaves) // 2]
    middle = units[bottom].parent
    top = units[middle].parent
    if middle and top:
        units[bottom], units[middle], units[top] = (
            Unit(units[bottom].name, units[top].parent),
            Unit(units[middle].name, bottom),
            Unit(units[top].name, middle),
        )
    gone = leaves[1]
    fresh = key_of("unit", -1)
    units[fresh] = units.pop(gone)
    for key, person in staff.items():
        if person.department == gone:
            staff[key] = _with(person, department=fresh)


def _renamed(unit: Unit, name: str) -> Unit:
    return Unit(name, unit.parent)


def _with(person: Person, **changed: str) -> Person:
    return msgspec.structs.replace(person, **changed)


def _swap(staff: dict[str, Person], one: int, other: int, field: str) -> None:
    first, second = key_of("person", one), key_of("person", other)
    mine, theirs = getattr(staff[first], field), getattr(staff[second], field)
    staff[first], staff[second] = _with(staff[first], **{field: theirs}), _with(staff[second], **{field: mine})


def shown_by(users: Mapping[str, Mapping[str, str]], departments: Mapping[str, Mapping[str, str]]) -> dict[str, Shown]:
    """Give what a sandbox shows of each account, in the form of `Company.wanted`; its administrator is left out."""

    def path(department: str) -> tuple[str, ...]:
        names: list[str] = []
        while department:
            names.append(departments[department]["name"])
            department = departments[department]["parentId"]
        return tuple(reversed(names))

    return {
        user["account"]: (user["name"], user["phone"], user["email"], user["position"], path(user["departmentId"]))
        for key, user in users.items()
        if key != "1"
    }
