"""HTTP/1.1 for senders who offer another protocol: the offer is passed over (RFC 9110, 7.8).

Some clients offer HTTP/2 with every request (`Upgrade: h2c`: Java's HttpClient, `curl --http2`, some proxies). The
parser takes such an offer for the end of HTTP, and the body after it for another protocol.
"""

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

UPGRADE = b"upgrade"
NOT_HTTP = "Invalid HTTP request received."


class OfferBlindProtocol(HttpToolsProtocol):
    """The server's HTTP/1.1, which reads a request with such an offer as one without it."""

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.send_400_response(NOT_HTTP)

    def _parse(self, data: bytes) -> None:
        """Parse what came; raise `HttpParserUpgrade` for a CONNECT, which leaves HTTP for good."""
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if not self._is_offer():
                    raise
                (length,) = upgrade.args
                data = self._head_without_offer() + data[length:]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            else:
                return

    def on_headers_complete(self) -> None:
        """Begin the answer, unless the head is read again without its offer."""
        if not self._is_offer():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the body, unless the parser says so because of an offer."""
        if not self._is_offer():
            super().on_message_complete()

    def _is_offer(self) -> bool:
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def _head_without_offer(self) -> bytes:
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        for name, value in self.headers:
            if name == b"connection":
                options = [option.strip() for option in value.split(b",")]
                value = b", ".join(option for option in options if option.lower() != UPGRADE)  # noqa: PLW2901
            if name != UPGRADE and value:
                lines.append(name + b": " + value)
        return b"\r\n".join(lines) + b"\r\n\r\n"
