"""A phone number as the platform gets it: the one number of a text, or none where the text holds none or several."""

import itertools
import re
import unicodedata
from collections.abc import Sequence

from syncd.mapping.facts import Unmappable
from syncd.mapping.normal_forms import TRUNK_AND_AREA, phone_form, visible
from syncd.mapping.single_values import SEVERAL, quoted

MOST_DIGITS = 15  # ITU-T E.164, 6.2: the country code and all
FEWEST_DIGITS = 7  # of a number that is dialled as it stands
FEWEST_WITH_COUNTRY = 8
MOST_OTHER_ENDINGS = 2
NOT_A_PHONE = "not_a_phone"

_SPREADSHEET_TEXT = re.compile(r"""(?:="(?P<formula>[^"]*)"|'(?P<marked>.*))\Z""", re.DOTALL)
_EXPONENT = re.compile(r"[+-]?\d+(?:[.,]\d*)?e[+-]?\d+\Z", re.IGNORECASE)
_WHOLE_FRACTION = re.compile(r"(\+?\d{7,})[.,]0{1,2}\Z")
_FRACTION = re.compile(r"\+?\d{7,}[.,]\d{1,2}\Z")
_EXTENSION = re.compile(
    r"(?<=\d)[\s,;.)\-]*((?:extension|ext|x|#|转接|转|轉|分机号|分机|分機|内线|内線|內線)[.:=\s]*\d{1,6})\s*\Z",
    re.IGNORECASE,
)
_BETWEEN_NUMBERS = re.compile(
    r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029;,\u3001|&或和及]|\s(?:or|and|und|oder|ou|et)\s", re.IGNORECASE
)
_NUMBER = re.compile(r"\+?[0-9]+\Z")


def phone_number(value: str) -> str:
    """Return the phone number of a text in its normal form, with an extension where it has one; `""` for no number.

    Raises `Unmappable` for several numbers, for more digits than a number has, and for what is no number.
    """
    if value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS:
        return phone_form(value)
    text = _unwrapped(unicodedata.normalize("NFKC", visible(value)).strip())
    _check_spreadsheet(value, text)
    number, extension = _without_extension(_WHOLE_FRACTION.sub(r"\1", text))
    found = {form: piece for piece in _numbers(number) if (form := phone_form(piece))}
    if len(found) > 1:
        raise Unmappable(SEVERAL, f"{quoted(value)} holds several phone numbers; keep one")
    for form, piece in found.items():
        _check(value, piece, form)
        return phone_form(piece + extension)
    return ""


def _unwrapped(text: str) -> str:
    """Return a text without the marks by which a spreadsheet keeps it a text, and without the scheme of RFC 3966."""
    if found := _SPREADSHEET_TEXT.match(text):
        text = (found["formula"] or found["marked"] or "").strip()
    return text[4:] if text[:4].lower() == "tel:" else text


def _check_spreadsheet(value: str, text: str) -> None:
    """Raise `Unmappable` where a spreadsheet took a number for a quantity, and what it was cannot be told."""
    if _EXPONENT.match(text.replace(" ", "")):
        raise Unmappable(
            NOT_A_PHONE,
            f"{quoted(value)} is a number that a spreadsheet rounded, so digits are lost; make the column text and "
            "export it again",
        )
    if _FRACTION.match(text) and not _WHOLE_FRACTION.match(text):
        raise Unmappable(NOT_A_PHONE, f"{quoted(value)} is a number with a fraction and no phone number; correct it")


def _without_extension(text: str) -> tuple[str, str]:
    found = _EXTENSION.search(text)
    return (text[: found.start()], found[1]) if found else (text, "")


def _numbers(text: str) -> Sequence[str]:
    """Return the numbers that a text holds: whole ones beside each other are several, groups of one are not."""
    parts = [part for part in _BETWEEN_NUMBERS.split(text) if phone_form(part)]
    if len(parts) != 1:
        return parts
    for pieces in (parts[0].split("/"), parts[0].split(), re.split(r"(?<=\d)[\s()]*(?=\+)", parts[0])):
        if sum(map(_is_whole, pieces)) > 1:
            return pieces
    return parts[0].split("/") if _has_other_endings(parts[0].split("/")) else parts


def _has_other_endings(pieces: Sequence[str]) -> bool:
    """Whether a whole number is followed by other last digits, as in 88886666/7."""
    return any(_is_whole(one) and 0 < _digits(two) <= MOST_OTHER_ENDINGS for one, two in itertools.pairwise(pieces))


def _is_whole(text: str) -> bool:
    """Whether a text has as many digits as a number that somebody can dial."""
    form = phone_form(text)
    bare = form.removeprefix("+") if form.startswith("+") else form.removeprefix("00")
    return _digits(bare) >= (FEWEST_DIGITS if bare == form else FEWEST_WITH_COUNTRY)


def _digits(text: str) -> int:
    return sum(letter.isdecimal() for letter in text)


def _check(value: str, piece: str, form: str) -> None:
    """Raise `Unmappable` where a form is no number."""
    if not _NUMBER.match(form):
        raise Unmappable(NOT_A_PHONE, f"{quoted(value)} is no phone number; write digits, and + before a country code")
    if TRUNK_AND_AREA.match(piece):
        raise Unmappable(
            NOT_A_PHONE,
            f"{quoted(value)} has a 0 in the brackets after its country code, and whether it is dialled is not known; "
            "write the number as it is dialled from abroad",
        )
    if (digits := _digits(form.removeprefix("00"))) > MOST_DIGITS:
        raise Unmappable(
            NOT_A_PHONE, f"{quoted(value)} has {digits} digits, and a phone number has {MOST_DIGITS} at most; keep one"
        )
