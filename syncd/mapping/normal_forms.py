"""Normal forms of names, phones and mails, and when two values count as the same."""

import re
import unicodedata
from collections.abc import Callable

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")  # the category Cc
_SEPARATORS = re.compile(r"[\s().\-\u2010-\u2015\u2212/\u00b7]+")
_CHINESE_MOBILE = re.compile(r"(?:\+|00)?86(1[3-9]\d{9})\Z")


def text_form(value: str) -> str:
    """Give a name or free text in NFC, without control characters, with inner white space as single spaces.

    Format characters that join letters (ZWJ, ZWNJ) stay: scripts need them.
    """
    return " ".join(_CONTROLS.sub(" ", unicodedata.normalize("NFC", value)).split())


def phone_form(value: str) -> str:
    """Give a phone number without separators, in ASCII digits, Chinese mobile numbers without country code 86."""
    is_bare = value.isascii() and value.isdigit()
    bare = value if is_bare else _settled(_without_separators, value)
    found = _CHINESE_MOBILE.match(bare)
    return found[1] if found else bare


def _without_separators(value: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text_form(value)))


def mail_form(value: str) -> str:
    """Give a mail address with its domain in lower case; the local part is the mailbox's own (RFC 5321, 2.4)."""
    return _settled(_lower_domain, value)


def _lower_domain(value: str) -> str:
    local, at, domain = text_form(value).replace(" ", "").rpartition("@")
    return f"{local}{at}{domain.lower()}"


def comparable(field: str, value: str) -> str:
    """Give the form in which two values of a field are the same: letter case and width do not tell people apart.

    The folding is that of a compatibility caseless match (Unicode 3.13, D146).
    """
    form = phone_form(value) if field == "phone" else value
    if form.isascii():  # as most are, and then nothing else can differ
        return " ".join(form.lower().split())
    form = unicodedata.normalize("NFD", form)
    for _ in range(2):
        form = unicodedata.normalize("NFKC", form.casefold())
    return " ".join(form.split())


def _settled(form: Callable[[str], str], value: str) -> str:
    """Apply a form until it changes nothing more: what is taken out can bring together what then composes."""
    following = form(value)
    while following != value:
        value, following = following, form(following)
    return following
