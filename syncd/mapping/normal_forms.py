"""Normal forms of names, phones and mails, and when two values count as the same."""

import re
import unicodedata
from collections.abc import Callable

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")  # the category Cc
JOINERS = "\u200c\u200d"
"""ZWNJ and ZWJ, which the spelling of names and some emoji need (Unicode 23.2)."""
_FORMATS = (  # the category Cf without the joiners
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f"
)
_OTHERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
"""More that nobody sees (Default_Ignorable_Code_Point): it may stand in a name, and tells no two values apart."""
_FORMAT = re.compile(f"[{_FORMATS}]+")
_FORMAT_OR_JOINER = re.compile(f"[{_FORMATS}{JOINERS}]+")
_INVISIBLE = re.compile(f"[{_FORMATS}{JOINERS}{_OTHERS}]+")
_SEPARATORS = re.compile(r"[\s().\-\u2010-\u2015\u2212\u30fc/\u00b7]+")
_COUNTRY = r"^\s*\(?\s*(?:\+|00)(?!39\D|378|379)\d{1,3}[\s)./\-]*"
"""A country code at the beginning; Italy and the states within it keep the 0 that follows."""
_TRUNK_ZERO = re.compile(rf"({_COUNTRY})[(\[]\s*0\s*[)\]]")
"""The 0 in brackets that is dialled only where there is no country code (ITU-T E.123, 7.2)."""
TRUNK_AND_AREA = re.compile(rf"{_COUNTRY}[(\[]\s*0\d")
"""A country code and an area code with that 0: nobody knows whether it is dialled."""
_WHOLE_FRACTION = re.compile(r"^(\s*\+?\d{7,})[.,]0{1,2}\s*\Z")
"""A number to which a spreadsheet gave a fraction; groups of a number are shorter."""
_CHINESE_MOBILE = re.compile(r"(?:\+|00)?86(1[3-9]\d{9})\Z")


def text_form(value: str) -> str:
    """Return a name or free text in NFC, without control and format characters, with single spaces.

    ZWJ and ZWNJ stay inside it.
    """
    if not value.isascii():
        value = unicodedata.normalize("NFC", _FORMAT.sub("", value))
    return " ".join(_CONTROLS.sub(" ", value).split()).strip(f"{JOINERS} ")


def plain_form(value: str) -> str:
    """Return a text that people type, such as an account: as `text_form`, and without joiners too."""
    return text_form(visible(value))


def visible(value: str) -> str:
    """Return a text without format characters (the category Cf), which nobody sees."""
    return value if value.isascii() else _FORMAT_OR_JOINER.sub("", value)


def phone_form(value: str) -> str:
    """Return a phone number without separators, in ASCII digits, Chinese mobile numbers without country code 86.

    The bracketed 0 of `+49 (0)89 …` and the fraction of `13800000001.0` are no part of a number.
    """
    is_bare = value.isascii() and value.isdigit()
    bare = value if is_bare else _settled(_without_separators, value)
    found = _CHINESE_MOBILE.match(bare)
    return found[1] if found else bare


def _without_separators(value: str) -> str:
    text = unicodedata.normalize("NFKC", plain_form(value))
    return _SEPARATORS.sub("", _WHOLE_FRACTION.sub(r"\1", _TRUNK_ZERO.sub(r"\1", text)))


def width_folded(value: str) -> str:
    """Return a text with the full-width and half-width letters of East Asian keyboards as their usual ones (UAX 11)."""
    return value if value.isascii() else unicodedata.normalize("NFC", "".join(map(_usual_width, value)))


def _usual_width(letter: str) -> str:
    is_wide = unicodedata.decomposition(letter).startswith(("<wide>", "<narrow>"))
    return unicodedata.normalize("NFKC", letter) if is_wide else letter


def comparable(field: str, value: str) -> str:
    """Return the form in which two values are the same: letter case, width and what is invisible do not count.

    The folding is that of a compatibility caseless match (Unicode 3.13, D146).
    """
    form = phone_form(value) if field == "phone" else value
    if form.isascii():  # as most are, and then nothing else can differ
        return " ".join(form.lower().split())
    form = unicodedata.normalize("NFD", _INVISIBLE.sub("", form))
    for _ in range(2):
        form = _INVISIBLE.sub("", unicodedata.normalize("NFKC", form.casefold()))
    return " ".join(form.split())


def _settled(form: Callable[[str], str], value: str) -> str:
    """Apply a form until it changes nothing more: what is taken out can bring together what then composes."""
    following = form(value)
    while following != value:
        value, following = following, form(following)
    return following
