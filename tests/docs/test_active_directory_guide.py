"""The guide to Active Directory and its example are what happens on a domain controller."""

import re
from pathlib import Path

import pytest
from ldap3 import MODIFY_REPLACE

from tests.kit.installation.site import Site
from tests.kit.servers import domain
from tests.kit.servers.samba import Samba

TOP = Path(__file__).parents[2]
GUIDE = (TOP / "docs" / "guides" / "active-directory.md").read_text(encoding="utf-8")
EXAMPLE = (TOP / "config" / "active-directory.toml").read_text(encoding="utf-8")
FAULTS = dict(re.findall(r"^\| (.+) \| `([^`]+)` \|$", GUIDE, re.MULTILINE))
DISABLED = {"userAccountControl": "514"}
EXPIRED = {"userAccountControl": "512", "accountExpires": str(domain.PAST)}
USUAL = {"userAccountControl": "512", "accountExpires": "0"}
CHANGED: dict[str, dict[str, str]] = {
    "a wrong password, or nobody of that name": {"bind_password": "geheim"},
    "the reader's account is disabled": {},
    "the reader's account has expired": {},
    "`ldap://` without `start_tls`": {"urls": "ldap://"},
    "an authority of your own, and no `ca_file`": {"ca_file": ""},
    "no `bind_dn`": {"bind_dn": "", "bind_password": ""},
    "a base that is not there": {"base": "OU=none,DC=ad,DC=example,DC=com"},
    "a group that is not there": {"members_of": domain.group("none")},
}
STATES = {"the reader's account is disabled": DISABLED, "the reader's account has expired": EXPIRED}


def configure(site: Site, server: Samba, **changed: str) -> None:
    """Let the example have this server's addresses, and what is changed."""
    values = {
        "urls": server.tls_url,
        "bind_dn": domain.READER,
        "bind_password": domain.READER_PASSWORD,
        "ca_file": server.ca_file,
        "base": domain.STRANGE,
        **changed,
    }
    if values["urls"] == "ldap://":
        values["urls"] = server.url
    group = values.pop("members_of", "")
    lists = {name: [values[name]] if name == "urls" else values[name] for name in values}
    text = re.sub(r"^(urls|bind_dn|bind_password_file|ca_file|base|exclude) = .*\n", "", EXAMPLE, flags=re.MULTILINE)
    lines = "".join(f"{name} = {value!r}\n" for name, value in lists.items())
    text = text.partition("[platform]")[0].replace('type = "ldap"\n', f'type = "ldap"\n{lines}')
    if group:
        text = text.replace("[source.ad.users]\n", f"[source.ad.users]\nmembers_of = [{group!r}]\n")
    site.configure(text + EXAMPLE.partition("[policy]")[1] + EXAMPLE.partition("[policy]")[2])


def test_the_example_brings_a_domain_to_the_platform(site: Site, samba: Samba) -> None:
    """The example, but for addresses, brings a domain to the platform, and a second run plans nothing."""
    configure(site, samba)
    assert site.settle().code == 0
    assert {f"strange{number}" for number in range(len(domain.NAMES))} <= set(site.shown)
    assert site.run("plan", "--json").json["operations"] == []


def test_the_guide_names_every_fault_that_is_tried() -> None:
    """The guide names exactly the faults that are tried here."""
    assert set(FAULTS) == set(CHANGED)


@pytest.mark.parametrize("what", CHANGED)
def test_every_fault_is_said_as_the_guide_says(site: Site, samba: Samba, what: str) -> None:
    """Every fault ends with exit code 1 and one line, as the guide shows it."""
    set_state(samba, STATES.get(what, {}))
    try:
        configure(site, samba, **CHANGED[what])
        result = site.run("plan")
    finally:
        set_state(samba, USUAL if what in STATES else {})
    pattern = ".*".join(map(re.escape, FAULTS[what].split("…")))
    assert (result.code, bool(re.search(pattern, result.fault))) == (1, True), result.err


def set_state(server: Samba, values: dict[str, str]) -> None:
    """Change the reader's account."""
    if values:
        with server.connection() as connection:
            changes = {name: [(MODIFY_REPLACE, [value])] for name, value in values.items()}
            connection.modify(domain.READER, changes)  # type: ignore[no-untyped-call]
