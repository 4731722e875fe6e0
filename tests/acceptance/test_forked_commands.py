"""Commands that the tests fork do what commands with an interpreter of their own do."""

import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from syncd.cli.commands import COMMANDS
from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from syncd.testing.company import generated, key_of
from tests.kit.installation.commands import Ended, WarmParent, run_started, warm_parent
from tests.kit.installation.site import SECRET, Site

Run = Callable[[Sequence[str], Path, Mapping[str, str]], Ended]
# What differs between two runs of one command, by whichever way: places, moments, durations, sizes of files.
VARYING = (
    (re.compile(r"http://127\.0\.0\.1:\d+"), "URL"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?"), "MOMENT"),
    (re.compile(r"\d{8}T\d{6}Z-[0-9a-f]+"), "RUN"),
    (re.compile(r"\b\d+(\.\d+)? ?(ms|s|seconds)\b"), "DURATION"),
    (re.compile(r"\b\d+(\.\d+)?/s"), "RATE"),
)
LAST = "{last run}"
PLANNED = "{fingerprint}"
# What an installation is asked to do from its first day on; the commands that serve are asked for what ends at once.
STORY: tuple[tuple[str, ...], ...] = (
    (),
    ("--version",),
    ("--help",),
    ("frobnicate",),
    ("history", "-n", "0"),
    ("--config", "no.toml", "plan"),
    ("error", "71006"),
    ("init", "--source", "ldif", "--path", "company.ldif", "--appsecret-file", "secret", "--out", "other.toml"),
    ("db", "current"),
    ("check",),
    ("plan",),
    ("plan", "--json"),
    ("plan", "--out", "plan.json"),
    ("reconcile",),
    ("status",),
    ("approve", "--list"),
    ("approve", PLANNED, "--reason", "gelesen"),
    ("apply", "plan.json"),
    ("history", "--json"),
    ("show", LAST),
    ("export",),
    ("explain", "user000001"),
    ("leavers",),
    ("password", "user000001"),
    ("keep", "user000001", "--until", "2033-05-31"),
    ("let-go", "user000001"),
    ("forget", "user000001", "--yes"),
    ("unlink", key_of("person", 3)),
    ("link", "--by", "account"),
    ("revert", LAST, "--dry-run"),
    ("events", "list"),
    ("audit", "verify", "--head", "17"),
    ("face", "check", "nowhere.jpg"),
    ("db", "upgrade"),
    ("sandbox", "--port", "99999"),
    ("demo", "--folder", "/proc/nowhere"),
    ("--config", "no.toml", "listen"),
    ("--config", "no.toml", "serve"),
    ("receive",),
)


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[tuple[Site, Site]]:
    """Return two installations that differ in nothing but where they are."""
    company = generated(12, 3)
    with running(first := Sandbox()) as first_url, running(second := Sandbox()) as second_url:
        made = []
        for name, sandbox, url in (("a", first, first_url), ("b", second, second_url)):
            (tmp_path / name).mkdir()
            site = Site(tmp_path / name, sandbox, url)
            site.employ(company)
            (site.folder / "secret").write_text(SECRET)
            made.append(site)
        yield made[0], made[1]


def told(site: Site, run: Run) -> dict[tuple[str, ...], tuple[int, str, str]]:
    """Return how each command of the story ended and what it wrote, without what varies from run to run."""
    found = {}
    for command in STORY:
        arguments = [
            word.replace(LAST, site.run("history", "--json").json[0]["run"]) if word == LAST else word
            for word in command
        ]
        arguments = [site.fingerprint() if word == PLANNED else word for word in arguments]
        ended = run(arguments, site.folder, dict(os.environ))
        found[command] = (ended.returncode, steady(ended.stdout, site), steady(ended.stderr, site))
    return found


def steady(written: bytes, site: Site) -> str:
    """Return what a command wrote, without what varies from run to run."""
    text = written.decode().replace(str(site.folder), "FOLDER")
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text


def test_every_command_ends_and_speaks_alike_forked_and_started(sites: tuple[Site, Site]) -> None:
    """A forked command has the exit code, the output and the errors of the same command in a new interpreter."""
    started, forked = told(sites[0], run_started), told(sites[1], warm_parent().run)
    assert [
        (command, started[command], forked[command]) for command in STORY if forked[command] != started[command]
    ] == []


def test_the_story_has_every_command() -> None:
    """No command is left out of the comparison."""
    assert set(COMMANDS) <= {word for command in STORY for word in command}


def test_a_forked_command_has_its_own_folder_environment_and_streams(site: Site) -> None:
    """Nothing of the parent or of the command before is seen: each one has its folder, environment and output."""
    other = site.folder / "另一个"
    other.mkdir()
    environ = {**os.environ, "SYNCD_CONFIG": "elsewhere.toml"}
    ended = warm_parent().run(["plan"], other, environ)
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert b"elsewhere.toml" in ended.stderr
    assert b"elsewhere.toml" not in warm_parent().run(["plan"], other, dict(os.environ)).stderr


def test_the_parent_tells_a_command_that_a_signal_ended(site: Site) -> None:
    """A command that is killed has the negative number of its signal as return code, as `subprocess` has it."""
    site.configure(tail='[notify]\ncommand = ["sh", "-c", "kill -KILL $PPID; sleep 60"]\n')
    site.employ(generated(12, 3))
    parent = WarmParent(os.environ)
    try:
        assert parent.run(["reconcile"], site.folder, dict(os.environ)).returncode == -signal.SIGKILL
    finally:
        parent.close()
