"""The main job reaches its goal on platforms that behave otherwise: each quirk alone, and many at once (I1)."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from syncd.app.reconcile import Report
from syncd.mapping.mail_addresses import mail_address
from syncd.mapping.normal_forms import text_form
from syncd.mapping.phones import phone_number
from syncd.model.objects import Kind
from syncd.plan.rules import Limits, Policy
from syncd.platform import Client
from syncd.sandbox.api import Sandbox
from syncd.sandbox.forms import kept
from syncd.sandbox.quirks import Quirks, changed
from syncd.testing.company import Company, Person, Unit, generated, hard_day, key_of
from syncd.testing.passes import Passes
from syncd.testing.quirk_cases import alone, as_text, together
from tests.kit.pairwise import WHOLE
from tests.kit.platforms import Platform

# Whatever goes together shows a quirk as well as that quirk alone does; the whole matrix has both.
CASES = [quirk for quirk in alone() if WHOLE or not any(quirk.items() <= many.items() for many in together())]
PEOPLE, DEPARTMENTS = 60, 12
ODD: Mapping[int, Mapping[str, str]] = {
    50: {"name": "张伟😀"},
    51: {"name": "Ｌｉ　Ｎａ", "position": "Ｃｈｅｆ"},
    52: {"account": "Anna.Upper", "email": "Anna.Upper@EXAMPLE.com"},
    53: {"phone": "+86 138-0013-8000"},
    54: {"phone": "+49 (30) 123 456"},
    55: {"position": "Leitung der Abteilung für alles und noch etwas mehr 部门经理"},
    56: {"name": "  👩‍👩‍👧  家 ", "position": " Chef  vom Dienst "},
    57: {"position": "", "phone": "", "email": ""},
}
LATER: Mapping[int, Mapping[str, str]] = {
    50: {"name": "张伟🎉"},
    51: {"name": "Ｌｉ　Ｎａｎ"},
    52: {"account": "anna.upper2", "email": "ANNA@example.com"},
    54: {"phone": "+49 (30) 123 457"},
    55: {"position": ""},
    56: {"email": "", "phone": ""},
}


def first_company() -> Company:
    """Return a company with values that platforms like to change."""
    company = generated(PEOPLE, DEPARTMENTS)
    units = dict(company.units)
    units[key_of("unit", 0)] = Unit("研发🚀部  Ｒ＆Ｄ")
    units[key_of("unit", 7)] = Unit("市场", key_of("unit", 1))
    units[key_of("unit", 8)] = Unit("市场", key_of("unit", 2))
    return Company(units, _with(company.people, ODD))


def second_company() -> Company:
    """Return the same company after a hard day."""
    after = hard_day(first_company(), PEOPLE)
    return Company(after.units, _with(after.people, LATER))


def _with(people: Mapping[str, Person], odd: Mapping[int, Mapping[str, str]]) -> dict[str, Person]:
    changes = {key_of("person", number): values for number, values in odd.items()}
    return {key: msgspec.structs.replace(one, **changes.get(key, {})) for key, one in people.items()}


class Life:
    """An installation, with the real client before a sandbox."""

    def __init__(self, folder: Path, sandbox: Sandbox, client: Client) -> None:
        self.sandbox = sandbox
        self.passes = Passes(folder)
        self.passes.platform = client  # type: ignore[assignment]
        self.passes.decide(limits=Limits(hold_configuration=False), policy=Policy(remove_after=0))

    async def becomes(self, company: Company) -> list[Report]:
        """Change the directory to this company, and return the reports of two runs."""
        self.passes.sources[0].employ(company)
        return [await self.passes.run(), await self.passes.run()]

    async def third_run(self) -> tuple[int, list[object]]:
        """Make one more run; return how many writing calls it made, and what it planned."""
        before = len(self.sandbox.calls)
        report = await self.passes.run()
        return len(self.sandbox.calls) - before, list(report.plan.operations)

    def differences(self, company: Company) -> list[str]:
        """Return in what the platform differs from the company in the forms that it keeps."""
        with self.passes.store.reading() as work:
            ids = {(link.kind, link.key): link.platform_id for link in work.links.all()}
        state, quirks = self.sandbox.company.state, self.sandbox.quirks
        found = []
        for key, person in company.people.items():
            user = state.users[ids[Kind.USER, key]]
            for field, want in _normal(person, quirks).items():
                if user[field] != want and not (want == "" and field in quirks.empty_ignored):
                    found.append(f"{person.account}.{field}: {user[field]!r}, not {want!r}")
            if user["departmentId"] != (ids[Kind.DEPARTMENT, person.department] if person.department else ""):
                found.append(f"{person.account} is elsewhere")
        for key, unit in company.units.items():
            shown = state.departments[ids[Kind.DEPARTMENT, key]]
            want = kept(quirks, {"name": text_form(unit.name)})["name"]
            above = ids[Kind.DEPARTMENT, unit.parent] if unit.parent else ""
            if (shown["name"], shown["parentId"]) != (want, above):
                found.append(f"{unit.name}: {shown['name']}")
        return found


def _normal(person: Person, quirks: Quirks) -> dict[str, str]:
    forms = {"phone": phone_number, "email": mail_address}
    values = {name: getattr(person, name) for name in ("account", "name", "phone", "email", "position")}
    return kept(quirks, {name: forms.get(name, text_form)(value) for name, value in values.items()})


@pytest.mark.parametrize("quirks", [{}, *CASES, *together()], ids=as_text)
async def test_a_first_sync_and_a_hard_day_reach_the_wanted_state_and_then_there_is_nothing_to_do(
    platform: Platform, tmp_path: Path, quirks: dict[str, object]
) -> None:
    """A first sync and a hard day reach the wanted state in the platform's forms, and then nothing is left to do."""
    sandbox = Sandbox()
    sandbox.quirks = changed(sandbox.quirks, quirks)
    body = "form" if sandbox.quirks.body == "form" else "json"
    async with platform.client(sandbox, body) as client:
        life = Life(tmp_path, sandbox, client)
        for company in (first_company(), second_company()):
            await life.becomes(company)
            assert await life.third_run() == (0, [])
            assert life.differences(company) == []
            assert len(sandbox.company.state.users) == len(company.people) + 1
            assert len(sandbox.company.state.departments) == len(company.units)
        assert set(sandbox.company.state.passwords.values()) <= {"given", "changed"}
        life.passes.close()


async def test_where_nothing_becomes_empty_values_still_change_hands_in_one_run(
    platform: Platform, tmp_path: Path
) -> None:
    """Where a platform ignores empty values, swapped and inherited values still reach their new owners."""
    sandbox = Sandbox()
    sandbox.quirks = changed(sandbox.quirks, {"empty_ignored": ["email", "phone"]})
    anna, bert, cleo = (Person(n, n, f"1380013800{i}", f"{n}@x.org", "", "") for i, n in enumerate("abc"))
    before = Company({}, {key_of("person", number): one for number, one in enumerate((anna, bert, cleo))})
    swapped = (
        _with_values_of(anna, bert),
        _with_values_of(bert, anna),
        _with_values_of(Person("d", "d", *[""] * 4), cleo),
    )
    after = Company({}, {key_of("person", number): one for number, one in zip((0, 1, 3), swapped, strict=True)})
    async with platform.client(sandbox) as client:
        life = Life(tmp_path, sandbox, client)
        life.passes.decide(limits=Limits(hold_configuration=False), policy=Policy())
        await life.becomes(before)
        assert [report.run.outcome for report in await life.becomes(after)] == ["done", "done"]
        assert await life.third_run() == (0, [])
        assert life.differences(after) == []
        life.passes.close()


def _with_values_of(person: Person, other: Person) -> Person:
    return msgspec.structs.replace(person, phone=other.phone, email=other.email)
