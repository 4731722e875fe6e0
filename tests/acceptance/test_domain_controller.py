"""The tests run the commands on a real domain controller: first run, second run, a day's changes, and faults."""

from ldap3 import MODIFY_REPLACE

from tests.kit.installation.site import Site
from tests.kit.servers import domain
from tests.kit.servers.ldap_changes import CutInEntry, Disconnects, Ends, NoCookie, Ranges
from tests.kit.servers.ldap_proxy import Changes, LdapProxy
from tests.kit.servers.samba import PORTS, Samba

SOURCE = """[source.ad]
type = "ldap"
urls = ["{url}"]
bind_dn = "{reader}"
bind_password = "{password}"
ca_file = "{ca}"
base = "{base}"
page_size = 10

[source.ad.users]
filter = "(&(objectCategory=person)(objectClass=user))"
{more}
[source.ad.departments]

[mapping.user]
account = "{account}"
name = ["displayName", "cn"]
phone = "mobile"

[mapping.department]
name = "ou"

[policy]
on_disabled = "leaver"
remove_after = "0d"
"""


FAULTS: dict[str, Changes] = {
    "ended in the middle": CutInEntry(1, 5),
    "does not go on with member;range=1500-": Ranges(then="nothing"),
    "without a paging cookie": NoCookie(1),
    "busy (51)": Ends(2, 51),
    "sizeLimitExceeded (4)": Ends(1, 4),
    "ends the connection with unavailable": Disconnects(2),
}


def configure(site: Site, server: Samba, **changed: str) -> None:
    """Make the domain controller the source."""
    values = {
        "url": server.tls_url,
        "reader": domain.READER_UPN,
        "password": domain.READER_PASSWORD,
        "ca": server.ca_file,
        "base": domain.STRANGE,
        "account": "sAMAccountName",
        "more": "",
        **changed,
    }
    site.configure(SOURCE.format(**values))


def homes(site: Site) -> dict[str, tuple[str, ...]]:
    """Return the path of departments of everybody whom the platform shows, by name."""
    return {name: path for name, _, _, _, path in site.shown.values()}


def test_a_domain_is_brought_to_the_platform_and_stays(site: Site, samba: Samba) -> None:
    """People and departments of a domain arrive, whatever their names are, and a second run plans nothing (I1)."""
    configure(site, samba)
    checked = site.run("check")
    assert (checked.code, "objectGUID" in checked.out) == (0, True), checked.err
    assert site.settle().code == 0
    assert {name: path for name, path in homes(site).items() if path} == {
        name.strip(): (name.strip(),) for name in domain.NAMES
    }
    again = site.run("plan", "--json").json
    assert again["operations"] == []
    assert [source["grade"] for source in again["sources"]] == ["whole"]


def test_who_moves_is_renamed_or_disabled_is_the_same_person(site: Site, samba: Samba) -> None:
    """A person who is moved and renamed keeps the same user, and the user of a disabled person is removed."""
    configure(site, samba)
    assert site.settle().code == 0
    ids = {user["account"]: user["id"] for user in site.sandbox.company.state.users.values()}
    with samba.connection() as connection:
        connection.modify_dn(domain.strange("C++ team"), "CN=C--", new_superior=domain.strange_unit("a=b"))
        moved = f"CN=C--,{domain.strange_unit('a=b')}"
        connection.modify(moved, {"sAMAccountName": [(MODIFY_REPLACE, ["renamed"])]})  # type: ignore[no-untyped-call]
        disabled = domain.strange("in/out")
        connection.modify(disabled, {"userAccountControl": [(MODIFY_REPLACE, ["514"])]})  # type: ignore[no-untyped-call]
        try:
            assert site.settle().code == 0
        finally:
            connection.modify(disabled, {"userAccountControl": [(MODIFY_REPLACE, ["512"])]})  # type: ignore[no-untyped-call]
            connection.modify(moved, {"sAMAccountName": [(MODIFY_REPLACE, ["strange1"])]})  # type: ignore[no-untyped-call]
            connection.modify_dn(moved, "CN=C\\+\\+ team", new_superior=domain.strange_unit("C++ team"))
    users = {user["account"]: user for user in site.sandbox.company.state.users.values()}
    assert users["renamed"]["id"] == ids["strange1"]
    assert site.shown["renamed"][-1] == ("a=b",)
    assert set(ids) - set(users) == {"strange1", "strange7"}


def test_a_principal_name_may_be_the_account(site: Site, samba: Samba) -> None:
    """The principal name can be the account, and `members_of` takes only the members of a group."""
    more = f"members_of = ['{domain.group(domain.OUTER)}']"  # nothing is escaped between single quotes
    configure(site, samba, account="userPrincipalName", more=more)
    assert site.settle().code == 0
    assert set(site.shown) == {"strange0@ad.example.com", "strange10@ad.example.com"}


def test_a_broken_read_writes_nothing(site: Site, samba: Samba) -> None:
    """A read that breaks, on whatever page, writes nothing, and the next run finds all as it was (I4)."""
    configure(site, samba)
    assert site.settle().code == 0
    calls = len(site.sandbox.calls)
    for words, changes in FAULTS.items():
        members = isinstance(changes, Ranges)
        with LdapProxy(samba.address, PORTS["ldaps"], changes, tls=True) as proxy:
            configure(site, samba, url=proxy.url, more=f'members_of = ["{domain.group("big")}"]' if members else "")
            result = site.run("reconcile")
        assert (result.code, words in result.fault) == (1, True), result.err
    configure(site, samba)
    assert site.run("reconcile").code == 0
    assert len(site.sandbox.calls) == calls


def test_each_refusal_of_the_server_is_one_line(site: Site, samba: Samba) -> None:
    """Each refusal of the server ends a run with exit code 1 and one line that does not show the password."""
    faults = {
        "use ldaps:// or start_tls": {"url": samba.url},
        "no such account, or a wrong password": {"password": "geheim"},
        "the authority of its certificate is not known": {"ca": ""},
        "the group CN=none": {"more": 'members_of = ["CN=none,DC=ad,DC=example,DC=com"]'},
        "found no such base": {"base": "OU=none,DC=ad,DC=example,DC=com"},
    }
    for words, changed in faults.items():
        configure(site, samba, **changed)
        result = site.run("reconcile")
        assert (result.code, words in result.fault, "geheim" in result.err) == (1, True, False), result.err
