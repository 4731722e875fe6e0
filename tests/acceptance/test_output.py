"""The tests look at where results go: JSON wherever something is printed, and outputs that take nothing."""

import datetime as dt
import json
import re
import subprocess
from pathlib import Path

import pytest

from syncd.shadow.schema import head
from syncd.testing.company import Company
from tests.kit.installation.conversation import converse
from tests.kit.installation.settings import APPLY_AT_ONCE
from tests.kit.installation.site import Result, Site

FLAGS = ("--source", "ldif", "--path", "a.ldif", "--base", "dc=x", "--appkey", "k", "--appsecret-file", "s")


def into(output: Path, site: Site, *arguments: str) -> Result:
    """Run a command whose results go to a file."""
    with output.open("wb") as out:
        done = subprocess.run(  # noqa: S603 - our own program
            site.command(*arguments), cwd=site.folder, stdout=out, stderr=subprocess.PIPE, check=False
        )
    return Result(subprocess.CompletedProcess(done.args, done.returncode, b"", done.stderr))


def test_every_command_that_prints_has_json(site: Site, company: Company) -> None:
    """`db`, `init` and `export` print JSON too (DESIGN 4, commands)."""
    site.employ(company)
    assert site.run("db", "current", "--json").json == {"schema": None, "known": head()}
    assert site.run("db", "upgrade", "--json").json == {"schema": head(), "known": head()}
    written = site.run("init", *FLAGS, "--out", "new.toml", "--json").json
    assert written == {"configuration": "new.toml", "source": "ldif", "read_only": True}
    assert site.settle().code == 0
    assert site.run("export", "--json").out == site.run("export").out


def test_every_time_in_json_is_iso_8601_with_its_zone(site: Site, company: Company) -> None:
    """The times of approvals, exports, plans and runs are ISO 8601 with the zone UTC."""
    site.employ(company)
    held = site.run("reconcile", "--json")
    assert held.code == 3
    assert site.run("approve", held.json["plan"]).code == 0
    (approval,) = site.run("approve", "--list", "--json").json
    times = [approval["at"], *(json.loads(line)["shadow_as_of"] for line in site.run("export").out.splitlines())]
    times += [site.run("plan", "--json").json["as_of"], site.run("history", "--json").json[0]["started_at"]]
    assert {dt.datetime.fromisoformat(time).tzinfo for time in times} == {dt.UTC}


def test_every_time_for_people_is_that_of_the_configured_time_zone(site: Site, company: Company) -> None:
    """Texts and pages tell times in `[schedule] timezone`, with its name, and none in UTC."""
    site.employ(company)
    site.configure(tail='[schedule]\ntimezone = "America/New_York"\n')
    assert site.run("reconcile").code == 3
    assert site.run("approve", site.fingerprint(), "--reason", "seen").code == 0
    held = [site.run(*one).out for one in (("approve", "--list"), ("status",), ("plan", "--format", "html"))]
    run = site.run("reconcile", "--json").json["run"]
    person = next(iter(company.people.values())).account
    commands = (("history",), ("status",), ("show", run, "--format", "html"), ("explain", person))
    after = [site.run(*one).out for one in commands]
    for text in (*held, *after):
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d America/New_York", text), text[:400]
        assert not re.search(r"UTC|\+00:00", text), text[:400]


def test_a_run_that_is_held_shows_no_progress(site: Site, company: Company) -> None:
    """On a terminal a run that is held shows no count of what was done, and one that is carried out does."""
    site.employ(company)
    code, screen = converse(site.folder, ["reconcile"], [])
    assert code == 3, screen
    assert not re.search(r"\d+/\d+", screen), screen
    assert site.run("approve", site.fingerprint()).code == 0
    code, screen = converse(site.folder, ["reconcile"], [])
    assert code == 0, screen
    assert "140/140" in screen


def test_the_way_that_a_plan_names_is_open(site: Site, company: Company) -> None:
    """The command that `plan` names carries out its plan, and `approve` points to that command."""
    site.employ(company)
    words = site.run("plan").out.splitlines()[-1].partition("syncd ")[2].split()
    assert "syncd reconcile --approve" in site.run("approve", words[-1]).fault
    assert site.run(*words).code == 0
    assert site.shown == site.wanted(company)


def test_a_full_disk_ends_a_command_with_one_line(site: Site, company: Company) -> None:
    """A full disk ends a command with exit code 1 and one line before anything is written to the platform."""
    site.employ(company)
    for command in ("plan", "reconcile", "status", "export"):
        done = into(Path("/dev/full"), site, command)
        assert (done.code, "No space left" in done.fault) == (1, True)
    assert site.sandbox.calls == []


def test_what_was_done_keeps_its_exit_code_where_nobody_takes_the_result(site: Site, company: Company) -> None:
    """A run keeps its exit code where its result cannot be printed, and a note says how to look at it."""
    site.configure(tail=APPLY_AT_ONCE)
    site.employ(company)
    done = into(Path("/dev/full"), site, "reconcile", "--json")
    assert done.code == 0
    assert "the result cannot be printed: No space left on device; look at it with: syncd show " in done.err
    assert site.shown == site.wanted(company)


def test_a_closed_output_is_no_fault(site: Site, company: Company) -> None:
    """Closed outputs, as a service manager may leave them, do not change the exit code of a run."""
    site.employ(company)
    command = 'exec "$0" "$@" >&- 2>&-'
    done = subprocess.run(["/bin/sh", "-c", command, *site.command("reconcile")], cwd=site.folder, check=False)  # noqa: S603 - our own program
    assert done.returncode == 3


@pytest.mark.parametrize("arguments", [("approve", "新办公室"), ("approve", "x", "--reason", "新办公室")])
def test_an_argument_that_is_no_text_here_is_one_line(site: Site, company: Company, arguments: tuple[str, ...]) -> None:
    """An argument that the locale cannot read ends a command with one line that says what to set."""
    site.employ(company)
    held = site.run("reconcile", "--json")
    assert held.code == 3
    known = [held.json["plan"] if word == "x" else word for word in arguments]
    done = site.run(*known, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.code == 1
    assert "set LC_ALL=C.UTF-8" in done.fault


def test_the_short_flag_for_help_is_taken_everywhere(site: Site) -> None:
    """`-h` is `--help`, for the program and for each command."""
    for command in ((), ("plan",), ("events", "list")):
        short, long = site.run(*command, "-h"), site.run(*command, "--help")
        assert (short.code, short.out) == (0, long.out), command


def test_check_shows_no_retries_between_its_lines(site: Site, company: Company) -> None:
    """`check` says once that the platform cannot be reached, and nothing of the attempts before."""
    site.employ(company)
    site.url = "http://127.0.0.1:9/meeting"
    site.configure()
    checked = site.run("check")
    assert checked.code == 1
    assert "check platform.url" in checked.out
    assert "retry" not in checked.err
    assert '"retry"' in site.run("plan").err, "a command that waits says so"


def test_a_url_with_a_wrong_path_is_named_as_the_first_suspect(site: Site, company: Company) -> None:
    """A refused sign-in names the URL that was called, before the key and the secret."""
    site.employ(company)
    site.url += "s"
    site.configure()
    (line,) = [line for line in site.run("check").out.splitlines() if line.startswith("FAIL platform")]
    assert f"check platform.url (calls go to {site.url}/api/oapi/gettoken), and check platform.appkey and" in line
