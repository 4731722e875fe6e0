"""A real directory server is read whole, and whatever ends a read too early breaks it and says why."""

import datetime as dt
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from ldap3 import MODIFY_REPLACE

from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_source import LdapSource
from syncd.directory.reading import Scope, Selection, TreeSettings
from syncd.errors import ConfigurationError, SourceBroken, SourceUnreachable, SyncdError
from syncd.model.source import Grade, Snapshot
from syncd.testing.company import generated
from syncd.testing.sample import PEOPLE, SUFFIX
from syncd.testing.slapd import DATABASE, Slapd
from tests.kit.waiting import DEADLINE_SECONDS

PERSON, UNIT = "(objectClass=inetOrgPerson)", "(objectClass=organizationalUnit)"
ATTRIBUTES = frozenset({"uid", "cn", "mobile"})


def tree(base: str = PEOPLE, people: str = PERSON, **changed: object) -> TreeSettings:
    """Return what to read."""
    values = {"users": Selection(people, (base,)), "departments": Selection(UNIT, (base,)), **changed}
    return TreeSettings("ldap", **values)  # type: ignore[arg-type]


def read(server: Slapd, settings: TreeSettings | None = None, **connection: object) -> Snapshot:
    """Return what a source reads of a server."""
    values = {"urls": (server.url,), "connect_timeout": DEADLINE_SECONDS, **connection}
    source = LdapSource(settings or tree(), LdapSettings(**values), ATTRIBUTES, frozenset({"ou"}))  # type: ignore[arg-type]
    assert source.name == "ldap"
    return source.read()


def fault(server: Slapd, kind: type[SyncdError], settings: TreeSettings | None = None, **connection: object) -> str:
    """Return the one line that a read ends with."""
    with pytest.raises(kind) as caught:
        read(server, settings, **connection)
    message = str(caught.value)
    assert "\n" not in message
    assert "geheim" not in message
    return message


@contextmanager
def configured(server: Slapd, dn: str, **attributes: list[str]) -> Iterator[None]:
    """Change the server while it runs, and take it back."""
    with server.configuration() as connection:
        connection.modify(dn, {name: [(MODIFY_REPLACE, values)] for name, values in attributes.items()})  # type: ignore[no-untyped-call]
        try:
            yield
        finally:
            connection.modify(dn, {name: [(MODIFY_REPLACE, [])] for name in attributes})  # type: ignore[no-untyped-call]


def test_people_and_departments_are_read_whole(slapd: Slapd) -> None:
    """People and departments are read whole, with keys, the attributes that are asked for, and what proves it."""
    snapshot = read(slapd)
    assert snapshot.certificate.grade is Grade.WHOLE
    assert (len(snapshot.users), len(snapshot.departments)) == (64, 16)
    assert (snapshot.key_attribute, snapshot.naming_context) == ("entryUUID", SUFFIX)
    assert "2 searches in 2 pages, each with success" in snapshot.certificate.proofs[0]
    names = {attribute for entry in snapshot.users for attribute in entry.attributes}
    assert names == {"uid", "cn", "mobile", "entryuuid"}
    assert "王安娜" not in names


def test_small_pages_give_the_same_entries(slapd: Slapd) -> None:
    """Pages of seven entries give the same people as one large page."""
    snapshot = read(slapd, page_size=7)
    assert {one.key for one in snapshot.users} == {one.key for one in read(slapd).users}
    assert "13 pages" in snapshot.certificate.proofs[0]


@pytest.mark.usefixtures("slapd_is_there")
def test_thousands_of_entries_are_read() -> None:
    """A company of 2,500 people is read to the last one."""
    with Slapd(generated(2500, 20).ldif()) as server:
        assert len(read(server).users) == 2500


def test_scope_exclusion_and_bases_choose(slapd: Slapd) -> None:
    """A base below another is searched once, excluded subtrees are left out, and scopes choose the departments."""
    sales = f"ou=销售部,{PEOPLE}"
    assert len(read(slapd, tree(users=Selection(PERSON, (PEOPLE, sales)))).users) == 64
    excluded = read(slapd, tree(exclude=(f"OU=销售部 , {PEOPLE}",)))
    assert not [one for one in (*excluded.users, *excluded.departments) if "销售部" in one.locator]
    one_level = read(slapd, tree(departments=Selection(UNIT, (PEOPLE,), Scope.ONE)))
    assert {"销售部", "Operations"} <= {str(one.attributes["ou"][0]) for one in one_level.departments}
    assert "华东区" not in {str(one.attributes["ou"][0]) for one in one_level.departments}
    assert len(read(slapd, tree(include_base=True)).departments) == 17
    assert read(slapd, tree(departments=None)).departments == ()


def test_nobody_found_is_unproven(slapd: Slapd) -> None:
    """A read that finds nobody is unproven."""
    assert read(slapd, tree(people="(uid=nobody)")).certificate.grade is Grade.UNPROVEN


@pytest.mark.parametrize(
    ("limit", "words"),
    [("size.prtotal=30", "sizeLimitExceeded (4)"), ("size.pr=5", "adminLimitExceeded (11)")],
)
def test_a_read_that_the_server_limits_is_broken(slapd: Slapd, limit: str, words: str) -> None:
    """A read that the server limits is broken, and never a small company (DESIGN 6, certificate)."""
    with configured(slapd, DATABASE, olcLimits=[f"* {limit}"]):
        message = fault(slapd, SourceBroken, page_size=10)
    assert words in message
    assert "limit was reached" in message


def test_a_size_limit_that_spares_pages_does_no_harm(slapd: Slapd) -> None:
    """A size limit that spares searches in pages does no harm."""
    with configured(
        slapd, DATABASE, olcLimits=["* size.soft=10 size.hard=10 size.pr=unlimited size.prtotal=unlimited"]
    ):
        assert len(read(slapd, page_size=10).users) == 64


@pytest.mark.usefixtures("slapd_is_there")
@pytest.mark.parametrize(("code", "words"), [("0x33", "busy (51)"), ("0x34", "unavailable (52)")])
def test_a_server_that_is_busy_breaks_the_read(code: str, words: str) -> None:
    """A server that is busy or unavailable breaks the read, and its code is named."""
    with Slapd(generated(5, 1).ldif()) as server:
        overlay = f"olcOverlay={{0}}retcode,{DATABASE}"
        with server.configuration() as connection:
            item = f'"ou=busy" {code} op=search text="later" '
            connection.add(  # type: ignore[no-untyped-call]
                overlay,
                ["olcOverlayConfig", "olcRetcodeConfig"],
                {"olcOverlay": "retcode", "olcRetcodeParent": SUFFIX, "olcRetcodeItem": [item]},
            )
        assert words in fault(server, SourceBroken, tree(base=f"ou=busy,{SUFFIX}"))


@pytest.mark.parametrize("who", [Slapd.root_dn, f"cn=nobody,{SUFFIX}"])
def test_a_wrong_password_is_told_at_once(slapd: Slapd, who: str) -> None:
    """A wrong password ends the read at once and is told with server and account, and no other server is tried."""
    urls = (slapd.url, "ldap://localhost:1")
    message = fault(slapd, ConfigurationError, urls=urls, bind_dn=who, bind_password="geheim")
    assert message == f"{slapd.url}: the server refuses the password of {who} (invalidCredentials)"


def test_a_bind_without_a_password_is_no_bind(slapd: Slapd) -> None:
    """A bind without a password is refused, for servers take it for an anonymous one (RFC 4513, 5.1.2)."""
    assert "there is no password" in fault(slapd, ConfigurationError, bind_dn=slapd.root_dn)


def test_kerberos_without_its_packages_says_what_to_install(slapd: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kerberos without its packages says what to install."""
    monkeypatch.setitem(sys.modules, "gssapi", None)
    assert 'pip install "syncd[kerberos]"' in fault(slapd, ConfigurationError, kerberos=True)


def test_a_good_password_reads(slapd: Slapd) -> None:
    """A simple bind with a good password reads everybody."""
    assert len(read(slapd, bind_dn=slapd.root_dn, bind_password=slapd.root_password).users) == 64


def test_a_missing_base_is_broken_and_named(slapd: Slapd) -> None:
    """A base that does not exist breaks the read and is named."""
    message = fault(slapd, SourceBroken, tree(base=f"ou=none,{SUFFIX}"))
    assert f"below ou=none,{SUFFIX} found no such base (noSuchObject)" in message
    assert "name a reader in bind_dn" in message
    known = {"bind_dn": slapd.root_dn, "bind_password": slapd.root_password}
    assert f"let {slapd.root_dn} see it" in fault(slapd, SourceBroken, tree(base=f"ou=none,{SUFFIX}"), **known)


def test_a_filter_with_a_syntax_error_is_a_mistake_in_the_configuration(slapd: Slapd) -> None:
    """A filter with a syntax error is a mistake in the configuration and is repeated."""
    assert '"(uid=x" is not a search filter' in fault(slapd, ConfigurationError, tree(people="(uid=x"))


@pytest.mark.parametrize("way", ["ldaps", "StartTLS"])
def test_encrypted_connections_are_verified(slapd: Slapd, way: str) -> None:
    """A server is trusted through the authority in `ca_file` or with `insecure`, and not through the system's."""
    how = {"urls": (slapd.tls_url,)} if way == "ldaps" else {"urls": (slapd.url,), "start_tls": True}
    assert len(read(slapd, ca_file=slapd.ca_file, **how).users) == 64
    assert len(read(slapd, insecure=True, **how).users) == 64
    assert "the authority of its certificate is not known" in fault(slapd, SourceUnreachable, **how)


# The library drops its half of a connection whose host name does not fit.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_certificate_of_another_host_is_refused(slapd: Slapd, tmp_path: Path) -> None:
    """A certificate of another host is refused, and so is one that has expired."""
    for names, expires in ((["dc.example.org"], None), (["localhost"], dt.datetime(2020, 1, 1, tzinfo=dt.UTC))):
        authority = trustme.CA()
        server = authority.issue_cert(*names, not_after=expires) if expires else authority.issue_cert(*names)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        with tls_server(server) as port:
            urls = (f"ldaps://localhost:{port}",)
            message = fault(slapd, SourceUnreachable, urls=urls, ca_file=str(tmp_path / "ca.pem"))
        assert "certificate" in message


@contextmanager
def tls_server(certificate: trustme.LeafCert) -> Iterator[int]:
    """Yield the port of a server that shows a certificate and says nothing more."""
    import ssl  # noqa: PLC0415 - used here only

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                accepted, _ = listener.accept()
                with accepted:
                    context.wrap_socket(accepted, server_side=True).close()
            except OSError:
                pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_ca_file_that_cannot_be_read_is_named(slapd: Slapd) -> None:
    """A `ca_file` that cannot be read is a mistake in the configuration and is named."""
    assert "ca_file: /nowhere/ca.pem" in fault(
        slapd, ConfigurationError, urls=(slapd.tls_url,), ca_file="/nowhere/ca.pem"
    )


def test_the_next_server_is_asked_where_one_is_dead(slapd: Slapd) -> None:
    """The next server is asked where one is dead, and where all are dead each of them is named."""
    assert len(read(slapd, urls=("ldap://localhost:1", slapd.url)).users) == 64
    message = fault(slapd, SourceUnreachable, urls=("ldap://localhost:1", "ldap://127.0.0.1:2"))
    assert "ldap://localhost:1: no connection" in message
    assert "ldap://127.0.0.1:2: no connection" in message


def test_a_server_that_says_nothing_is_given_up(slapd: Slapd) -> None:
    """A server that says nothing is given up after `read_timeout`."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        urls = (f"ldap://127.0.0.1:{silent.getsockname()[1]}",)
        message = fault(slapd, SyncdError, urls=urls, read_timeout=1.0, bind_dn="cn=x", bind_password="geheim")
    assert "source ldap" in message


@pytest.mark.parametrize("after", [300, 3000, 6000])
def test_a_connection_that_ends_in_the_middle_of_a_page_is_a_broken_read(slapd: Slapd, after: int) -> None:
    """A connection that ends in the middle of a page breaks the read, whatever has come until then (I4)."""
    with cutting_proxy(slapd.port, after) as port:
        message = fault(slapd, SyncdError, urls=(f"ldap://127.0.0.1:{port}",), read_timeout=DEADLINE_SECONDS)
    assert "ended in the middle" in message


@contextmanager
def cutting_proxy(target: int, after: int) -> Iterator[int]:
    """Yield the port of a proxy that passes so many bytes of answers and then closes both ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            near, _ = listener.accept()
            with near, socket.create_connection(("127.0.0.1", target)) as far:
                upwards = threading.Thread(target=pump, args=(near, far))
                upwards.start()
                left = after
                while left > 0 and (data := far.recv(left)):
                    near.sendall(data)
                    left -= len(data)
                for end in (near, far):
                    end.shutdown(socket.SHUT_RDWR)
                upwards.join()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def pump(source: socket.socket, target: socket.socket) -> None:
    """Pass bytes on until either end closes."""
    try:
        while data := source.recv(4096):
            target.sendall(data)
    except OSError:
        return


@pytest.mark.usefixtures("slapd_is_there")
def test_values_that_are_no_utf8_stay_bytes() -> None:
    """A value that is no UTF-8 stays bytes, beside others that become text."""
    ldif = (
        generated(1, 0).ldif()
        + b"\ndn: uid=odd,"
        + PEOPLE.encode()
        + b"\nobjectClass: inetOrgPerson\nuid: odd\ncn: o\nsn: o\n"
    )
    with Slapd(ldif + b"userPassword:: /v/+\n") as server:
        settings = tree(people="(uid=odd)")
        source = LdapSource(
            settings,
            LdapSettings((server.url,), server.root_dn, server.root_password),
            frozenset({"uid", "userPassword"}),
            frozenset({"ou"}),
        )
        (entry,) = source.read().users
    assert entry.attributes["userpassword"] == (b"\xfe\xff\xfe",)
    assert entry.attributes["uid"] == ("odd",)


@pytest.mark.usefixtures("slapd_is_there")
def test_referrals_are_doubts() -> None:
    """A referral to another server makes a read unproven, for what stands there was not read."""
    referral = f"\ndn: ou=elsewhere,{PEOPLE}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\n"
    ldif = generated(2, 1).ldif() + (referral + f"ref: ldap://elsewhere.example.org/ou=elsewhere,{PEOPLE}\n").encode()
    with Slapd(ldif) as server:
        snapshot = read(server)
    assert snapshot.certificate.grade is Grade.UNPROVEN
    assert "refers to" in snapshot.certificate.doubts[0]
    assert len(snapshot.users) == 2
