"""A text holds one phone number, none, or several, and only one number is ever written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.mapping.facts import Unmappable
from syncd.mapping.normal_forms import comparable
from syncd.mapping.phones import MOST_DIGITS, phone_number


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        ("+86 138-0013-8000", "13800138000"),
        ("13800000001.0", "13800000001"),
        ("13800000001.00", "13800000001"),
        ("13800000001,0", "13800000001"),
        ("+8613800000001.0", "13800000001"),
        ("138.0000.0001", "13800000001"),
        ('="13800000001"', "13800000001"),
        ("'+8613800000001", "13800000001"),
        ("tel:+1-201-555-0123", "+12015550123"),
        ("tel:+1-201-555-0123;ext=12", "+12015550123ext=12"),
        ("+33 (0)1 23 45 67 89", "+33123456789"),
        ("+44(0)20 7946 0000", "+442079460000"),
        ("0044 (0) 20 7946 0000", "00442079460000"),
        ("(+49) (0) 89 1234", "+49891234"),
        ("\uff0b49\uff080\uff0989 1234", "+49891234"),
        ("+86 (0)138 0013 8000", "13800138000"),
        ("+39 (0)6 1234 5678", "+390612345678"),
        ("089/1234567", "0891234567"),
        ("+49 171 / 123 45 67", "+491711234567"),
        ("0171/123/45/67", "01711234567"),
        ("(010) 8888 6666", "01088886666"),
        ("0086 010 88886666", "008601088886666"),
        ("010-88886666 \u8f6c 8001", "01088886666\u8f6c8001"),
        ("010-88886666 ext. 12", "01088886666ext12"),
        ("13800000001/13800000001", "13800000001"),
        ("13800000001;", "13800000001"),
        ("8001", "8001"),
        (" - ", ""),
        ("", ""),
    ],
)
def test_one_number_has_one_form(raw: str, form: str) -> None:
    """The one number of a text is found in whatever way it is written, and the 0 of E.123 is no part of it."""
    assert phone_number(raw) == form


@pytest.mark.parametrize(
    "raw",
    [
        "13800000001/13800000002",
        "13800000001\n13800000002",
        "13800000001\r\n13800000002",
        "13800000001 13800000002",
        "13800000001;13800000002",
        "13800000001\uff1b13800000002",
        "13800000001\u300113800000002",
        "13800000001 or 13800000002",
        "13800000001\u621613800000002",
        "+4989123456 +4989123457",
        "+4989123456+4989123457",
        "1234567 7654321",
        "8886666 / 8887777",
        "88886666/7",
        "010-88886666, 13800000001",
    ],
)
def test_several_numbers_are_no_number(raw: str) -> None:
    """Two numbers in one text are never joined to one of 22 digits."""
    with pytest.raises(Unmappable, match="several phone numbers") as caught:
        phone_number(raw)
    assert caught.value.reason == "several_in_one"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("1.38E+10", "rounded"),
        ("1,38e+10", "rounded"),
        ("1.38 E+10", "rounded"),
        ("138E8", "rounded"),
        ("13800000001.5", "fraction"),
        ("1380000000123456", "16 digits"),
        ("+1234 5678 9012 3456", "16 digits"),
        ("none", "no phone number"),
        ("138****0001", "no phone number"),
        ("138xxxx0001", "no phone number"),
        ("mobile: 13800000001", "no phone number"),
        ("a@example.org", "no phone number"),
        ("+", "no phone number"),
        ("+44 (0161) 496 0000", "dialled"),
    ],
)
def test_what_is_no_number_is_named(raw: str, words: str) -> None:
    """A rounded number, too many digits and other text are no phone number, and the reason says so."""
    with pytest.raises(Unmappable, match=words) as caught:
        phone_number(raw)
    assert caught.value.reason == "not_a_phone"


def test_a_long_text_is_shown_cut() -> None:
    """A text of a thousand characters and many lines is shown on one line and cut."""
    with pytest.raises(Unmappable) as caught:
        phone_number("no phone\n" * 200)
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


@settings(deadline=None)
@given(st.text(st.sampled_from("0123456789 +-/().,;\nexE\u8f6c\uff0b\uff11'\"="), max_size=30))
def test_any_text_is_one_number_or_none(value: str) -> None:
    """Any text gives a form with 15 digits at most that is its own form and compares as the text does, or is named."""
    try:
        form = phone_number(value)
    except Unmappable:
        return
    number = form.partition("e")[0].partition("x")[0].partition("\u8f6c")[0].removeprefix("00")
    assert sum(letter.isdigit() for letter in number) <= MOST_DIGITS
    assert comparable("phone", form) == form
