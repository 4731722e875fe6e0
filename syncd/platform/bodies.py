"""Bodies of requests: JSON, a form, or a form with a picture."""

import urllib.parse
from collections.abc import Mapping

import httpx
import msgspec

from syncd.wire.arguments import Argument

JSON = b"application/json"
PASSWORD = "password"  # noqa: S105 - the name of an argument
FORM = b"application/x-www-form-urlencoded"


class Body(msgspec.Struct, frozen=True):
    """What is sent, and what kind it is; `secrets` are the passwords in it, which an answer may repeat."""

    content: bytes
    kind: bytes
    secrets: tuple[str, ...] = ()


def json_body(sent: Mapping[str, Argument]) -> Body:
    """Give the arguments as JSON: numbers as numbers, lists as lists."""
    return Body(msgspec.json.encode(sent), JSON, _secrets(sent))


def form_body(sent: Mapping[str, Argument]) -> Body:
    """Give the arguments as a form: numbers as their digits, a list as its JSON text.

    The document shows no form that bears a list. A list of objects has no flat form, a repeated name cannot tell an
    empty list from none, so that every list (`userIds`, `attendances`) travels as JSON text under its name.
    """
    flat = {name: value if isinstance(value, str) else msgspec.json.encode(value) for name, value in sent.items()}
    return Body(urllib.parse.urlencode(flat).encode(), FORM, _secrets(sent))


def _secrets(sent: Mapping[str, Argument]) -> tuple[str, ...]:
    return tuple(value for name, value in sent.items() if name == PASSWORD and isinstance(value, str))


def picture_body(user_id: str, picture: bytes, subtype: str) -> Body:
    """Give the body of `user/updateFace`: multipart/form-data with `userId` and `file`."""
    file = (f"face.{subtype}", picture, f"image/{subtype}")
    request = httpx.Request("POST", "http://platform", data={"userId": user_id}, files={"file": file})
    return Body(request.read(), request.headers["content-type"].encode())
