"""`mapping.user.face`: an attribute that holds a picture, or a template of a path or a URL.

What an attribute says never leads out of what the template begins with: a folder, or a server and a folder on it.
"""

import re
import urllib.parse
from enum import StrEnum

from syncd.errors import ConfigurationError
from syncd.mapping.templates import Facts, Template, Unmappable

SECURE, CLEAR = "https://", "http://"
_OPENING = re.compile(r"\{\{|\{%|\{#")
_UPWARDS = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)")


class Form(StrEnum):
    """What the rule names."""

    NONE = ""
    ATTRIBUTE = "attribute"
    PATH = "path"
    URL = "url"


class FaceRule:
    """One rule, compiled. `beginning` is what every path or URL of it begins with, up to the last `/`."""

    def __init__(self, form: Form, spec: str = "", beginning: str = "", template: Template | None = None) -> None:
        self.form, self.spec, self.beginning, self._template = form, spec, beginning, template

    @property
    def is_picture(self) -> bool:
        """Tell whether the attribute holds the picture itself."""
        return self.form is Form.ATTRIBUTE

    def attributes(self) -> frozenset[str]:
        """Give the names of the attributes that it reads."""
        if self._template is None:
            return frozenset({self.spec} if self.spec else ())
        return self._template.attributes()

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
        if rest == place or _UPWARDS.search(urllib.parse.unquote(rest)) or "\0" in rest:
            raise Unmappable("leads_elsewhere", f"{self.spec} leads out of {self.beginning} with this entry's values")
        return place if rest else ""


class _Empty(Unmappable):
    """A value that a place needs is empty."""

    def __init__(self) -> None:
        super().__init__("no_value", "a value is missing")


NO_FACES = FaceRule(Form.NONE)


def face_rule(spec: str) -> FaceRule:
    """Compile a rule; raises `ConfigurationError` where a template has no beginning of its own that confines it."""
    opening = _OPENING.search(spec)
    if opening is None:
        return FaceRule(Form.ATTRIBUTE, spec.strip())
    beginning = spec[: opening.start()]
    folder = beginning[: beginning.rfind("/") + 1]
    if folder.startswith((SECURE, CLEAR)):
        if not urllib.parse.urlsplit(folder).hostname or folder in (SECURE, CLEAR):
            raise ConfigurationError(f'mapping.user.face: "{spec}" must begin with the name of its server and a /')
        return FaceRule(Form.URL, spec, folder, Template(spec, written=_percent_encoded))
    if "://" in folder or not folder.strip("/."):
        raise ConfigurationError(
            f'mapping.user.face: "{spec}" must begin with https:// and a server, or with a folder that has the '
            "pictures, such as photos/{{ uid }}.jpg: nobody's attribute may name another place"
        )
    return FaceRule(Form.PATH, spec, folder, Template(spec, written=_needed))


def _needed(value: object) -> str:
    text = str(value)
    if not text.strip():
        raise _Empty
    return text


def _percent_encoded(value: object) -> str:
    return urllib.parse.quote(_needed(value), safe="")
