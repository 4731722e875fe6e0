"""The sandbox's own paths below `callback`: settings, delivery, what became of events, events by hand."""

import msgspec

from syncd.sandbox import callback
from syncd.sandbox.api import Sandbox
from syncd.sandbox.delivery import Delivery
from syncd.sandbox.sealing import Wrong, made_settings
from syncd.sandbox.state import CallbackSettings
from syncd.sandbox.switches import replaced

PATHS = {
    "GET callback": "URL, token and aes_key of the events, what waits, counts, the last failures, the delivery",
    "POST callback": "save `url`, and `token` and `aes_key` unless known: 400 where `check_url` is not answered",
    "DELETE callback": "send no more events; the keys stay",
    "POST callback/keys": "make a new token and aes_key, which hold once they are saved",
    "GET callback/delivery": "every switch of the delivery with its value",
    "POST callback/delivery": "change switches of the delivery: a JSON object of those to change",
    "DELETE callback/delivery": "set every switch of the delivery to its default",
    "GET callback/events": "the last 1,000 events: number, time, type, ids, tries, what went wrong",
    "POST callback/replay": "send an event again as it was sent: the one of this `number`, or the last",
    "POST callback/send": "send any `event`, stamped `age` seconds ago, with something `wrong`",
}


class _Replayed(msgspec.Struct, forbid_unknown_fields=True):
    number: int | None = None


class _Sent(msgspec.Struct, forbid_unknown_fields=True):
    event: msgspec.Raw
    age: float = 0.0
    wrong: Wrong | None = None


async def value(wanted: str, body: bytes, sandbox: Sandbox) -> object:
    """Carry out a request of `PATHS`, and give its answer; raises `DecodeError` or `SyncdError`."""
    method, path = wanted.split()
    part = path.removeprefix("callback").removeprefix("/")
    if part == "delivery":
        return _delivery(method, body, sandbox)
    if part == "keys":
        return _keys()
    if part == "events":
        return list(sandbox.pushes.settled)
    if part == "replay":
        return _said(await callback.replay(sandbox, msgspec.json.decode(body or b"{}", type=_Replayed).number))
    if part == "send":
        sent = msgspec.json.decode(body, type=_Sent)
        return _said(await callback.send(sandbox, bytes(sent.event), sent.age, sent.wrong))
    if method != "GET":
        await callback.save(sandbox, _changed(method, body, sandbox.pushes.settings))
    return shown(sandbox)


def shown(sandbox: Sandbox) -> dict[str, object]:
    """Give the settings and what became of events."""
    pushes = sandbox.pushes
    return {
        **msgspec.structs.asdict(pushes.settings),
        "waiting": pushes.waiting,
        "sending": pushes.sending,
        "counts": pushes.counts,
        "failures": list(pushes.failures),
        "delivery": pushes.delivery,
    }


def _changed(method: str, body: bytes, known: CallbackSettings) -> CallbackSettings:
    if method == "DELETE":
        return callback.stopped(known)
    return callback.merged(known, **msgspec.structs.asdict(msgspec.json.decode(body, type=CallbackSettings)))


def _delivery(method: str, body: bytes, sandbox: Sandbox) -> Delivery:
    pushes = sandbox.pushes
    if method == "POST":
        pushes.delivery = replaced(pushes.delivery, msgspec.json.decode(body), "switch")
    elif method == "DELETE":
        pushes.delivery = Delivery()
    return pushes.delivery


def _keys() -> dict[str, str]:
    made = made_settings()
    return {"token": made.token, "aes_key": made.aes_key}


def _said(problem: str) -> dict[str, object]:
    return {"answered": not problem, "problem": problem}
