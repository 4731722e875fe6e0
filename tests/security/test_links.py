"""Nothing that is for its owner alone is written through a link that somebody put in its place."""

import stat

import pytest

from syncd.testing.company import Company
from tests.kit.installation.site import SECRET, Site


@pytest.mark.parametrize("name", ["plan.json", "plan.html"])
def test_a_plan_is_written_through_no_link(site: Site, company: Company, name: str) -> None:
    """`plan --out` refuses a symbolic link, also one that leads nowhere yet, and leaves what it leads to as it is."""
    site.employ(company)
    (site.folder / "theirs").write_text("theirs")
    for target in ("theirs", "nowhere"):
        (site.folder / name).symlink_to(site.folder / target)
        assert "it is a symbolic link, which is not followed" in site.run("plan", "--out", name).fault
        (site.folder / name).unlink()
    assert (site.folder / "theirs").read_text() == "theirs"
    assert not (site.folder / "nowhere").exists()


def test_passwords_go_through_no_link(site: Site, company: Company) -> None:
    """A handover file that is a symbolic link is refused before anybody is made."""
    site.employ(company)
    (site.folder / "theirs").write_text("theirs")
    (site.folder / "handover.csv").symlink_to(site.folder / "theirs")
    site.configure(platform='handover = "handover.csv"')
    assert "it is a symbolic link, which is not followed" in site.run("reconcile").fault
    assert (site.folder / "theirs").read_text() == "theirs"
    assert site.shown == {}


def test_a_plan_goes_where_the_shell_leads_output(site: Site, company: Company) -> None:
    """`--out /dev/stdout`, which is a link, is taken."""
    site.employ(company)
    done = site.run("plan", "--out", "/dev/stderr", "--json")
    assert done.code == 0, done


def test_what_every_user_may_change_is_not_trusted(site: Site, company: Company) -> None:
    """A configuration, a secret, a store or a handover file that every user may change ends the command.

    So does a folder on the way to it that every user may write, unless it is sticky, as /tmp is.
    """
    site.employ(company)
    site.configure(platform='handover = "keep/handover.csv"\n', secret="")
    text = (site.folder / "syncd.toml").read_text().replace('appsecret = ""', 'appsecret_file = "keep/secret"')
    (site.folder / "syncd.toml").write_text(f'{text}[store]\nurl = "sqlite:///keep/syncd.db"\n')
    keep = site.folder / "keep"
    keep.mkdir()
    (keep / "secret").write_text(SECRET)
    assert site.run("reconcile").code == 3
    (keep / "handover.csv").touch()
    for name in ("syncd.toml", "keep/secret", "keep/syncd.db", "keep/handover.csv", "keep"):
        path = site.folder / name
        mode = path.stat().st_mode
        path.chmod(mode | stat.S_IWOTH)
        found = site.run("reconcile")
        assert found.code == 1, name
        assert f"every user may write {path}" in found.fault
        assert f"chmod o-w {path}" in found.fault
        path.chmod(mode | stat.S_IWOTH | stat.S_ISVTX)
        assert site.run("reconcile").code == (3 if name == "keep" else 1), "a sticky folder lets nobody replace a file"
        path.chmod(mode)
    assert site.run("reconcile").code == 3
    assert site.shown == {}


def test_secrets_that_a_cluster_mounts_are_taken_without_a_word(site: Site, company: Company) -> None:
    """Secrets as Kubernetes mounts them, behind two links and for a group, are taken, and `check` says nothing."""
    site.employ(company)
    mounted = site.folder / "mounted"
    (mounted / "..2026").mkdir(parents=True)
    (mounted / "..2026" / "appsecret").write_text(SECRET)
    (mounted / "..2026" / "appsecret").chmod(0o440)
    (mounted / "..data").symlink_to("..2026")
    (mounted / "appsecret").symlink_to("..data/appsecret")
    site.configure(secret="")
    text = (site.folder / "syncd.toml").read_text().replace('appsecret = ""', 'appsecret_file = "mounted/appsecret"')
    (site.folder / "syncd.toml").write_text(text)
    found = site.run("check")
    assert found.code == 0
    assert "can read" not in found.err
    assert "can be read" not in found.err


def test_what_others_may_read_is_named_by_check(site: Site, company: Company) -> None:
    """`check` names each file for its owner alone that every user may read, with the command that mends it."""
    site.employ(company)
    site.configure(platform='handover = "handover.csv"\n', secret="")
    text = (site.folder / "syncd.toml").read_text().replace('appsecret = ""', 'appsecret_file = "secret"')
    (site.folder / "syncd.toml").write_text(text)
    (site.folder / "secret").write_text(SECRET)
    site.run("reconcile")
    for name in ("secret", "handover.csv", "syncd.db"):
        (site.folder / name).touch()
        (site.folder / name).chmod(0o644)
    said = site.run("check").err
    for name in ("secret", "handover.csv", "syncd.db"):
        assert f"chmod 600 {site.folder / name}" in said, name
