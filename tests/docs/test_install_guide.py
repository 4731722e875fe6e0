"""The guide to installing has every step that `tests/full/systemd.sh` follows, and names what is there."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
GUIDE = (TOP / "docs" / "guides" / "install.md").read_text(encoding="utf-8")
SCRIPT = (TOP / "tests" / "full" / "systemd.sh").read_text(encoding="utf-8")
STEPS = re.findall(r"^ *```sh (\S+)$", GUIDE, re.MULTILINE)
FOLLOWED = re.findall(r"^(?:.* step|step|.*\$\(block) ([a-z-]+)", SCRIPT, re.MULTILINE)
WITHOUT_A_DIRECTORY = {"ldap"}
"""The booted system reads a file."""


def test_every_step_of_the_guide_is_followed_in_a_booted_systemd() -> None:
    """The script for a booted systemd follows exactly the steps of the guide, except that of a directory."""
    assert set(STEPS) - WITHOUT_A_DIRECTORY == set(FOLLOWED)


def test_the_drop_ins_of_the_guide_are_those_that_are_shipped() -> None:
    """The guide lists exactly the drop-ins that are shipped."""
    named = re.findall(r"^ +\| `(\S+\.conf)` \|", GUIDE, re.MULTILINE)
    assert sorted(named) == sorted(path.name for path in (TOP / "deploy" / "systemd" / "drop-ins").iterdir())


@pytest.mark.parametrize("place", sorted(set(re.findall(r"(?:deploy|requirements)/[\w./*-]*[\w*]", GUIDE))))
def test_what_the_guide_takes_from_the_release_is_there(place: str) -> None:
    """Every file, or pattern of files, that the guide takes from the release exists."""
    assert list(TOP.glob(place))


def test_the_secrets_that_the_guide_names_are_the_units_credentials() -> None:
    """The secrets of the guide are credentials of the units, and tmpfiles sets their owner and mode."""
    (line,) = re.findall(r"^6\. The secrets.*?: (.*?)\. Who may", GUIDE, re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"`(\w+)`", line))
    tmpfiles = (TOP / "deploy" / "systemd" / "tmpfiles.conf").read_text(encoding="utf-8")
    units = "".join(path.read_text(encoding="utf-8") for path in (TOP / "deploy" / "systemd").rglob("*.*"))
    for name in named:
        assert f"z /etc/syncd/{name} 0640 root syncd" in tmpfiles
        assert f"LoadCredential={name}:/etc/syncd/{name}" in units
