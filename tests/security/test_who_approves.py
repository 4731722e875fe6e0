"""Who approved is who the kernel says that it was, and not what a variable says."""

import os
import pwd
from pathlib import Path

import pytest

from syncd.cli import session
from syncd.testing.company import Company
from tests.kit.installation.site import Site

ME = pwd.getpwuid(os.geteuid()).pw_name


def test_a_variable_makes_nobody_else_the_approver(site: Site, company: Company) -> None:
    """LOGNAME and USER change nothing of who approved, and `sudo` says who became that user."""
    site.employ(company)
    assert site.run("reconcile").code == 3
    forged = {"LOGNAME": "ceo", "USER": "ceo", "LNAME": "ceo", "USERNAME": "ceo"}
    assert site.run("approve", site.fingerprint(), **forged, SUDO_USER="alice").code == 0
    (approval,) = site.run("approve", "--list", "--json").json
    assert approval["who"].startswith(f"{ME}@{os.uname().nodename} (by sudo of alice")
    assert "ceo" not in approval["who"]


@pytest.mark.parametrize(
    ("text", "more"),
    [("4294967295", ""), ("", ""), (str(os.geteuid()), ""), ("12345", " (signed in as 12345)")],
)
def test_who_signed_in_is_told_where_it_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, more: str
) -> None:
    """The login user is told where one signed in who is another than the user of the process."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(session, "LOGIN_UID", tmp_path / "loginuid")
    (tmp_path / "loginuid").write_text(text)
    assert session.who() == f"{ME}@{os.uname().nodename}{more}"
