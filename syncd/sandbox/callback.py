"""What an administrator does with the callback: saves its URL, stops it, and sends an event by hand."""

from syncd.errors import ConfigurationError, SyncdError
from syncd.sandbox.api import Sandbox
from syncd.sandbox.envelopes import Outgoing, complaint, outgoing
from syncd.sandbox.events import CHECK_URL
from syncd.sandbox.posting import Poster, Unanswered, address
from syncd.sandbox.sealing import Wrong, forged, keys_of, sealed
from syncd.sandbox.state import CallbackSettings
from syncd.wire.callback import CallbackKeys

CHECK = b'{"event_type":"%s"}' % CHECK_URL.encode()
CHECK_SECONDS = 1.5
NAMES = ("url", "token", "aes_key")


class CallbackRefused(SyncdError):
    """Settings of the callback that cannot be saved, or an event that cannot be sent by hand."""


def merged(known: CallbackSettings, url: str = "", token: str = "", aes_key: str = "") -> CallbackSettings:
    """Give the settings with what is not empty in the place of what is known."""
    return CallbackSettings(url or known.url, token or known.token, aes_key or known.aes_key)


def stopped(known: CallbackSettings) -> CallbackSettings:
    """Give the settings under which no event is sent; the keys stay."""
    return CallbackSettings("", known.token, known.aes_key)


async def save(sandbox: Sandbox, settings: CallbackSettings) -> None:
    """Keep the settings if the URL answers a `check_url` with `success` within 1500 ms; else raises `CallbackRefused`.

    Settings without a URL are kept as they are: nothing is sent from then on.
    """
    if settings.url or settings.aes_key or settings.token:
        keys = _keys(sandbox, settings)
    if settings.url:
        _check_address(settings.url)
        delivery = sandbox.pushes.delivery
        check = outgoing(delivery, sealed(keys, delivery, CHECK, sandbox.company.clock()))
        if problem := await _posted(settings.url, keys, check):
            raise CallbackRefused(f"the URL {settings.url} is not saved: check_url was sent, and {problem}")
    sandbox.pushes.settings = settings


async def send(sandbox: Sandbox, message: bytes, age: float, wrong: Wrong | None) -> str:
    """Send an event at once, stamped so many seconds ago; gives what its answer lacks.

    Raises `CallbackRefused` where no URL is set.
    """
    settings, keys, delivery = _usable(sandbox), sandbox.pushes.keys, sandbox.pushes.delivery
    at = sandbox.company.clock() - age
    if wrong is None:
        request = outgoing(delivery, sealed(keys, delivery, message, at))
    else:
        request = forged(keys, delivery, message, at, wrong)
    return await _posted(settings.url, keys, request)


async def replay(sandbox: Sandbox, number: int | None) -> str:
    """Send an event that was sent before once more, the same bytes; gives what its answer lacks.

    Without a number it is the last one. Raises `CallbackRefused` where it is not remembered.
    """
    settings, sent = _usable(sandbox), sandbox.pushes.sent
    wanted = max(sent.numbers, default=0) if number is None else number
    request = sent.of(wanted)
    if request is None:
        known = f"{min(sent.numbers)} to {max(sent.numbers)}" if sent.numbers else "none yet"
        raise CallbackRefused(f"the event {wanted} is not remembered; the numbers of those that are: {known}")
    return await _posted(settings.url, sandbox.pushes.keys, request)


def _usable(sandbox: Sandbox) -> CallbackSettings:
    if not sandbox.pushes.settings.url:
        raise CallbackRefused("no callback URL is set; save one first")
    return sandbox.pushes.settings


def _check_address(url: str) -> None:
    try:
        address(url)
    except Unanswered as error:
        raise CallbackRefused(str(error)) from None


def _keys(sandbox: Sandbox, settings: CallbackSettings) -> CallbackKeys:
    if not settings.token or not settings.aes_key:
        raise CallbackRefused(
            "the callback has no token or no aes_key; refresh makes both, the receiver needs them first"
        )
    try:
        return keys_of(settings, sandbox.appkey)
    except ConfigurationError:
        raise CallbackRefused(f"aes_key has {len(settings.aes_key)} characters; it has 43 letters and digits") from None


async def _posted(url: str, keys: CallbackKeys, request: Outgoing) -> str:
    """Post on a connection of its own, and tell what is wrong with the answer."""
    poster = Poster()
    try:
        status, body = await poster.post(url, request, CHECK_SECONDS)
    except Unanswered as error:
        return str(error)
    finally:
        poster.close()
    return complaint(keys, status, body)
