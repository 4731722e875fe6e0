"""What shows a service who asks, for what else is asked of its server than its lists."""

import urllib.parse
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack

from syncd.directory.http_exchange import Exchange
from syncd.directory.http_source import Service
from syncd.directory.http_tokens import Credentials

PORTS = {"https": 443, "http": 80}


class Access:
    """The headers for a server of a service: those of the configuration, and what shows who asks.

    The connections over which tokens are fetched stay open until `close`.
    """

    def __init__(self, source: str, service: Service, credentials: Credentials) -> None:
        self._source, self._service, self._credentials = source, service, credentials
        self._held = ExitStack()
        self._exchange: Exchange | None = None

    def is_for(self, address: str) -> bool:
        """Tell whether an address is on the same server, by scheme, host and port: no other is shown it."""
        return _origin(address) == _origin(self._service.url)

    def kept_out(self) -> AbstractContextManager[None]:
        """Keep what the server was shown out of the texts of every error that passes."""
        return self._credentials.secrets.kept_out(self._service.secrets)

    def without(self, text: str) -> str:
        """Return a text without what the server was shown."""
        return self._credentials.secrets.without(text, self._service.secrets)

    def headers(self) -> Mapping[str, str]:
        """Give the headers; raises as `HttpSource.read` does where a token cannot be fetched."""
        return {**self._service.headers, **self._credentials.headers(self._opened())}

    def renewed(self) -> Mapping[str, str] | None:
        """Give others after a refusal; nothing where there are no others."""
        renewed = self._credentials.renewed(self._opened())
        return {**self._service.headers, **renewed} if renewed else None

    def close(self) -> None:
        """Let go of the connections."""
        self._exchange = None
        self._held.close()

    def _opened(self) -> Exchange:
        if self._exchange is None:
            self._exchange = self._held.enter_context(Exchange(self._source, self._service.reaching))
        return self._exchange


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urllib.parse.urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)
