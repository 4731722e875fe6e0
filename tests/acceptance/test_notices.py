"""What would hurt later is said before the first run: passwords that nobody knows, secrets that all may read."""

import stat
from pathlib import Path

import pytest

from syncd.testing.company import Company
from tests.kit.installation.site import SECRET, Site

LOST = "nobody will know the password"


def test_passwords_that_nobody_will_know_are_told_before_they_are_made(site: Site, company: Company) -> None:
    """`check`, the first plan in each form, and the run say that new users cannot sign in with a password."""
    site.employ(company)
    assert LOST in site.run("check").err
    (finding,) = [one for one in site.run("check", "--json").json if one["what"] == "configuration"]
    assert finding["ok"]
    assert any(LOST in warning for warning in finding["warnings"])
    planned = site.run("plan")
    assert LOST in planned.err
    assert planned.code == 0
    for form in ("html", "markdown"):
        assert LOST in site.run("plan", "--format", form).out
    assert LOST in site.run("reconcile").err
    assert site.settle().code == 0
    assert LOST not in site.run("plan").err, "nobody is made any more"


@pytest.mark.parametrize("platform", ['handover = "new.csv"', 'initial_password = "{{ key }}-Kq7"'])
def test_passwords_that_somebody_knows_are_no_matter(site: Site, company: Company, platform: str) -> None:
    """Nothing is warned of where a handover file or a rule lets somebody know the password."""
    site.employ(company)
    site.configure(platform=platform)
    assert LOST not in site.run("check").err
    assert LOST not in site.run("plan").err


def test_secrets_that_all_may_read_are_told(site: Site, company: Company) -> None:
    """A configuration with a secret in it that others may read is warned of, by field and not by value."""
    site.employ(company)
    configuration = site.folder / "syncd.toml"
    configuration.chmod(0o644)
    checked = site.run("check")
    assert checked.code == 0, "it can be used"
    (line,) = [line for line in checked.err.splitlines() if "platform.appsecret" in line]
    assert "syncd.toml" in line
    assert stat.filemode(configuration.stat().st_mode) in line
    assert SECRET not in checked.out + checked.err
    configuration.chmod(0o600)
    assert "platform.appsecret" not in site.run("check").err
    (site.folder / "secret").write_text(SECRET)
    site.configure(platform='appsecret_file = "secret"')
    text = configuration.read_text().replace(f'appsecret = "{SECRET}"\n', "")
    configuration.write_text(text)
    configuration.chmod(0o644)
    assert "may be read" not in site.run("check").err, "a file of its own holds the secret"


@pytest.mark.parametrize("place", ["missing/folder/syncd.db", "company.ldif/syncd.db"])
def test_a_store_that_cannot_be_written_fails_the_check(site: Site, company: Company, place: str) -> None:
    """A folder of the store that is not there, or cannot be, is found by `check` and named with what to do."""
    site.employ(company)
    site.configure(tail=f'[store]\nurl = "sqlite:///{site.folder / place}"\n')
    checked = site.run("check")
    assert checked.code == 1
    (line,) = [line for line in checked.out.splitlines() if line.startswith("FAIL")]
    assert str(Path(place).parent) in line
    assert "store.url" in line
    assert not (site.folder / place).exists()
