"""The keys of callbacks that a configuration has."""

from syncd.config.settings import Settings
from syncd.errors import ConfigurationError
from syncd.wire.callback import CallbackKeys


def callback_keys(settings: Settings) -> tuple[CallbackKeys, ...]:
    """Give the keys of callbacks, the present ones first; raises `ConfigurationError` where they are missing."""
    present, former = settings.platform.callback, settings.platform.callback.former
    token, aes_key = present.token.get_secret_value(), present.aes_key.get_secret_value()
    if not token:
        raise ConfigurationError(
            "platform.callback.token and platform.callback.aes_key are missing (or token_file, aes_key_file); without "
            "them no event can be told from a forgery; the platform's settings page shows both"
        )
    receiver = settings.platform.appkey
    keys = [CallbackKeys.of(token, aes_key, receiver)]
    former_token, former_key = former.token.get_secret_value(), former.aes_key.get_secret_value()
    if former_token or former_key:
        keys.append(CallbackKeys.of(former_token or token, former_key or aes_key, receiver))
    return tuple(keys)
