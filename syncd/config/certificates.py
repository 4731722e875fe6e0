"""Why the certificate of a server was refused, in a sentence that says what to do (RFC 5280, 6; RFC 9525)."""

import datetime as dt
import re
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from syncd.config.trust import tls_context
from syncd.errors import ConfigurationError

SECONDS = 3.0
SHOWN = 4
NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which Python's library has no name for
VERIFICATION = re.compile(r"certificate verify failed: ([^(\n]+)")
OF_LDAP3 = re.compile(r"\('(?:DNS|IP Address)', '([^']+)'\)")
"""How ldap3 shows the names of a certificate that is another host's."""


def is_about_certificate(text: str) -> bool:
    """Whether an error of a connection is about the server's certificate."""
    return "certificate" in text.lower()


def why_refused(text: str, host: str, port: int, ca_file: str, key: str) -> str:
    """Return why a certificate was refused, by the text of the error, and what to do; `key` names an authority.

    The server is asked for its certificate once more where its names or its dates are wanted; where it does not show it
    (StartTLS, a proxy), they are left out.
    """
    said = VERIFICATION.search(text)
    reason = (said[1] if said else text).strip().rstrip(".")
    low = reason.lower()
    if "mismatch" in low or "doesn't match" in low:
        names = OF_LDAP3.findall(text) or _names(_shown(host, port, ca_file))
        of = f"is for {_listed(names)}, and not for {host}" if names else f"is not for {host}"
        return f"its certificate {of}: name the server in the URL as its certificate does, or give it one for {host}"
    if "expired" in low:
        return f"its certificate expired{_on(_shown(host, port, ca_file), 'notAfter')}: renew it on the server"
    if "not yet valid" in low:
        begins = _on(_shown(host, port, ca_file), "notBefore")
        return f"its certificate is not valid yet{f'; it begins{begins}' if begins else ''}: look at the clocks of both"
    if low.startswith("self-signed certificate") and "chain" not in low:
        return f"its certificate is signed by itself alone: name that certificate in {key}, or let an authority sign it"
    if "issuer" in low or "chain" in low:
        return f"the authority of its certificate is not known: name it in {key}"
    return f"its certificate is not trusted ({reason[:120]}): name its authority in {key}"


def _shown(host: str, port: int, ca_file: str) -> dict[str, Any]:
    """Return the certificate that a server shows, whatever its names and dates; empty where that cannot be had."""
    with suppress(OSError, ConfigurationError, ValueError):
        context = tls_context("", ca_file, insecure=False)
        context.check_hostname = False
        context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
        with (
            socket.create_connection((host, port), SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            return dict(secured.getpeercert() or {})
    return {}


def _names(certificate: dict[str, Any]) -> list[str]:
    return [name for _, name in certificate.get("subjectAltName", ())]


def _listed(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    return ", ".join((*found[:SHOWN], *(["…"] if len(found) > SHOWN else [])))


def _on(certificate: dict[str, Any], field: str) -> str:
    if field not in certificate:
        return ""
    return f" on {dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate[field]), dt.UTC):%Y-%m-%d}"
