"""Connections to directory servers through ldap3, with every fault of the library translated at this one border."""

import math
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal, TypeVar

import msgspec
from ldap3 import ANONYMOUS, KERBEROS, NONE, SASL, SIMPLE, SYNC, Connection, Server, Tls
from ldap3.core import exceptions as ldap_errors

from syncd.config.certificates import is_about_certificate, why_refused
from syncd.config.trust import tls_context
from syncd.containment.deadline import Deadline, shut
from syncd.directory.read_meter import READ_LIMITS, ReadLimits, ReadMeter
from syncd.errors import ConfigurationError, SourceBroken, SourceUnreachable, SyncdError
from syncd.model.secrets import KnownSecrets

Value = TypeVar("Value")
INVALID_CREDENTIALS = 49
STRONGER_AUTH_REQUIRED = 8
CONFIDENTIALITY_REQUIRED = 13
# Windows' own error numbers, which Active Directory puts into its message (MS-ERREF 2.2)
REFUSALS = {
    "525": "there is no such account",
    "52e": "no such account, or a wrong password",
    "530": "the account may not sign in at this time",
    "531": "the account may not sign in from this machine",
    "532": "the password has expired",
    "533": "the account is disabled",
    "701": "the account has expired",
    "773": "the password must be changed first",
    "775": "the account is locked out",
}
UNREACHABLE = (
    ldap_errors.LDAPSocketOpenError,
    ldap_errors.LDAPServerPoolExhaustedError,
    ldap_errors.LDAPStartTLSError,
)


class LdapSettings(msgspec.Struct, frozen=True):
    """How a directory is reached, and what a read may take; time-outs in seconds.

    `insecure` leaves certificates unchecked.
    With `kerberos` the reader signs in by a ticket, and `bind_dn`, where there is one, is the principal.
    """

    urls: tuple[str, ...]
    bind_dn: str = ""
    bind_password: str = ""
    kerberos: bool = False
    start_tls: bool = False
    ca_file: str = ""
    insecure: bool = False
    connect_timeout: float = 10.0
    read_timeout: float = 120.0
    page_size: int = 1000
    limits: ReadLimits = READ_LIMITS

    @property
    def secrets(self) -> KnownSecrets:
        """Return what no answer of the directory may show."""
        return KnownSecrets((self.bind_password,))

    def __repr__(self) -> str:
        """Show no password."""
        return f"LdapSettings(urls={self.urls!r}, bind_dn={self.bind_dn!r})"


@contextmanager
def connected(name: str, settings: LdapSettings) -> Iterator[tuple[Connection, str]]:
    """Give a bound connection to the first server that answers, and its URL.

    Raises `SourceUnreachable` where none answers, `ConfigurationError` where a password is refused: the next server
    would refuse it too, and count it against the account.
    """
    faults: list[str] = []
    with settings.secrets.kept_out():
        for url in settings.urls:
            try:
                connection = _opened(url, settings)
            except SourceUnreachable as fault:
                faults.append(str(fault))
                continue
            try:
                yield connection, url
            finally:
                _close(connection)
            return
        raise SourceUnreachable(f"source {name}: no server answers: {'; '.join(faults)}")


def on_some_server(name: str, settings: LdapSettings, work: Callable[[Connection, str], Value]) -> Value:
    """Return what `work` gives on the first server that does all of it; it is given a connection and the server's URL.

    A server that answers the bind and then is unavailable, busy, without the base, hangs or closes the connection is
    passed over like one that does not answer, and the next one begins anew, so that a read is whole from one server.
    Raises `SourceUnreachable` where none answers, `SourceBroken` of the first that broke off where none does it, and
    what `connected` raises besides.
    """
    silent: list[str] = []
    broken_off: list[SourceBroken] = []
    for url in settings.urls:
        try:
            with connected(name, msgspec.structs.replace(settings, urls=(url,))) as (connection, reached):
                return work(connection, reached)
        except SourceUnreachable as fault:
            silent.append(str(fault).removeprefix(f"source {name}: no server answers: "))
        except SourceBroken as fault:
            broken_off.append(fault)
    if not broken_off:
        raise SourceUnreachable(f"source {name}: no server answers: {'; '.join(silent)}")
    if len(settings.urls) == 1:
        raise broken_off[0]
    others = "; ".join([*silent, *(str(fault).removeprefix(f"source {name}: ") for fault in broken_off[1:])])
    raise SourceBroken(f"{broken_off[0]}; and no other server did better: {others}" if others else str(broken_off[0]))


def _opened(url: str, settings: LdapSettings) -> Connection:
    connection = _connection(url, settings)
    # The library reads until a message is whole, whatever its length and however slowly it comes.
    with Deadline(settings.connect_timeout + settings.read_timeout, lambda: shut(connection.socket)) as deadline:
        try:
            connection.open(read_server_info=False)
            if settings.start_tls and not connection.server.ssl:
                _start_tls(connection, url)
            _bind(connection, url, settings)
        except (ldap_errors.LDAPException, OSError) as error:
            _close(connection)
            reason = "no answer in time" if deadline.has_passed else _why_closed(error, connection, settings)
            raise SourceUnreachable(f"{url}: {reason}") from error
        except SyncdError:
            _close(connection)
            raise
    return connection


def _connection(url: str, settings: LdapSettings) -> Connection:
    context = tls_context("source", settings.ca_file, insecure=settings.insecure)
    try:
        server = Server(url, get_info=NONE, connect_timeout=settings.connect_timeout, tls=_Checked(context))
    except ldap_errors.LDAPInvalidServerError as error:
        raise ConfigurationError(f"{url} is not a server's URL; it looks like ldaps://dc1.example.org") from error
    return Connection(
        server,
        user=settings.bind_dn or None,
        password=settings.bind_password or None,
        authentication=_authentication(settings),
        sasl_mechanism=KERBEROS if settings.kerberos else None,
        client_strategy=SYNC,
        receive_timeout=math.ceil(settings.read_timeout),
        raise_exceptions=False,
        auto_referrals=False,
        check_names=False,
        auto_range=False,
        return_empty_attributes=False,
    )


def _authentication(settings: LdapSettings) -> Literal["SASL", "SIMPLE", "ANONYMOUS"]:
    if settings.kerberos:
        return SASL
    return SIMPLE if settings.bind_dn else ANONYMOUS


def _close(connection: Connection) -> None:
    """Close the socket too: the library leaves it open after most faults."""
    with suppress(ldap_errors.LDAPException, OSError):
        connection.unbind()
    if connection.socket is not None:
        connection.socket.close()


class _Checked(Tls):
    """TLS by Python's own library, which compares the host's name too: ldap3 leaves the socket of a refusal open."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__()
        self._context = context

    def wrap_socket(self, connection: Connection, do_handshake: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's
        """Secure the socket of a connection."""
        connection.socket = self._context.wrap_socket(
            connection.socket, server_hostname=connection.server.host, do_handshake_on_connect=do_handshake
        )


def _start_tls(connection: Connection, url: str) -> None:
    if not connection.start_tls(read_server_info=False):
        raise SourceUnreachable(f"{url}: the server refuses StartTLS: {connection.result['description']}")


def _bind(connection: Connection, url: str, settings: LdapSettings) -> None:
    if settings.bind_dn and not settings.bind_password and not settings.kerberos:
        raise ConfigurationError(
            f"{url}: bind_dn is {settings.bind_dn} and there is no password; servers take that for an anonymous bind; "
            "write bind_password_file"
        )
    if _kerberos_bind(connection, url) if settings.kerberos else connection.bind(read_server_info=False):
        return
    code, text = connection.result["result"], connection.result["description"]
    if code == INVALID_CREDENTIALS:
        why = _why_refused(connection.result["message"])
        raise ConfigurationError(
            f"{url}: the server refuses the password of {settings.bind_dn} (invalidCredentials{why})"
        )
    if code in (STRONGER_AUTH_REQUIRED, CONFIDENTIALITY_REQUIRED):
        raise ConfigurationError(f"{url}: the server wants an encrypted connection ({text}); use ldaps:// or start_tls")
    raise SourceUnreachable(f"{url}: the server refuses the bind: {text}")


def _kerberos_bind(connection: Connection, url: str) -> bool:
    """Sign in by a ticket; raise `ConfigurationError` where there is none, or nothing that speaks Kerberos."""
    try:
        from gssapi.exceptions import GSSError  # noqa: PLC0415 - only where the extra is installed
    except ImportError as error:
        raise ConfigurationError('kerberos = true needs more packages: pip install "syncd[kerberos]"') from error
    try:
        return bool(connection.bind(read_server_info=False))
    except GSSError as error:
        raise ConfigurationError(
            f"{url}: Kerberos gives no ticket: {' '.join(str(error).split())}; "
            "sign in with kinit, or name a keytab in KRB5_CLIENT_KTNAME"
        ) from error


def _why_refused(message: str) -> str:
    """Give what Active Directory says beside its result code, in words."""
    found = re.search(r"\bdata ([0-9a-f]+)\b", message)
    reason = REFUSALS.get(found[1]) if found else None
    return f": {reason}" if reason else ""


def _why_closed(error: Exception, connection: Connection, settings: LdapSettings) -> str:
    """Tell why no connection came about."""
    if not is_about_certificate(str(error)):
        return _reason(error)
    return why_refused(str(error), connection.server.host, connection.server.port, settings.ca_file, "ca_file")


def _reason(error: Exception) -> str:
    """Tell what is wrong with a connection, in one sentence."""
    text = str(error)
    if isinstance(error, ldap_errors.LDAPSocketReceiveError) or "timed out" in text:
        return "no answer in time"
    if isinstance(error, UNREACHABLE):
        return f"no connection ({text})"
    return text


def meter_of(name: str, settings: LdapSettings) -> ReadMeter:
    """Return what counts a read that begins now."""
    return ReadMeter(name, settings.limits)


def broken(name: str, where: str, error: Exception) -> SourceBroken:
    """Give the error of a read that ended before it was whole."""
    place = f"below {where}" if where else "of the root DSE"
    return SourceBroken(f"source {name}: the read {place} ended in the middle: {_reason(error)}")
