"""The sandbox keeps and refuses values in each way that the document leaves open."""

from typing import Any

import pytest

from syncd.sandbox.company import Rejected
from syncd.sandbox.quirks import Quirks
from syncd.testing.stocked import stocked


@pytest.mark.parametrize(
    ("quirk", "field", "sent", "kept"),
    [
        ({"trimmed": ("name",)}, "name", "  安娜 ", "安娜"),
        ({"lower_case": ("account",)}, "account", "ANNA.Müller", "anna.müller"),
        ({"digits_only": ("phone",)}, "phone", "+86 (20) 12-3", "8620123"),
        ({"width_folded": ("memo",)}, "memo", "ＡＢ１２", "AB12"),
        ({"bmp_only": ("name",)}, "name", "安😀娜", "安?娜"),
        ({"cut": {"position": 3}}, "position", "工程师長", "工程师"),
        ({"cut": {"email": 4}, "trimmed": ("email",)}, "email", " a@b.example ", "a@b."),
    ],
)
def test_a_value_is_kept_in_a_normal_form(quirk: dict[str, Any], field: str, sent: str, kept: str) -> None:
    """Under a quirk a value is kept in its normal form, when an object is made and when it is changed."""
    company = stocked()
    company.quirks = Quirks(**quirk)
    assert company.add_user({"name": "n", "account": "a", field: sent})[field] == kept
    company = stocked()
    company.quirks = Quirks(**quirk)
    assert company.update_user({"id": "V", field: sent})[field] == kept


def test_the_form_that_is_kept_is_the_one_that_must_be_unique() -> None:
    """Where only digits are kept, two phones that differ in other characters alone are the same phone."""
    company = stocked()
    company.quirks = Quirks(digits_only=("phone",))
    with pytest.raises(Rejected, match="Phone"):
        company.update_user({"id": "V", "phone": "(1)"})


def test_an_empty_value_in_an_update_may_be_ignored() -> None:
    """Under `empty_ignored` an empty value leaves its field of a user, department, room or meeting as it was."""
    company = stocked()
    company.update_room({"id": "R", "memo": "m"})
    company.quirks = Quirks(empty_ignored=("phone", "memo", "name", "subject"))
    assert company.update_user({"id": "U", "phone": "", "email": ""})["phone"] == "1"
    assert company.get_user({"userId": "U"})["email"] == ""
    assert company.update_department({"id": "D", "name": ""})["name"] == "销售"
    assert company.update_room({"id": "R", "memo": ""})["memo"] == "m"
    assert company.update_meeting({"id": "M", "subject": ""})["subject"] == "周会"


def test_rooms_departments_and_meetings_have_forms_too() -> None:
    """Quirks of forms hold for fields of rooms, departments and meetings by their names."""
    company = stocked()
    company.quirks = Quirks(trimmed=("name", "address", "subject"))
    assert company.add_room({"name": " r ", "address": " a "})["address"] == "a"
    assert company.add_department({"name": " d "})["name"] == "d"
    assert company.update_meeting({"id": "M", "subject": " s "})["subject"] == "s"


def test_a_parent_may_hold_a_name_only_once() -> None:
    """Where `department_names` is `unique`, a parent holds a name once in any letter case, and another may hold it."""
    company = stocked()
    company.quirks = Quirks(department_names="unique")
    company.add_department({"id": "X", "name": "North", "parentId": "D"})
    company.add_department({"name": "North"})
    for call, arguments in (
        (company.add_department, {"name": "NORTH", "parentId": "D"}),
        (company.update_department, {"id": "E", "name": "North"}),
    ):
        with pytest.raises(Rejected, match="name is taken"):
            call(arguments)
    company.update_department({"id": "X", "name": "NORTH"})


def test_the_code_of_a_mail_that_is_taken() -> None:
    """The quirk `mail_code` is the code of a mail that is taken, and with null mails need not be unique."""
    company = stocked()
    for code in (71001, 71099):
        company.quirks = Quirks(mail_code=code)
        with pytest.raises(Rejected) as caught:
            company.update_user({"id": "V", "email": "A@B"})
        assert caught.value.code == code
    company.quirks = Quirks(mail_code=None)
    company.update_user({"id": "V", "email": "A@B"})


def test_letter_case_may_matter() -> None:
    """Under the quirk `case_matters` values that differ in letter case are two, and equal ones are refused."""
    company = stocked()
    company.quirks = Quirks(case_matters=True)
    company.update_user({"id": "V", "account": "ANNA", "email": "A@B"})
    with pytest.raises(Rejected):
        company.add_user({"name": "x", "account": "anna"})


def test_what_is_used_may_be_held() -> None:
    """Where `used_objects` is `refused`, users and rooms that are in use are refused with 71001, and others go."""
    company = stocked()
    company.quirks = Quirks(used_objects="refused")
    for call, arguments in ((company.remove_user, {"userId": "U"}), (company.remove_room, {"roomId": "S"})):
        with pytest.raises(Rejected) as caught:
            call(arguments)
        assert caught.value.code == 71001
    company.remove_user({"userId": "V"})
    for meeting in ("M", "N"):
        company.update_meeting({"id": meeting, "attendances": []})
    company.remove_room({"roomId": "R"})
    company.remove_user({"userId": "U"})
