"""The envelope and the loose fields in it are read whatever form they have."""

import msgspec
import pytest

from syncd.wire.envelope import Answer, Envelope, Listed, WireUser
from syncd.wire.loose import decimal, place, text, whole


@pytest.mark.parametrize(
    ("value", "number"),
    [(7, 7), ("7", 7), (7.0, 7), ("7.0", 7), (" 7 ", 7), (0, 0), ("", None), (None, None), ("x", None), ("nan", None)],
)
def test_a_number_is_a_number_or_a_text(value: str | float | None, number: int | None) -> None:
    """A number is read from a number or a text, and what is neither is unknown."""
    assert (whole(value), decimal(value)) == (number, number)


@pytest.mark.parametrize("value", ["inf", "-inf", 1e300, "9" * 400])
def test_a_number_beyond_all_sense_is_unknown(value: str | float) -> None:
    """A number beyond all sense is unknown and does not end the reading of a list."""
    assert whole(value) is None


def test_texts_and_places() -> None:
    """Null is read as an empty text, and every form of the root as an empty place."""
    assert (text(None), text(""), text(110), text("李")) == ("", "", "110", "李")
    assert [place(one) for one in ("", "0", 0, None, "D", 5)] == ["", "", "", "", "D", "5"]


def test_an_answer_without_a_code_is_no_success() -> None:
    """An answer without a code is no success, even where it says `success`."""
    assert not Answer(success=True).is_success
    assert not Answer(code="", success=True).is_success
    assert Answer(code="10000").is_success


def test_the_value_is_kept_as_it_came_or_as_a_list() -> None:
    """An envelope keeps its value as raw JSON, or decodes it as a list of records."""
    raw = b'{"value": [{"id": "A"}], "code": 10000}'
    assert bytes(msgspec.json.decode(raw, type=Envelope).value) == b'[{"id": "A"}]'
    assert msgspec.json.decode(raw, type=Listed[WireUser]).value == [WireUser("A")]
