"""`mapping.user.face`: an attribute that holds a picture, or a template of a path or a URL.

What an attribute says never leads out of what the template begins with: a folder, or a server and a folder on it.
"""

import re
import unicodedata
import urllib.parse
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from syncd.mapping.facts import Facts, Unmappable
from syncd.mapping.joining import Joins, joined_of, own_of
from syncd.mapping.specs import CLEAR, SECURE, face_beginning
from syncd.model.faces import Sought
from syncd.model.source import Entry

if TYPE_CHECKING:
    from syncd.mapping.templates import Template

OF_ADDRESSES = "%/?:@!$&'()*+,;=-._~"  # RFC 3986, 3.3 and 3.4
_MOST_DECODINGS = 4
_STEPS = re.compile(r"[/\\]")


class Form(StrEnum):
    """What the rule names."""

    NONE = ""
    ATTRIBUTE = "attribute"
    PATH = "path"
    URL = "url"


class FaceRule:
    """One rule, compiled.

    `beginning` is what every path or URL of it begins with, up to the last `/`. `attribute` holds the picture itself,
    in an entry of the enrich source `holder`, or of the authority where that is empty.
    """

    def __init__(
        self,
        form: Form,
        spec: str = "",
        sources: frozenset[str] = frozenset(),
        beginning: str = "",
        template: "Template | None" = None,
    ) -> None:
        self.form, self.spec, self.beginning = form, spec, beginning
        self._template, self._sources = template, sources
        own = ("", "" if template else spec)
        self.holder, self.attribute = next(iter(joined_of([own[1]], sources)), own)

    def attributes(self) -> frozenset[str]:
        """Give the names of the entry's own attributes that it reads, that of the picture itself too."""
        return own_of(self._reads(), self._sources)

    def joined(self) -> frozenset[tuple[str, str]]:
        """Give what it reads of enrich sources, the picture itself too: the source, and the attribute there."""
        return joined_of(self._reads(), self._sources)

    def _reads(self) -> frozenset[str]:
        if self._template:
            return self._template.attributes()
        return frozenset({self.spec} if self.spec else ())

    def sought(self, entry: Entry, joins: Joins, source: str, today: str) -> Sought | None:
        """Give where the picture of an entry of the authority `source` is; nothing where it surely has none.

        Raises `Unmappable` where a source that would tell could not be read, where the template fails, or leads out of
        what it begins with.
        """
        if self.form is not Form.ATTRIBUTE:
            place = self.place(joins.facts(entry, source, today))
            return Sought(entry.key, entry, place) if place else None
        holder = joins.entry(entry, self.holder) if self.holder else entry
        return Sought(entry.key, holder) if holder else None

    def place(self, facts: Facts) -> str:
        """Give path or URL of an entry's picture; `""` where a value that is put in is empty.

        Raises `Unmappable` where the template fails, or leads out of what it begins with.
        """
        if self._template is None:
            return ""
        try:
            place = self._template.text(facts).strip()
        except _Empty:
            return ""
        rest = place.removeprefix(self.beginning)
        if rest == place or _leads_upwards(rest):
            raise Unmappable("leads_elsewhere", f"{self.spec} leads out of {self.beginning} with this entry's values")
        return place if rest else ""


def _leads_upwards(rest: str) -> bool:
    """Whether a path may lead upwards for any server: decoded once or again, with parameters, in letters alike.

    Servers and proxies differ in how often they decode, in what they take for a separator, and in whether `..;a` is
    `..` (RFC 3986, 3.3 and 5.2.4), so that what one of them could take for a step upwards is none of ours.
    """
    for _ in range(_MOST_DECODINGS):
        if any(map(_is_step_upwards, _STEPS.split(unicodedata.normalize("NFKC", rest)))) or not _is_clean(rest):
            return True
        decoded = urllib.parse.unquote(rest)
        if decoded == rest:
            return False
        rest = decoded
    return True


def _is_step_upwards(segment: str) -> bool:
    name = segment.partition(";")[0].strip()
    return len(name) > 1 and not name.strip(". ")


def _is_clean(text: str) -> bool:
    """Whether a text has neither control characters nor what was no UTF-8, such as `.` in two bytes."""
    return not any(unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp") or one == "\ufffd" for one in text)


class _Empty(Unmappable):
    """A value that a place needs is empty."""

    def __init__(self) -> None:
        super().__init__("no_value", "a value is missing")


NO_FACES = FaceRule(Form.NONE)


def face_rule(spec: str, sources: frozenset[str] = frozenset()) -> FaceRule:
    """Compile a rule, which may read from these enrich sources.

    Raises `ConfigurationError` where a template cannot be read, or has no beginning of its own that confines it.
    """
    beginning = face_beginning(spec)
    if not beginning:
        return FaceRule(Form.ATTRIBUTE, spec.strip(), sources)
    from syncd.mapping.templates import Template  # noqa: PLC0415 - slow to load, often not needed

    if beginning.startswith((SECURE, CLEAR)):
        return FaceRule(Form.URL, spec, sources, beginning, Template(spec, sources, _in_address(beginning)))
    return FaceRule(Form.PATH, spec, sources, beginning, Template(spec, sources, _needed))


def _needed(value: object) -> str:
    text = str(value)
    if not text.strip():
        raise _Empty
    return text


def _in_address(beginning: str) -> Callable[[object], str]:
    """Give what writes a value into an address: percent-encoded, unless it is a whole address of the same beginning."""

    def written(value: object) -> str:
        text = _needed(value)
        if text.startswith(beginning):
            return urllib.parse.quote(text.removeprefix(beginning), safe=OF_ADDRESSES)
        if "://" in text:
            raise Unmappable("leads_elsewhere", f"the address of its picture does not begin with {beginning}")
        return urllib.parse.quote(text, safe="")

    return written
