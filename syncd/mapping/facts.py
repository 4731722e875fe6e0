"""What rules and templates see of an entry: its attributes, and those that enrich sources add."""

from collections.abc import Mapping
from types import MappingProxyType

from syncd.mapping.normal_forms import plain_form, visible

TRUE = frozenset({"true", "1", "yes"})
EVERY_ATTRIBUTE = "*"
NOT_READ = "source_not_read"


class Unmappable(Exception):
    """A field of an entry cannot be mapped; `reason` is a word for machines, the message a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Values:
    """The attributes of one entry, as rules and templates may read them."""

    def __init__(self, attributes: Mapping[str, tuple[str | bytes, ...]]) -> None:
        self._attributes = attributes

    def values(self, name: str) -> list[str]:
        """Give all values of an attribute, sorted; raises `Unmappable` where one is no text."""
        found = self._attributes.get(name.lower(), ())
        texts = [value for value in found if isinstance(value, str)]
        if len(texts) < len(found):
            raise Unmappable("not_text", f"{name} is not UTF-8 text")
        written = [text for text in texts if visible(text).strip()]
        return sorted(written) if len(written) > 1 else written

    def __bool__(self) -> bool:
        """Tell whether there is anything: `{% if hr %}` asks whether the source has an entry."""
        return any(self._attributes.values())

    def __str__(self) -> str:
        """Raise `Unmappable`: what would be put in is no value."""
        raise Unmappable("template_failed", "its template puts in a whole entry; name one of its attributes: hr.mobile")

    def __getitem__(self, name: str) -> str:
        """Give the only value of an attribute, or empty text; raises `Unmappable` where it has several."""
        values = self.values(name)
        if len(values) > 1:
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
    ) -> None:
        super().__init__(attributes)
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
