"""The client of the platform, as the configuration wants it."""

from typing import TYPE_CHECKING

from syncd.app.ports import Platform
from syncd.config.settings import Settings
from syncd.platform import ClientSettings
from syncd.platform.normal_ids import NormalIds
from syncd.platform.observing import NOBODY, Observer

if TYPE_CHECKING:
    from syncd.platform import Client
    from syncd.platform.raw import RawCalls


def client(settings: Settings, observer: Observer | None = None) -> "Client":
    """Make the client of the platform; `observer` is told of its calls."""
    from syncd.platform import Client  # noqa: PLC0415 - slow to load, often not needed

    return Client(_client_settings(settings), observer=observer or NOBODY)


def with_normal_ids(platform: Platform) -> NormalIds:
    """Return the platform as every use case sees it: its ids have one normal form."""
    return NormalIds(platform)


def raw_platform(settings: Settings) -> "RawCalls":
    """Make what asks the platform for answers as they stand."""
    from syncd.platform.raw import RawCalls  # noqa: PLC0415 - slow to load, often not needed

    return RawCalls(_client_settings(settings))


def _keys_of_callbacks(settings: Settings) -> tuple[str, ...]:
    """Return what seals callbacks, which the platform knows as well."""
    chosen = settings.platform.callback
    keys = (chosen.token, chosen.aes_key, chosen.former.token, chosen.former.aes_key)
    return tuple(found for one in keys if (found := one.get_secret_value()))


def _client_settings(settings: Settings) -> ClientSettings:
    chosen = settings.platform
    return ClientSettings(
        url=chosen.url,
        appkey=chosen.appkey,
        appsecret=chosen.appsecret.get_secret_value(),
        rate=chosen.rate,
        concurrency=chosen.concurrency,
        body=chosen.body,
        proxy=chosen.proxy,
        ca_file=chosen.ca_file,
        insecure=chosen.insecure,
        read_only=chosen.read_only,
        largest_answer=chosen.largest_answer,
        answer_timeout=chosen.answer_timeout,
        other_secrets=_keys_of_callbacks(settings),
    )
