"""Names, phones and mails have normal forms."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.mapping.normal_forms import comparable, phone_form, text_form


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


@settings(deadline=None)
@given(st.text())
def test_a_normal_form_is_its_own_normal_form(value: str) -> None:
    """The normal form of a normal form is that form itself (I1)."""
    for form in (text_form, phone_form):
        assert form(form(value)) == form(value)
    assert comparable("account", comparable("account", value)) == comparable("account", value)
