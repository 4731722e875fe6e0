"""What rules and templates see of an entry: its attributes, and those that enrich sources add."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from syncd.mapping.normal_forms import plain_form, visible
from syncd.model import dn
from syncd.model.attribute_names import usual_name, values_of

TRUE = frozenset({"true", "1", "yes"})
EVERY_ATTRIBUTE = "*"
NOT_READ = "source_not_read"
DN = "dn"
TREE_NAMES = frozenset({DN, "rdn"})
"""What rules may read of an entry in a tree beside its attributes: its DN, and the RDN that this begins with."""


class Place(msgspec.Struct, frozen=True):
    """Where an entry stands in a tree, and how its server names attributes that are asked for by other names.

    `path` is empty of what stands in no tree.
    """

    dn: str = ""
    path: tuple[str, ...] = ()
    answered_names: Mapping[str, str] = {}


NOWHERE = Place()


class Unmappable(Exception):
    """A field of an entry cannot be mapped; `reason` is a word for machines, the message a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Values:
    """The attributes of one entry, as rules and templates may read them.

    Of an entry that stands in a tree `place` tells where.
    """

    def __init__(self, attributes: Mapping[str, tuple[str | bytes, ...]], place: Place = NOWHERE) -> None:
        self._attributes = attributes
        self._place, self._path = place, place.path

    def values(self, name: str) -> list[str]:
        """Return all values of an attribute; raises `Unmappable` where one is no text.

        A directory keeps them in no order: there the value in the entry's RDN is the first, and the others are sorted.
        Any other source gives them in its own order.
        """
        found = self._found(name.lower())
        texts = [value for value in found if isinstance(value, str)]
        if len(texts) < len(found):
            raise Unmappable("not_text", f"{name} is not UTF-8 text")
        written = [text for text in texts if visible(text).strip()]
        if len(written) < 2 or not self._path:
            return written
        distinguished = self._distinguished(name, written)
        return sorted(written, key=lambda text: (text != distinguished, text))

    def _found(self, name: str) -> tuple[str | bytes, ...]:
        found = self._attributes.get(name)
        if found is not None or not self._path:
            return found or ()
        if name in TREE_NAMES:
            return (self._place.dn if name == DN else dn.rdn_of(self._place.dn),)
        return values_of(self._attributes, name, self._place.answered_names)

    def _distinguished(self, name: str, values: Iterable[str]) -> str | None:
        """Return the value that stands in the entry's RDN (RFC 4512, 2.3.1); nothing unless exactly one does."""
        wanted = dn.named_by(self._path).get(usual_name(name))
        found = [value for value in values if dn.value_form(value) == wanted] if wanted else []
        return found[0] if len(found) == 1 else None

    def __bool__(self) -> bool:
        """Tell whether there is anything: `{% if hr %}` asks whether the source has an entry."""
        return any(self._attributes.values())

    def __str__(self) -> str:
        """Raise `Unmappable`: what would be put in is no value."""
        raise Unmappable("template_failed", "its template puts in a whole entry; name one of its attributes: hr.mobile")

    def __getitem__(self, name: str) -> str:
        """Return the only value of an attribute, or the one in the RDN, or empty text.

        Raises `Unmappable` where it has several and none of them is in the RDN.
        """
        values = self.values(name)
        if len(values) > 1 and self._distinguished(name, values) is None:
            raise Unmappable(
                "several_values",
                f"{name} has {len(values)} values where one is wanted; keep one, or choose with a template such as "
                f'{{{{ entry.values("{name}")[0] }}}}',
            )
        return values[0] if values else ""


class Unread(Values):
    """What a source that could not be read would add: nobody knows."""

    def __init__(self) -> None:
        super().__init__({})

    def __bool__(self) -> bool:
        """Raise `Unmappable`."""
        raise Unmappable(NOT_READ, "the source could not be read, so it stays as it is")

    def values(self, name: str) -> list[str]:
        """Raise `Unmappable`."""
        raise Unmappable(NOT_READ, f"the source of {name} could not be read, so it stays as it is")


NOTHING_JOINED: Mapping[str, Values] = MappingProxyType({})


class Facts(Values):
    """What rules and templates may know of one entry; `joined` has what enrich sources add, by their names."""

    source: str = ""
    today: str = ""

    def __init__(
        self,
        attributes: Mapping[str, tuple[str | bytes, ...]],
        source: str,
        today: str,
        joined: Mapping[str, Values] = NOTHING_JOINED,
        place: Place = NOWHERE,
    ) -> None:
        super().__init__(attributes, place)
        self.source = source
        self.today = today
        self.joined = joined

    def values(self, name: str) -> list[str]:
        """Give all values of an attribute, or of one of an enrich source (`hr.phone`), as `Values` does."""
        source, dot, attribute = name.partition(".")
        joined = self.joined.get(source.lower()) if dot else None
        return super().values(name) if joined is None else joined.values(attribute)


def is_true(text: str) -> bool:
    """Tell whether a template's text means yes: true, 1 or yes in any letter case."""
    return plain_form(text).lower() in TRUE
