"""Kinds of values that a configuration has: durations, secrets, lists that may be one text."""

import re
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    WithJsonSchema,
)

from syncd.errors import SourceBroken
from syncd.model import dn

NEVER = "never"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d+)\s*([smhdw])\Z")


class Table(BaseModel):
    """A table of the configuration: no unknown key, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=False)


def seconds(value: object) -> float:
    """Read a duration such as `90s`, `15m`, `12h`, `7d`, `2w` as seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value == 0:
        return 0.0
    if isinstance(value, str) and (found := _DURATION.match(value.strip())):
        return float(int(found[1]) * _UNITS[found[2]])
    raise ValueError('a duration is a number and one of s, m, h, d, w, such as "15m" or "7d"')


def _seconds_or_never(value: object) -> float | None:
    if value is None or (isinstance(value, str) and value.strip().lower() == NEVER):
        return None
    try:
        return seconds(value)
    except ValueError:
        raise ValueError('a duration such as "7d", "0d" for at once, or "never"') from None


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _parsed(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        try:
            dn.parse(name)
        except SourceBroken as error:
            raise ValueError(str(error)) from None
    return names


def _present(value: str) -> str:
    if not value.strip():
        raise ValueError("a value is required here")
    return value


def _revealed(secret: SecretStr) -> str:
    return "***" if secret.get_secret_value() else ""


_AS_TEXT = WithJsonSchema({"type": "string", "examples": ["15m", "7d"]})
_AS_TEXTS = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
Duration = Annotated[float, BeforeValidator(seconds), _AS_TEXT]
DurationOrNever = Annotated[float | None, BeforeValidator(_seconds_or_never), _AS_TEXT]
Texts = Annotated[tuple[str, ...], BeforeValidator(_listed), _AS_TEXTS]
DistinguishedNames = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_parsed), _AS_TEXTS]
Required = Annotated[str, BeforeValidator(lambda value: _present(value) if isinstance(value, str) else value)]
Secret = Annotated[SecretStr, PlainSerializer(_revealed), Field(json_schema_extra={"secret": True})]
