"""Names, phones and mails have normal forms."""

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.mapping import normal_forms
from syncd.mapping.mail_addresses import mail_address
from syncd.mapping.normal_forms import comparable, phone_form, plain_form, text_form
from syncd.mapping.phones import phone_number

HIDDEN = (
    "\u200b",
    "\u200e",
    "\u200f",
    "\u202a",
    "\u202e",
    "\u2060",
    "\u2066",
    "\ufeff",
    "\u00ad",
    "\u061c",
    "\U000e0020",
)
JOINERS = ("\u200c", "\u200d")


@pytest.mark.parametrize(
    ("raw", "form"),
    [("  张  三 ", "张 三"), ("Ann\u0000\tLee", "Ann Lee"), ("e\u0301", "\u00e9"), ("李\u3000四", "李 四"), ("\n", "")],
)
def test_a_name_has_single_spaces_and_no_control_characters(raw: str, form: str) -> None:
    """A name has single spaces, composed letters and no control characters."""
    assert text_form(raw) == form


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        ("+86 138-0013-8000", "13800138000"),
        ("0086 (138) 0013 8000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("+49 89 1234", "+49891234"),
        ("010-8888 6666", "01088886666"),
        ("86123", "86123"),
        ("+86 10 88886666", "+861088886666"),
    ],
)
def test_a_phone_is_digits_and_a_chinese_mobile_has_no_country_code(raw: str, form: str) -> None:
    """A phone has no separators, and only a whole Chinese mobile number loses its country code."""
    assert phone_form(raw) == form


def test_a_number_that_is_longer_than_a_mobile_number_keeps_every_digit() -> None:
    """A number that only begins like a Chinese mobile number, as one with an extension does, loses no digit of it."""
    assert phone_form("+86 138-0013-8000-12") == "+861380013800012"


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("account", "ZhangSan", "ｚｈａｎｇｓａｎ"),
        ("email", "A@x", "a@X"),
        ("phone", "+8613800138000", "138 0013 8000"),
    ],
)
def test_letter_case_and_width_do_not_make_another_value(field: str, one: str, other: str) -> None:
    """Letter case, width and separators do not make another value (DESIGN 6, values and holders)."""
    assert comparable(field, one) == comparable(field, other)


@pytest.mark.parametrize("hidden", [*HIDDEN, *JOINERS])
def test_what_nobody_sees_is_no_part_of_what_people_type(hidden: str) -> None:
    """A format character at any place of an account, a phone or a mail is no part of it, and tells no two apart."""
    assert plain_form(f"{hidden}zhang{hidden}.wei{hidden}") == "zhang.wei"
    assert phone_number(f"{hidden}138{hidden}00138000{hidden}") == "13800138000"
    assert mail_address(f"{hidden}a@x{hidden}.org{hidden}") == "a@x.org"
    for field, value in (("account", "zhang.wei"), ("phone", "13800138000"), ("email", "a@x.org")):
        assert comparable(field, f"{value[:2]}{hidden}{value[2:]}") == comparable(field, value)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_name_has_no_character_that_nobody_sees(hidden: str) -> None:
    """A name has no format character, and letters that one kept apart are composed."""
    assert text_form(f"{hidden}\u738b{hidden}\u82b3{hidden}") == "\u738b\u82b3"
    assert text_form(f"e{hidden}\u0301") == "\u00e9"
    assert text_form(hidden) == ""


@pytest.mark.parametrize("joiner", JOINERS)
def test_a_joiner_stays_inside_a_name(joiner: str) -> None:
    """ZWJ and ZWNJ stay between the letters of a name or emoji, and go from its ends; comparing ignores them."""
    assert (
        text_form(f"{joiner}\u0646\u06cc\u0645{joiner}\u0631\u0648\u0632 {joiner}")
        == f"\u0646\u06cc\u0645{joiner}\u0631\u0648\u0632"
    )
    assert text_form(f"\U0001f469{joiner}\U0001f467") == f"\U0001f469{joiner}\U0001f467"
    assert comparable("name", f"a{joiner}b") == comparable("name", "ab")


def test_every_format_character_is_known() -> None:
    """The ranges in the code have every character of the category Cf that Python's Unicode has, but for the joiners."""
    unknown = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(letter := chr(code)) == "Cf"
        and letter not in JOINERS
        and text_form(f"a{letter}b") != "ab"
    ]
    assert unknown == []
    assert set(normal_forms.JOINERS) == set(JOINERS)


@settings(deadline=None)
@given(st.text())
def test_a_normal_form_is_its_own_normal_form(value: str) -> None:
    """The normal form of a normal form is that form itself (I1)."""
    for form in (text_form, plain_form, phone_form):
        assert form(form(value)) == form(value)
    assert comparable("account", comparable("account", value)) == comparable("account", value)
