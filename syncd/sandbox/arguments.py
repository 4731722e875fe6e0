"""What a call was given, read by type, and how it is refused (Open API, table of error codes)."""

from collections.abc import Mapping
from typing import Any

from syncd.wire.codes import MESSAGES, Code

Arguments = Mapping[str, object]
Record = dict[str, Any]
ROOT = "0"


class Rejected(Exception):
    """A call that the platform answers with an error code.

    `message` is that of the code's table; the text of the exception says beside it which rule was broken.
    """

    def __init__(self, code: int, message: str = "", reason: str = "") -> None:
        self.code, self.message = code, message or MESSAGES[Code(code)]
        super().__init__(f"{self.message}: {reason}" if reason else self.message)


def lacking(name: str) -> Rejected:
    """Give the refusal of a call in which a required argument is missing."""
    return Rejected(Code.ARGUMENT_LACKING, MESSAGES[Code.ARGUMENT_LACKING] % name)


def invalid(reason: str) -> Rejected:
    """Give the refusal of a call whose arguments have the right types and break a rule."""
    return Rejected(Code.INVALID_ARGUMENTS, reason=reason)


def text(arguments: Arguments, name: str) -> str | None:
    """Give an argument as text; numbers are taken as their digits, null is absent."""
    value = arguments.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise Rejected(Code.ARGUMENT_TYPE)
    return str(value)


def required(arguments: Arguments, name: str) -> str:
    """Give a text that must be there and must not be blank."""
    value = text(arguments, name)
    if not value or not value.strip():
        raise lacking(name)
    return value


def optional(arguments: Arguments, name: str) -> str:
    """Return a text that may be left out, `""` where it is left out or blank."""
    value = text(arguments, name) or ""
    return value if value.strip() else ""


def place(arguments: Arguments, name: str) -> str | None:
    """Give a department's id, `""` for the root, which the document also calls 0."""
    value = text(arguments, name)
    return "" if value == ROOT else value


def number(arguments: Arguments, name: str) -> int | None:
    """Give a whole number, or one written as text, as forms do; an empty text is absent."""
    value = arguments.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            raise Rejected(Code.ARGUMENT_TYPE) from None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Rejected(Code.ARGUMENT_TYPE)
    return value


def decimal(arguments: Arguments, name: str) -> float | None:
    """Give a number, or one written as text; an empty text is absent."""
    value = arguments.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Rejected(Code.ARGUMENT_TYPE)
    try:
        return float(value)
    except ValueError:
        raise Rejected(Code.ARGUMENT_TYPE) from None


def texts(arguments: Arguments, name: str) -> list[str] | None:
    """Give a list of texts."""
    value = arguments.get(name)
    if value is None:
        return None
    if not isinstance(value, list):
        raise Rejected(Code.ARGUMENT_TYPE)
    return [text({name: one}, name) or "" for one in value]


def objects(arguments: Arguments, name: str) -> list[Arguments] | None:
    """Give a list of objects."""
    value = arguments.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Rejected(Code.ARGUMENT_TYPE)
    return value
