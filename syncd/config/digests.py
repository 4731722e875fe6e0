"""Which keys of the configuration differ from an earlier one, without keeping what they say."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping

import msgspec
from pydantic import BaseModel, SecretStr

from syncd.config.settings import Settings

DIGITS = 16
MARKED = "secret:"
APPSECRET = "platform.appsecret"


def digests(settings: Settings) -> dict[str, str]:
    """Return a digest of every key whose value is not the default.

    Those of secrets are keyed with the appsecret, which the store never has: nobody who has the store can try
    passwords by them.
    """
    key = settings.platform.appsecret.get_secret_value().encode()
    return dict(sorted(_of("", settings, None, key)))


def changed_keys(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys that differ, by name.

    With another appsecret the digests of all secrets are others; then only those that came or went are named beside it.
    """
    is_rekeyed = before.get(APPSECRET) != after.get(APPSECRET)

    def differs(name: str) -> bool:
        old, new = before.get(name), after.get(name)
        are_secrets = bool(old and new and old.startswith(MARKED) and new.startswith(MARKED))
        return old != new and not (is_rekeyed and are_secrets and name != APPSECRET)

    return tuple(sorted(name for name in before.keys() | after.keys() if differs(name)))


def _of(path: str, value: object, default: object, key: bytes) -> Iterator[tuple[str, str]]:
    """Yield what differs from a default, down to single keys; a table that is there with nothing of its own too."""
    if isinstance(value, BaseModel):
        before = default if type(default) is type(value) else None
        inner = [
            pair
            for name, field in type(value).model_fields.items()
            for pair in _of(
                f"{path}.{name}" if path else name,
                getattr(value, name),
                getattr(before, name) if before else field.get_default(call_default_factory=True),
                key,
            )
        ]
        yield from inner or ([] if before else [(path, "")])
    elif value == default:
        return
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _of(f"{path}.{name}", one, None, key)
    elif isinstance(value, SecretStr):
        text = f"{path}\0{value.get_secret_value()}".encode()
        yield path, MARKED + hmac.new(key, text, hashlib.sha256).hexdigest()[:DIGITS]
    else:
        yield path, hashlib.sha256(msgspec.json.encode(value, enc_hook=repr)).hexdigest()[:DIGITS]
