"""The tests let a real directory server fail after a first sync: the platform stays as it is."""

from collections.abc import Iterator

import pytest
from ldap3 import MODIFY_REPLACE

from syncd.testing.company import Company
from syncd.testing.slapd import SUFFIX, Slapd
from tests.kit.installation.site import Site

SOURCE = """[source.directory]
type = "ldap"
urls = ["{url}"]
base = "{base}"
page_size = 20
{more}
[source.directory.users]
filter = "{filter}"
[source.directory.departments]
"""
PEOPLE, PERSON = f"ou=people,{SUFFIX}", "(objectClass=inetOrgPerson)"
BOUND = 'bind_dn = "{who}"\nbind_password = "geheim"'


FAULTS = {
    "refuses the password": {"more": BOUND.format(who=Slapd.root_dn)},
    "no server answers": {"url": "ldap://localhost:1"},
    "is not a server's URL": {"url": "http://localhost"},
    "would travel in clear": {"url": "ldap://dc1.example.org", "more": BOUND.format(who="cn=x")},
    "found no such base": {"base": f"ou=poeple,{SUFFIX}"},
    "is not a search filter": {"filter": "(uid=x"},
    "the authority of its certificate is not known": {"url": "ldaps"},
}


def configure(site: Site, server: Slapd, **changed: str) -> None:
    """Make the server the source."""
    values = {"url": server.url, "base": PEOPLE, "filter": PERSON, "more": "", **changed}
    site.configure(SOURCE.format(**{**values, "url": server.tls_url if values["url"] == "ldaps" else values["url"]}))


@pytest.fixture
def server(slapd_is_there: object, site: Site, company: Company) -> Iterator[Slapd]:
    """Return a server from which the company was synced, and check afterwards that the platform stayed as it was."""
    del slapd_is_there
    with Slapd(company.ldif()) as server:
        configure(site, server)
        assert site.settle().code == 0
        calls = len(site.sandbox.calls)
        yield server
        configure(site, server)
        assert site.run("reconcile").code == 0
        assert len(site.sandbox.calls) == calls
        assert site.shown == site.wanted(company)


def limit(server: Slapd, *limits: str) -> None:
    """Limit everybody's searches."""
    with server.configuration() as connection:
        connection.modify("olcDatabase={1}mdb,cn=config", {"olcLimits": [(MODIFY_REPLACE, list(limits))]})  # type: ignore[no-untyped-call]


def test_a_directory_that_cannot_be_read_as_configured_is_one_line(site: Site, server: Slapd) -> None:
    """A directory that cannot be read as configured ends a run with exit code 1 and one line that says why."""
    for words, changed in FAULTS.items():
        configure(site, server, **changed)
        result = site.run("reconcile")
        assert (result.code, words in result.fault) == (1, True), result.err


def test_a_directory_that_is_limited_or_gone_is_one_line(site: Site, server: Slapd) -> None:
    """A directory that limits searches or is gone ends a run with one line, and is read again afterwards."""
    for limits, words in (("* size.prtotal=30", "sizeLimitExceeded"), ("* size.pr=5", "adminLimitExceeded")):
        limit(server, limits)
        result = site.run("reconcile")
        assert (result.code, words in result.fault) == (1, True), result.err
    limit(server)
    server.stop()
    assert "no server answers" in site.run("reconcile").fault
    server.start()


def test_people_whose_dns_look_alike_are_never_mixed_up(site: Site) -> None:
    """Two people whose DNs look alike are two users in whatever order they come, and one of them leaves alone."""
    site.configure(tail='[policy]\non_configuration = "apply"\nremove_after = "0d"\n')
    start = "dn: dc=example,dc=com\ndc: example\n\ndn: ou=people,dc=example,dc=com\nou: people\n"
    people = [
        f"\ndn: cn={name},ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nentryUUID: k{number}\n"
        f"uid: u{number}\ncn: {name}\n"
        for number, name in enumerate(("Maria Weiss", "Maria Weiß", "Σας", "Σασ"))
    ]
    for order in (people, people[::-1]):
        (site.folder / "company.ldif").write_text(start + "".join(order), encoding="utf-8")
        assert site.run("reconcile").code == 0
        assert set(site.shown) == {"u0", "u1", "u2", "u3"}
    assert site.run("plan", "--json").json["operations"] == []
    (site.folder / "company.ldif").write_text(start + "".join(people[1:]), encoding="utf-8")
    assert site.run("reconcile").code == 0
    assert set(site.shown) == {"u1", "u2", "u3"}
