"""How an answer leaves: whole, or with a fault on its way."""

import asyncio
import math
import socket
import struct
import time
from email.utils import formatdate

from starlette.types import Send

from syncd.sandbox.faults import Fault, Order

JSON = b"application/json"
HTML = b"text/html; charset=utf-8"
GATEWAY = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
PIECES = 20
AT_ONCE = struct.pack("ii", 1, 0)
Header = tuple[bytes, bytes]


async def reply(send: Send, status: int, content: bytes, kind: bytes = JSON, *headers: Header) -> None:
    """Send a whole answer."""
    await _start(send, status, len(content), kind, *headers)
    await send({"type": "http.response.body", "body": content})


async def show(order: Order, content: bytes, send: Send) -> None:
    """Show a fault in place of an answer, whose content may be used."""
    if order.fault in (Fault.LOST_ANSWER, Fault.LOST_REQUEST):
        _connection(send).abort()
    elif order.fault is Fault.RESET:
        # A socket that does not linger is closed with RST (socket(7)).
        _connection(send).get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        _connection(send).abort()
    elif order.fault is Fault.CUT:
        await _start(send, 200, len(content), JSON)
        await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
        _connection(send).close()
    elif order.fault is Fault.DRIP:
        await _drip(content, order.seconds, send)
    elif order.fault is Fault.INVALID_JSON:
        await reply(send, 200, content[:-1] + b",")
    else:
        await reply(send, *_page(order))


def _page(order: Order) -> tuple[int, bytes, bytes] | tuple[int, bytes, bytes, Header]:
    """Give the page that stands in place of an answer."""
    if order.fault is Fault.HTML:
        return 200, GATEWAY, HTML
    if order.fault is Fault.REDIRECT:
        return 302, b"", HTML, (b"location", b"/sandbox/elsewhere")
    if order.fault is Fault.BUSY:
        wait = f"{order.seconds:g}"
        if order.form == "date":
            wait = formatdate(math.ceil(time.time() + order.seconds), usegmt=True)
        return 429, GATEWAY, HTML, (b"retry-after", wait.encode())
    return order.status, GATEWAY, HTML


async def _drip(content: bytes, seconds: float, send: Send) -> None:
    await _start(send, 200, len(content), JSON)
    size = math.ceil(len(content) / PIECES)
    for begin in range(0, len(content), size):
        await asyncio.sleep(seconds)
        await send({"type": "http.response.body", "body": content[begin : begin + size], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _start(send: Send, status: int, length: int, kind: bytes, *headers: Header) -> None:
    known = [(b"content-type", kind), (b"content-length", str(length).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": known})


def _connection(send: Send) -> asyncio.Transport:
    """Give the connection below a request: the server gives `send` as a method of what holds it."""
    transport: asyncio.Transport = send.__self__.transport  # type: ignore[attr-defined]
    return transport
