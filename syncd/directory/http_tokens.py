"""How requests show who asks: not at all, by name and password, by a token, or by one that is fetched (OAuth2)."""

import base64
import time
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Protocol

import httpx
import msgspec

from syncd.directory.http_exchange import UNAUTHORIZED, Answer, Exchange, shown
from syncd.errors import ConfigurationError, SourceBroken
from syncd.model.json_text import decoded
from syncd.model.secrets import KnownSecrets, of_headers, of_url

SUCCESS, BAD_REQUEST = 200, 400
EARLY = 30.0
LIFE = 300.0  # of a token that does not say for how long it is good
LONGEST_LIFE = 10 * 365 * 86400.0  # seconds


class Credentials(Protocol):
    """What shows who asks."""

    def headers(self, exchange: Exchange) -> Mapping[str, str]:
        """Give the headers to send, fetching a token first where there is none that is good."""

    def renewed(self, exchange: Exchange) -> Mapping[str, str] | None:
        """Give other headers after a refusal; nothing where there are no others."""

    @property
    def secrets(self) -> KnownSecrets:
        """Return what no answer may show."""


class Fixed:
    """Headers that are always the same; `secrets` are those that they are made of."""

    def __init__(self, headers: Mapping[str, str], secrets: Iterable[str] = ()) -> None:
        self._headers = headers
        self.secrets = KnownSecrets((*of_headers(headers.values()), *secrets))

    def headers(self, _exchange: Exchange) -> Mapping[str, str]:
        """Give them."""
        return self._headers

    def renewed(self, _exchange: Exchange) -> None:
        """Give nothing: there are no others."""


class Client(msgspec.Struct, frozen=True):
    """A client of an authorization server (RFC 6749, 4.4): where it is, and how the client shows who it is."""

    token_url: str
    client_id: str
    client_secret: str
    scope: str = ""


class ClientCredentials:
    """A token for client credentials, kept in memory until shortly before it ends."""

    def __init__(self, source: str, client: Client) -> None:
        self._source, self._client = source, client
        try:
            self._url = httpx.URL(client.token_url)
        except (httpx.InvalidURL, ValueError) as error:
            raise ConfigurationError(f"source.{source}.token_url is no URL: {error}") from None
        self._token, self._until = "", 0.0
        pair = ":".join(urllib.parse.quote_plus(one) for one in (client.client_id, client.client_secret))
        self.secrets = KnownSecrets((client.client_secret, pair, *of_url(client.token_url)))

    def headers(self, exchange: Exchange) -> Mapping[str, str]:
        """Give the token's header; raises `ConfigurationError` where the client is refused."""
        if not self._token or time.monotonic() >= self._until:
            self._fetch(exchange)
        return {"authorization": f"Bearer {self._token}"}

    def renewed(self, exchange: Exchange) -> Mapping[str, str]:
        """Give the header of a new token."""
        self._token = ""
        return self.headers(exchange)

    def _fetch(self, exchange: Exchange) -> None:
        asked = time.monotonic()
        found = _content(self._granted(exchange))
        token, kind = found.get("access_token"), found.get("token_type", "bearer")
        if not isinstance(token, str) or not token.isprintable() or not token.isascii() or not token:
            raise SourceBroken(f"{self._where}: there is no access_token in its answer")
        if str(kind).lower() != "bearer":
            raise SourceBroken(f"{self._where}: its token is of the type {kind}; only bearer tokens are known")
        self.secrets.learn(token)
        self._token, self._until = token, asked + _seconds(found.get("expires_in")) - EARLY

    def _granted(self, exchange: Exchange) -> Answer:
        """Ask with the secret in a header, which every server must take, and where it does not, in the form."""
        client = self._client
        form = {"grant_type": "client_credentials", **({"scope": client.scope} if client.scope else {})}
        pair = [urllib.parse.quote_plus(one) for one in (client.client_id, client.client_secret)]
        answer = exchange.post(self._url, basic(*pair), form)
        if answer.status in (BAD_REQUEST, UNAUTHORIZED):
            secret = {"client_id": client.client_id, "client_secret": client.client_secret}
            answer = exchange.post(self._url, {}, {**form, **secret})
        if answer.status in (BAD_REQUEST, UNAUTHORIZED, 403):
            reason = _content(answer).get("error", f"HTTP {answer.status}")
            raise ConfigurationError(
                f"{self._where}: it refuses the client ({reason}); check client_id, client_secret and scope"
            )
        if answer.status != SUCCESS:
            raise SourceBroken(f"{self._where} answers HTTP {answer.status}; check token_url")
        return answer

    @property
    def _where(self) -> str:
        return f"source {self._source}: {shown(self._url)}"


def basic(username: str, password: str) -> dict[str, str]:
    """Give the header of a name and a password (RFC 7617)."""
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"authorization": f"Basic {pair}"}


def _content(answer: Answer) -> dict[str, object]:
    try:
        found = decoded(answer.body, object)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(value: object) -> float:
    """Return how long a token lives; what is no number of seconds that can be means the usual."""
    try:
        found = float(value) if isinstance(value, str | int | float) else LIFE
    except (ValueError, OverflowError):
        return LIFE
    return found if 0 <= found <= LONGEST_LIFE else LIFE
