"""The cells of a database become values of an entry."""

import datetime as dt
import decimal
import uuid

import pytest

from syncd.directory.cell_values import values_of


def test_a_value_is_the_text_that_a_person_would_write() -> None:
    """Whole numbers have no fraction, no number an exponent, and dates are in ISO 8601."""
    cases: list[tuple[object, str]] = [
        ("王芳", "王芳"),
        ("  x ", "  x "),
        ("0017", "0017"),
        (17, "17"),
        (2**80, str(2**80)),
        (17.0, "17"),
        (17.5, "17.5"),
        (1e-7, "0.0000001"),
        (decimal.Decimal("17.00"), "17"),
        (decimal.Decimal("17.50"), "17.50"),
        (decimal.Decimal("1E+3"), "1000"),
        (decimal.Decimal("NaN"), "NaN"),
        (decimal.Decimal(10**40), str(10**40)),
        (True, "true"),
        (False, "false"),
        (dt.date(2024, 1, 31), "2024-01-31"),
        (dt.datetime(2024, 1, 31, 8, 30, tzinfo=dt.UTC), "2024-01-31T08:30:00+00:00"),
        (dt.time(8, 30), "08:30:00"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ]
    wrong = [(value, found, text) for value, text in cases if (found := values_of(value)) != (text,)]
    assert wrong == []


@pytest.mark.parametrize("value", [None, "", " \t", b"", bytearray()])
def test_null_and_blank_are_no_value(value: object) -> None:
    """NULL and blank cells count as an attribute that the entry does not have."""
    assert values_of(value) == ()


@pytest.mark.parametrize("value", [b"\x00\x01", bytearray(b"\x00\x01"), memoryview(b"\x00\x01")])
def test_bytes_stay_bytes(value: object) -> None:
    """Bytes stay bytes, whatever type the driver has for them."""
    assert values_of(value) == (b"\x00\x01",)


@pytest.mark.parametrize("value", [[1], (1, 2), {"a": 1}, object()])
def test_what_is_no_single_value_is_refused(value: object) -> None:
    """An array, a mapping or any other object is refused, because it is no single value."""
    with pytest.raises(TypeError):
        values_of(value)
