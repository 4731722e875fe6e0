"""Signing in by Kerberos at a real domain controller; `kerberos.sh` builds what it needs and runs this."""

import os
import subprocess
from pathlib import Path

import pytest
from ldap3 import MODIFY_ADD

from tests.kit.installation.site import Result, Site
from tests.kit.servers import domain
from tests.kit.servers.samba import REALM, SUFFIX, Samba

PACKAGES = os.environ["SYNCD_TEST_GSSAPI"]
PRINCIPAL = f"reader@{REALM}"
SOURCE = """[source.ad]
type = "ldap"
urls = ["{url}"]
kerberos = true
ca_file = "{ca}"
base = "{base}"
{more}
[source.ad.users]
filter = "(&(objectCategory=person)(objectClass=user))"

[mapping.user]
account = "sAMAccountName"
name = ["displayName", "cn"]
"""
LIBRARY = """[libdefaults]
default_realm = {realm}
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
[realms]
{realm} = {{
  kdc = {address}
}}
[domain_realm]
{address} = {realm}
"""


@pytest.fixture(scope="module")
def controller(samba: Samba) -> Samba:
    """Give a domain controller that has tickets for its address."""
    with samba.connection() as connection:
        names = {"servicePrincipalName": [(MODIFY_ADD, [f"ldap/{samba.address}"])]}
        connection.modify(f"CN=DC1,OU=Domain Controllers,{SUFFIX}", names)  # type: ignore[no-untyped-call]
    return samba


@pytest.fixture
def environ(controller: Samba, tmp_path: Path) -> dict[str, str]:
    """Give the environment in which Kerberos finds its way, without a ticket."""
    (tmp_path / "krb5.conf").write_text(LIBRARY.format(realm=REALM, address=controller.address), encoding="utf-8")
    return {
        "KRB5_CONFIG": str(tmp_path / "krb5.conf"),
        "KRB5CCNAME": f"FILE:{tmp_path}/tickets",
        "KRB5_CLIENT_KTNAME": str(tmp_path / "keytab"),
        "PYTHONPATH": PACKAGES,
    }


def check(site: Site, server: Samba, environ: dict[str, str], more: str = "", url: str = "") -> Result:
    """Run a plan as whom Kerberos knows."""
    values = {"url": url or server.tls_url, "ca": server.ca_file, "base": domain.STRANGE, "more": more}
    site.configure(SOURCE.format(**values))
    return site.run("plan", "--json", **environ)


def run(command: list[str], given: str, environ: dict[str, str]) -> None:
    """Run a tool of Kerberos."""
    subprocess.run(command, input=given.encode(), env={**os.environ, **environ}, check=True, capture_output=True)  # noqa: S603


@pytest.mark.parametrize("more", ["", f'bind_dn = "{PRINCIPAL}"'])
def test_a_ticket_signs_in(site: Site, controller: Samba, environ: dict[str, str], more: str) -> None:
    """That of `kinit`, whoever it is, or of the principal that is named."""
    run(["kinit", PRINCIPAL], f"{domain.READER_PASSWORD}\n", environ)
    planned = check(site, controller, environ, more)
    assert planned.code == 0, planned.err
    assert planned.json["summary"]["user"] == {"create": len(domain.NAMES) + 1}


def test_a_keytab_signs_in(site: Site, controller: Samba, environ: dict[str, str]) -> None:
    """As a service does, without anybody's hand."""
    entry = f"addent -password -p {PRINCIPAL} -k 1 -e aes256-cts-hmac-sha1-96\n{domain.READER_PASSWORD}\n"
    run(["ktutil"], f"{entry}wkt {environ['KRB5_CLIENT_KTNAME']}\n", environ)
    planned = check(site, controller, environ)
    assert planned.code == 0, planned.err


def test_no_ticket_is_one_line(site: Site, controller: Samba, environ: dict[str, str]) -> None:
    """With what to do."""
    result = check(site, controller, environ)
    assert (result.code, "sign in with kinit" in result.fault) == (1, True), result.err


def test_a_connection_in_clear_is_refused(site: Site, controller: Samba, environ: dict[str, str]) -> None:
    """The server wants it signed or encrypted."""
    run(["kinit", PRINCIPAL], f"{domain.READER_PASSWORD}\n", environ)
    result = check(site, controller, environ, url=controller.url)
    assert (result.code, "wants an encrypted connection" in result.fault) == (1, True), result.err
