"""Kinds of values that a configuration has: durations, secrets, lists that may be one text."""

import ipaddress
import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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

from syncd.config.addresses import host_and_port
from syncd.errors import SourceBroken
from syncd.model import dn

NEVER = "never"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZE_UNITS = {"": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
_SIZE = re.compile(r"(\d{1,15})\s*([kmg]ib)?\Z", re.IGNORECASE | re.ASCII)
_DURATION = re.compile(r"(\d+)\s*([smhdw])\Z")


class Table(BaseModel):
    """A table of the configuration: no unknown key, nothing changed afterwards.

    What checks a table is built when it is first used: most commands use that of the whole configuration alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=False, defer_build=True)


def _as_written(value: str | bool) -> str:  # noqa: FBT001 - shown, not decided by
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def _numeric(value: object) -> object:
    """Refuse what the library would read as a number: one in quotes, and a switch."""
    if isinstance(value, str | bool):
        raise ValueError(f"found {_as_written(value)}; wanted: a number")  # noqa: TRY004 - the library takes no other
    return value


def _switch(value: object) -> object:
    """Refuse what the library would read as a switch: a text."""
    if isinstance(value, str):
        raise ValueError(f"found {_as_written(value)}; wanted: true or false")  # noqa: TRY004 - likewise
    return value


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


def size(value: object) -> int:
    """Read a size such as `512KiB`, `8MiB`, `1GiB`, or a number of bytes, as bytes."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and (found := _SIZE.match(text.strip())) and int(found[1]):
        return int(found[1]) * _SIZE_UNITS[(found[2] or "").lower()]
    raise ValueError('a size is a number of bytes, or a number and one of KiB, MiB, GiB, such as "8MiB"')


def shown_size(value: int) -> str:
    """Give bytes as `size` reads them."""
    for unit, bytes_of_one in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if value % bytes_of_one == 0:
            return f"{value // bytes_of_one}{unit}"
    return str(value)


def _bindable(value: str) -> str:
    host_and_port(value)
    return value


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'{name} is no time zone that this machine knows; it looks like "Asia/Shanghai"') from None
    return name


def _networks(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        try:
            ipaddress.ip_network(name)
        except ValueError:
            raise ValueError(f'{name} is no address or network; it looks like "10.0.0.5" or "10.0.0.0/24"') from None
    return names


def _encoding(name: str) -> str:
    if name != "auto":
        try:
            b"a".decode(name)
        except UnicodeDecodeError:
            pass
        except LookupError:
            raise ValueError(f'{name} is no encoding; it looks like "utf-8", "gb18030" or "utf-16"') from None
    return name


def _delimiter(value: str) -> str:
    if value != "auto" and (len(value) != 1 or value in '"\r\n'):
        raise ValueError('a delimiter is one character, such as "," or "\\t", or "auto"')
    return value


def _pointer(value: str) -> str:
    if value and not value.startswith("/"):
        raise ValueError(f'{value} is no JSON Pointer (RFC 6901); it looks like "/data/list"')
    return value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _excludable(names: tuple[str, ...]) -> tuple[str, ...]:
    """Check DNs, and the URLs of referrals, of which some servers give no DN (RFC 4511, 4.1.10)."""
    _parsed(tuple(name for name in names if not name.lower().startswith(("ldap://", "ldaps://"))))
    return names


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
Number = Annotated[float, BeforeValidator(_numeric)]
Whole = Annotated[int, BeforeValidator(_numeric)]
Count = Annotated[int, Field(ge=0), BeforeValidator(_numeric)]
Percent = Annotated[float, Field(ge=0, le=100), BeforeValidator(_numeric)]
Switch = Annotated[bool, BeforeValidator(_switch)]
Duration = Annotated[float, BeforeValidator(seconds), _AS_TEXT]
DURATIONS = (seconds, _seconds_or_never)
DurationOrNever = Annotated[float | None, BeforeValidator(_seconds_or_never), _AS_TEXT]
Texts = Annotated[tuple[str, ...], BeforeValidator(_listed), _AS_TEXTS]
DistinguishedNames = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_parsed), _AS_TEXTS]
Excluded = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_excludable), _AS_TEXTS]
Required = Annotated[str, BeforeValidator(lambda value: _present(value) if isinstance(value, str) else value)]
_AS_SIZE = WithJsonSchema({"type": ["string", "integer"], "examples": ["8MiB", "512KiB"]})
Size = Annotated[int, BeforeValidator(size), PlainSerializer(shown_size), _AS_SIZE]
Bind = Annotated[str, AfterValidator(_bindable)]
Encoding = Annotated[str, AfterValidator(_encoding)]
Delimiter = Annotated[str, AfterValidator(_delimiter)]
Pointer = Annotated[str, AfterValidator(_pointer)]
TimeZone = Annotated[str, AfterValidator(_zone)]
Networks = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_networks), _AS_TEXTS]
Secret = Annotated[SecretStr, PlainSerializer(_revealed), Field(json_schema_extra={"secret": True})]
NO_SECRET = SecretStr("")
