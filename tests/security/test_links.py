"""Nothing that is for its owner alone is written through a link that somebody put in its place."""

import pytest

from syncd.testing.company import Company
from tests.kit.installation.site import Site


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
