"""A mail address as the platform gets it: the one address of a text, or none where the text holds none or several."""

import re

from syncd.mapping.facts import Unmappable
from syncd.mapping.normal_forms import text_form, visible, width_folded
from syncd.mapping.single_values import SEVERAL, quoted

NOT_A_MAIL = "not_a_mail"

_LOCAL = r"""(?:"(?:[^"\\]|\\.)+"|[^\s@<>()\[\]\\,:;"\u3001]+)"""
_DOMAIN = r"(?:[\w-]+(?:\.[\w-]+)*|\[[0-9A-Za-z:.]+\])"
_ADDRESS = re.compile(f"({_LOCAL})@({_DOMAIN})")
"""An address in the letters of RFC 6531; dots may stand anywhere in a local part, for some old servers gave such."""
_ANGLE = re.compile(r"<([^<>]*@[^<>]*)>")
_COMMENT = re.compile(r"\([^()]*\)")
_BETWEEN_ADDRESSES = re.compile(r"[;,\n\r\v\f\x85\u2028\u2029\u3001|]")
_SCHEME = re.compile(r"(?:mailto|smtp):", re.IGNORECASE)
_AROUND = re.compile(r"\s*([@.])\s*")
_QUOTES = "'\"\u2018\u2019\u201c\u201d"
_MASK = "**"


def mail_address(value: str) -> str:
    """Return the mail address of a text, its domain in lower case; the local part is the mailbox's own (RFC 5321, 2.4).

    Of `Wang <a@x.org>` (RFC 5322, 3.4) it is the address. Raises `Unmappable` for several addresses, and for a text
    that is none.
    """
    text = width_folded(visible(value)).replace("\u3002", ".").strip()
    if not text_form(text):
        return ""
    addresses = [_address(piece) for piece in _pieces(text)]
    if "" not in addresses and len(set(map(str.lower, addresses))) == 1:
        return addresses[0]
    if len({(local.lower(), domain.lower()) for local, domain in _ADDRESS.findall(text)}) > 1:
        raise Unmappable(SEVERAL, f"{quoted(value)} holds several mail addresses; keep one")
    raise Unmappable(NOT_A_MAIL, f"{quoted(value)} is no mail address; it looks like wang.fang@example.org")


def _pieces(text: str) -> list[str]:
    """Return what should be one address each: what stands in angle brackets, else what separators leave."""
    if angles := _ANGLE.findall(text):
        return [*angles, *(found[0] for found in _ADDRESS.finditer(_ANGLE.sub(" ", text)))]
    return [piece for piece in _BETWEEN_ADDRESSES.split(_COMMENT.sub(" ", text)) if text_form(piece)]


def _address(piece: str) -> str:
    """Return the address that a piece is, with the domain in lower case; `""` where it is none."""
    bare = _SCHEME.sub("", _AROUND.sub(r"\1", text_form(piece)), count=1).rstrip(".")
    if len(bare) > 1 and bare[0] in _QUOTES and bare[-1] in _QUOTES:
        bare = bare[1:-1]
    found = _ADDRESS.fullmatch(bare)
    return f"{found[1]}@{found[2].lower()}" if found and _MASK not in found[1] else ""
