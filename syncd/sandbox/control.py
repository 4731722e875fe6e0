"""The sandbox's own paths: faults, quirks, calls, changes, tokens, state, callback."""

import msgspec
from starlette.types import Send

from syncd.errors import SyncdError
from syncd.sandbox import callback_control
from syncd.sandbox.api import Sandbox
from syncd.sandbox.faults import Order
from syncd.sandbox.quirks import Quirks, changed
from syncd.sandbox.reading import Asked
from syncd.sandbox.showing import reply

PATHS = {
    "GET faults": "the faults still to come",
    "POST faults": "add faults: a JSON list of objects",
    "DELETE faults": "forget them",
    "GET quirks": "every quirk with its value",
    "POST quirks": "change quirks: a JSON object of those to change",
    "DELETE quirks": "set every quirk to its default",
    "GET calls": "the writing calls received: path, arguments, code",
    "DELETE calls": "forget them",
    "GET changes": "the last changes: time, kind, action, id, before, after",
    "GET state": "everything the company holds, in the form of the state file",
    "DELETE tokens": "make every token given so far unknown",
    **callback_control.PATHS,
}


async def answer(asked: Asked, sandbox: Sandbox, send: Send) -> None:
    """Answer in JSON: 200, 400 with a message for what cannot be read, 404 for what there is not."""
    wanted = f"{asked.method} {asked.path}"
    if wanted not in PATHS:
        known = {f"{one.replace(' ', ' /sandbox/')}": meaning for one, meaning in PATHS.items()}
        await reply(send, 404, msgspec.json.encode({"message": "there is no such path", "paths": known}))
        return
    try:
        if wanted in callback_control.PATHS:
            value = await callback_control.value(wanted, asked.body, sandbox)
        else:
            value = _value(wanted, asked.body, sandbox)
        await reply(send, 200, msgspec.json.encode(value))
    except (msgspec.DecodeError, SyncdError) as error:
        await reply(send, 400, msgspec.json.encode({"message": str(error)}))


def _value(wanted: str, body: bytes, sandbox: Sandbox) -> object:
    method, name = wanted.split()
    if name == "faults":
        return _faults(method, body, sandbox)
    if name == "quirks":
        return _quirks(method, body, sandbox)
    if method == "DELETE" and name == "calls":
        sandbox.calls.clear()
    elif name == "tokens":
        sandbox.revoke_tokens()
        return []
    values: dict[str, object] = {
        "calls": sandbox.calls,
        "changes": list(sandbox.company.registry.changes),
        "state": sandbox.company.state,
    }
    return values[name]


def _faults(method: str, body: bytes, sandbox: Sandbox) -> object:
    if method == "POST":
        sandbox.faults.order(*msgspec.json.decode(body, type=list[Order]))
    elif method == "DELETE":
        sandbox.faults.clear()
    return sandbox.faults.orders


def _quirks(method: str, body: bytes, sandbox: Sandbox) -> object:
    if method == "POST":
        sandbox.quirks = changed(sandbox.quirks, msgspec.json.decode(body))
    elif method == "DELETE":
        sandbox.quirks = Quirks()
    return sandbox.quirks
