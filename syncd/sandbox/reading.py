"""What a request says, read straight from the server: its query, its body, and the arguments in it."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from syncd.sandbox.arguments import Arguments, Record, Rejected
from syncd.sandbox.quirks import Quirks
from syncd.wire.codes import Code

LARGEST_BODY = 8 << 20
LISTS = ("userIds", "attendances")


class Asked(msgspec.Struct, frozen=True):
    """A request to one of the sandbox's own paths; `path` is what follows `/sandbox/`."""

    method: str
    path: str
    body: bytes
    query: Mapping[str, str]


def query(scope: Scope) -> Mapping[str, str]:
    """Give the query's values; of a name that comes twice, the last."""
    return dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))


async def body(receive: Receive) -> bytes:
    """Give the whole body; raises `Rejected` for more than 8 MiB."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            raise Rejected(Code.INVALID_ARGUMENTS, f"a body has at most {LARGEST_BODY} bytes")
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def arguments(scope: Scope, data: bytes, quirks: Quirks) -> Arguments:
    """Give the arguments of a JSON, form or multipart body; raises `Rejected` where it is none or not wanted."""
    kind = header(scope, b"content-type")
    if kind.startswith(b"multipart/form-data"):
        return await _multipart(scope, data)
    is_form = kind.startswith(b"application/x-www-form-urlencoded")
    if quirks.body != "both" and is_form is not (quirks.body == "form"):
        raise Rejected(Code.INVALID_ARGUMENTS)
    return _form(data) if is_form else _json(data)


def header(scope: Scope, wanted: bytes) -> bytes:
    """Give a header by its name in lower case, empty where it is missing."""
    for name, value in scope["headers"]:
        if name == wanted:
            found: bytes = value
            return found
    return b""


def form(data: bytes) -> dict[str, str]:
    """Give the values of a form; of a name that comes twice, the last."""
    return dict(parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True))


def _json(data: bytes) -> Arguments:
    try:
        found = msgspec.json.decode(data or b"{}")
    except msgspec.DecodeError:
        raise Rejected(Code.INVALID_ARGUMENTS) from None
    if not isinstance(found, dict):
        raise Rejected(Code.INVALID_ARGUMENTS)
    return found


def _form(data: bytes) -> Arguments:
    """Give a form's arguments; a list is one JSON text, or its name several times."""
    found: Record = {}
    for name, value in parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True):
        if name not in LISTS:
            found[name] = value
        elif value.startswith("["):
            found[name] = _decoded(value)
        else:
            found.setdefault(name, []).extend([value] if value else [])
    return found


def _decoded(value: str) -> object:
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        raise Rejected(Code.ARGUMENT_TYPE) from None


async def _multipart(scope: Scope, data: bytes) -> Arguments:
    async def once() -> Message:
        return {"type": "http.request", "body": data, "more_body": False}

    found: Record = {}
    try:
        async with Request(scope, once).form() as parts:
            for name, value in parts.items():
                found[name] = await value.read() if isinstance(value, UploadFile) else value
    except (HTTPException, MultiPartException):
        raise Rejected(Code.INVALID_ARGUMENTS) from None
    return found
