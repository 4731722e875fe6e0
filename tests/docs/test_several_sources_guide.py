"""The guide to several sources is what happens, with its configuration, file and outputs."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from tests.kit.installation.site import Site

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "several-sources.md").read_text(encoding="utf-8")
(CONFIGURATION,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
((NAME, STAFF),) = re.findall(r"```csv (\S+)\n(.*?)```", GUIDE, re.DOTALL)
STEPS = re.findall(r"```console\n\$ syncd (.*?)\n(.*?)```", GUIDE, re.DOTALL)
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
def site(tmp_path: Path) -> Iterator[Site]:
    """Give an installation with the guide's configuration and files."""
    sandbox = Sandbox()
    with running(sandbox) as url:
        found = Site(tmp_path, sandbox, url)
        found.configure(CONFIGURATION)
        (tmp_path / "company.ldif").write_text(ldif(), encoding="utf-8")
        (tmp_path / NAME).write_text(STAFF, encoding="utf-8")
        os.utime(tmp_path / NAME, (0, 0))
        yield found


def holds(wanted: str, output: str) -> bool:
    """Tell whether an output is what the guide shows; `…` stands for any lines."""
    parts = [r"(?:.*\n)*" if line == "…" else re.escape(line) + r"\n" for line in wanted.splitlines()]
    return re.fullmatch("".join(parts), output) is not None


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
    (absent, shown), (unread, broken) = STEPS
    assert holds(shown, site.run(*absent.split()).out)
    (site.folder / NAME).unlink()
    output = site.run(*unread.split()).out.replace(str(site.folder), "/etc/syncd")
    assert holds(broken, output), output
