"""The guide to several sources is what happens, with its configuration, file and outputs."""

import re

import pytest

from tests.kit.installation.guide import Guide
from tests.kit.installation.site import Site
from tests.kit.long_ago import write_long_ago

GUIDE = Guide("several-sources.md")
(CONFIGURATION,) = GUIDE.blocks("toml")
((NAME, STAFF),) = GUIDE.files.items()
PEOPLE = (
    ("wang.fang", "王芳", "财务部", "1001"),
    ("li.na", "李娜", "研发部", "1002"),
    ("chloe.dubois", "Chloé", "研发部", "17"),
)


def ldif() -> str:
    """Give the guide's directory."""
    units = [
        f"dn: ou={name},{BASE}\nobjectClass: organizationalUnit\nou: {name}\nentryUUID: {name}"
        for name in ("财务部", "研发部")
    ]
    people = [
        f"dn: uid={account},ou={unit},{BASE}\nobjectClass: inetOrgPerson\nuid: {account}\ncn: {name}\ntitle: 员工\n"
        f"employeeNumber: {number}\nentryUUID: {account}"
        for account, name, unit, number in PEOPLE
    ]
    return "\n\n".join(["version: 1", *units, *people]) + "\n"


BASE = "ou=people,dc=example,dc=com"


@pytest.fixture
def site(fresh_site: Site) -> Site:
    """Return an installation with the guide's configuration and files."""
    fresh_site.configure(CONFIGURATION)
    (fresh_site.folder / "company.ldif").write_text(ldif(), encoding="utf-8")
    write_long_ago(fresh_site.folder / NAME, STAFF)
    return fresh_site


def test_people_have_what_the_guide_says(site: Site) -> None:
    """People have the phones and positions that the guide says, and nobody comes from the second source alone."""
    assert site.settle().code == 0
    users = {one["account"]: (one["phone"], one["position"]) for one in site.sandbox.company.state.users.values()}
    assert {name: users[name] for name, _, _, _ in PEOPLE} == {
        "wang.fang": ("13800000001", "财务经理"),
        "li.na": ("13800000002", "员工"),
        "chloe.dubois": ("", "员工"),
    }
    assert len(site.sandbox.company.state.users) == len(PEOPLE) + 1  # and the platform's own administrator


def test_who_is_not_there_and_a_source_that_is_not_there_are_said_as_the_guide_shows(site: Site) -> None:
    """A person who is missing, and a source that is missing, are told as the guide shows."""
    steps = GUIDE.steps(site)
    wanted, output = next(steps)
    assert re.fullmatch(wanted, output), output
    (site.folder / NAME).unlink()
    ((wanted, output),) = steps
    assert re.fullmatch(wanted, output.replace(str(site.folder), "/etc/syncd")), output
