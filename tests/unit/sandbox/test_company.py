"""The company keeps the document's rules for users and departments over several calls."""

import re
from typing import Any

import pytest

from syncd.sandbox.company import Company, Rejected
from syncd.sandbox.quirks import Quirks


@pytest.fixture
def company() -> Company:
    """Return a company with a department and a user."""
    made = Company(lambda: 1_700_000_000.0)
    made.add_department({"id": "D", "name": "销售"})
    made.add_user({"id": "U", "name": "安娜", "account": "anna", "phone": "1", "email": "a@b", "departmentId": "D"})
    return made


def code(company: Company, call: str, **arguments: Any) -> int:  # noqa: ANN401 - as a caller may send
    """Return the code of a call that is refused."""
    with pytest.raises(Rejected) as caught:
        getattr(company, call)(arguments)
    return caught.value.code


def test_what_is_freed_can_be_taken(company: Company) -> None:
    """A phone, an id and an account can be used again once they are free, and an empty department can be removed."""
    company.update_user({"id": "U", "phone": "", "departmentId": ""})
    company.add_user({"name": "Bert", "account": "bert", "phone": "1"})
    company.remove_department({"deptId": "D"})
    company.remove_user({"userId": "U"})
    company.add_user({"id": "U", "name": "Anna", "account": "anna"})


def test_no_department_stands_below_itself(company: Company) -> None:
    """A department cannot be moved below one of its own descendants, however many levels lie between."""
    company.add_department({"id": "E", "name": "e", "parentId": "D"})
    company.add_department({"id": "F", "name": "f", "parentId": "E"})
    assert code(company, "update_department", id="D", parentId="F") == 71001
    company.update_department({"id": "F", "parentId": "0"})
    company.update_department({"id": "D", "parentId": "F"})


def test_an_id_that_the_platform_gives_looks_random(company: Company) -> None:
    """Ids that the platform gives are 32 upper-case hexadecimal digits, and neither follow nor resemble each other."""
    made = [company.add_department({"name": str(number)})["id"] for number in range(200)]
    assert len(set(made)) == 200
    assert all(re.fullmatch("[0-9A-F]{32}", one) for one in made)
    assert made != sorted(made)
    assert min(len(set(one)) for one in made) > 4
    assert all(len({one[place] for one in made}) == 16 for place in range(32))


def test_the_id_of_a_removed_object_may_be_refused(company: Company) -> None:
    """Where the quirk `removed_ids` is `refused`, the id of a removed user is refused with code 71001."""
    company.remove_user({"userId": "U"})
    company.quirks = Quirks(removed_ids="refused")
    assert code(company, "add_user", id="U", name="x", account="x") == 71001


def test_the_administrator_can_be_removed_like_anybody(company: Company) -> None:
    """The document protects nobody, so user 1 can be removed, and is not made again when the state is read."""
    company.remove_user({"userId": "1"})
    assert set(company.state.users) == {"U"}
    assert set(Company(company.clock, company.state).state.users) == {"U"}


def test_a_user_without_a_password_has_the_public_one(company: Company) -> None:
    """The company remembers of each user whether the password was given, was changed, or is the public default."""
    company.update_user({"id": "U", "password": "geheim"})
    company.add_user({"id": "V", "name": "v", "account": "v", "password": "geheim"})
    assert company.state.passwords == {"U": "changed", "V": "given"}
    company.add_user({"id": "W", "name": "w", "account": "w"})
    assert company.state.passwords["W"] == "default"
