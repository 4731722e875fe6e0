"""Who approved is who the kernel says that it was, and not what a variable says."""

import os
import pwd
import sys
from pathlib import Path

import msgspec
import pytest

from syncd.bootstrap import actors
from syncd.model.actors import Actor
from syncd.testing.company import Company
from tests.kit.installation.site import Site
from tests.kit.real_users import ALICE, BOB, SERVICE, as_called_by, needs_root

ME = pwd.getpwuid(os.geteuid()).pw_name
TELL = """
import sys
import msgspec
from syncd.bootstrap.actors import acting
sys.stdout.buffer.write(msgspec.json.encode(acting()))
"""
SIGNED_IN = """
from pathlib import Path
from syncd.bootstrap import actors
actors.LOGIN_UID = Path({file!r})
"""


def told(called_by: int, user: int, **environ: str) -> Actor:
    """Return who a process of a user says that it is run by, called by another one."""
    done = as_called_by(called_by, user, [sys.executable, "-c", TELL], environ=environ)
    assert done.returncode == 0, done.stderr
    return msgspec.json.decode(done.stdout, type=Actor)


def test_a_variable_makes_nobody_else_the_approver(site: Site, company: Company) -> None:
    """LOGNAME, USER and SUDO_USER change nothing of who approved."""
    site.employ(company)
    assert site.run("reconcile").code == 3
    forged = dict.fromkeys(("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER", "SUDO_UID", "DOAS_USER"), "ceo")
    assert site.run("approve", site.fingerprint(), **forged).code == 0
    (approval,) = site.run("approve", "--list", "--json").json
    assert approval["who"].startswith(f"{ME}@{os.uname().nodename}")
    assert (approval["by"]["user"], approval["by"]["uid"]) == (ME, os.geteuid())
    assert approval["by"]["host"] == os.uname().nodename
    assert "ceo" not in str(approval)
    assert site.run("reconcile").code == 0
    (run, *_) = site.run("history", "--json").json
    assert site.run("show", run["run"], "--json").json["approvals"][0]["by"] == approval["by"]


@needs_root
def test_whoever_called_sudo_is_known_by_the_processes_above() -> None:
    """Who became the service's user is the user of the process above, whatever SUDO_USER says; else nobody is."""
    found = told(ALICE, SERVICE, SUDO_USER="ceo", SUDO_UID="0")
    assert (found.uid, found.started_by, found.person) == (SERVICE, str(ALICE), str(ALICE))
    assert str(found) == f"{found.user}@{os.uname().nodename} (started by {ALICE})"
    assert told(BOB, SERVICE, SUDO_USER=str(ALICE)).person == str(BOB)
    assert (told(0, SERVICE, SUDO_USER="ceo").started_by, told(0, 999).person) == ("", "")
    assert (told(ALICE, 0).user, told(ALICE, 0).person) == ("root", str(ALICE))
    assert told(0, BOB).person == str(BOB), "who is there as themselves"


@needs_root
def test_who_signed_in_comes_before_whoever_called(tmp_path: Path) -> None:
    """The login user is the person, also where another one called and another one runs."""
    program = SIGNED_IN.format(file=str(tmp_path / "id"))
    (tmp_path / "id").write_text(str(ALICE))
    tmp_path.chmod(0o755)
    done = as_called_by(BOB, SERVICE, [sys.executable, "-c", program + TELL])
    found = msgspec.json.decode(done.stdout, type=Actor)
    assert (found.person, found.login_user, found.started_by) == (str(ALICE), str(ALICE), str(BOB))


@pytest.mark.parametrize(
    ("text", "more"),
    [("4294967295", ""), ("", ""), (str(os.geteuid()), ""), ("12345", " (signed in as 12345)")],
)
def test_who_signed_in_is_told_where_it_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, more: str
) -> None:
    """The login user is told where one signed in who is another than the user of the process."""
    monkeypatch.setattr(actors, "LOGIN_UID", tmp_path / "loginuid")
    monkeypatch.setattr(actors, "PROCESSES", tmp_path)
    (tmp_path / "loginuid").write_text(text)
    assert str(actors.acting()) == f"{ME}@{os.uname().nodename}{more}"


def test_a_process_that_cannot_be_looked_at_names_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where /proc is not there or says nonsense nobody is named, and nothing fails."""
    monkeypatch.setattr(actors, "LOGIN_UID", tmp_path / "none")
    monkeypatch.setattr(actors, "PROCESSES", tmp_path)
    for text in (None, "", "Uid:\tx\nPPid:\ty\n", "Uid:\t\nPPid:\t1\n", "\0\n" * 100):
        if text is not None:
            (tmp_path / str(os.getppid())).mkdir(exist_ok=True)
            (tmp_path / str(os.getppid()) / "status").write_text(text)
        found = actors.acting()
        assert (found.started_by, found.login_user) == ("", "")


def test_system_accounts_are_no_persons() -> None:
    """Root, system accounts, those of systemd and those without a shell are nobody's name."""
    assert not any(actors.is_person(uid) for uid in (0, 1, 999, 61184, 65519, 65534))
    assert all(actors.is_person(uid) for uid in (20001, 70000))
