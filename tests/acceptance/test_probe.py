"""The tests run `syncd check --platform-probe`, which sees the right thing and leaves nothing behind."""

import os
import pty
import re
import signal
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncd.app.probing.marks import Marks
from syncd.sandbox.faults import Fault, Order
from syncd.sandbox.quirks import Quirks, from_texts
from tests.kit.installation.moments import SlowCalls, wait_for_calls
from tests.kit.installation.site import Site
from tests.kit.waiting import DEADLINE_SECONDS

COUNTED = r"of \d+ users are marked|^root: |^ids: "
PROBE = ("check", "--platform-probe", "--yes")
TOGETHER: list[tuple[dict[str, Any], dict[str, str], list[str]]] = [
    (
        {},
        {"bodies": "read: json and form", "own ids": "add takes the id of the caller"},
        ['policy.protected = ["ACCOUNT"]'],
    ),
    ({"first_is_admin": True}, {"administrator": "admin of id 1 is true"}, []),
    (
        {
            "body": "form",
            "root": "0",
            "codes_as_text": True,
            "used_objects": "refused",
            "trimmed": ("name",),
            "first_is_admin": True,
        },
        {
            "bodies": "read: form",
            "root": '"0" (1)',
            "code": 'a text ("10000")',
            "form of name": "blanks around: taken off",
            "answers of writes": "what is kept",
            "removal of a user in a room's userIds": "refused with 71001",
            "removal of a user with a meeting to come": "refused with 71001",
        },
        ['platform.body = "form"', 'policy.on_room_reference = "hold"', 'policy.on_meetings = "wait"'],
    ),
    (
        {"admin_field": "none", "ignores_ids": True, "one_token": True, "error_status": 400, "echo": True},
        {
            "administrator": "no field says it",
            "own ids": "dept and user/add gives another id",
            "existing id": "a second object is made under another id",
            "former token": "ends with the next one (71003)",
            "status of errors": "HTTP 400",
        },
        ['policy.protected = ["ACCOUNT"]'],
    ),
]


@pytest.fixture
def site(site: Site) -> Site:
    """Return an installation beside whose platform strangers live."""
    site.sandbox.quirks = Quirks()
    company = site.sandbox.company
    company.add_department({"id": "D", "name": "销售"})
    company.add_user({"id": "U", "name": "安娜", "account": "anna", "phone": "1", "departmentId": "D"})
    company.add_room({"id": "R", "name": "厅", "userIds": ["U"]})
    return site


def standing(site: Site) -> bytes:
    """Return everything that stands on the platform, but for meetings that are cancelled."""
    state = site.sandbox.company.state
    meetings = {meeting["id"]: meeting for meeting in state.meetings.values() if not meeting["cancelled"]}
    return msgspec.json.encode([state.users, state.departments, state.rooms, meetings], order="deterministic")


@pytest.mark.parametrize(("quirks", "seen", "settings"), TOGETHER)
def test_the_probe_tells_what_the_platform_does(
    site: Site, quirks: dict[str, Any], seen: dict[str, str], settings: list[str]
) -> None:
    """The probe tells what the platform does and what to set, below the root department, and leaves all as it was."""
    site.configure(platform='root_department = "D"\n')
    site.sandbox.quirks, before = msgspec.convert(quirks, Quirks), standing(site)
    result = site.run(*PROBE, "--json")
    assert (result.code, result.json["left"], result.json["ended"]) == (0, [], "")
    found = {observation["name"]: observation["observed"] for observation in result.json["observations"]}
    assert [name for name, observed in seen.items() if observed not in found[name]] == []
    assert result.json["settings"] == settings
    assert standing(site) == before
    assert {department.get("parentId") for path, department, _ in site.sandbox.calls if path == "dept/add"} >= {"D"}
    assert "" not in {department.get("parentId") for path, department, _ in site.sandbox.calls if path == "dept/add"}


def test_the_settings_are_a_part_of_a_configuration(site: Site) -> None:
    """The settings that the probe prints are TOML that can be taken over into a configuration."""
    site.sandbox.quirks = Quirks(body="form", admin_field="none")
    site.configure()
    text = site.run(*PROBE).out.split("\n\n")[1]
    assert tomllib.loads(text) == {"platform": {"body": "form"}, "policy": {"protected": ["ACCOUNT"]}}


def test_nothing_is_written_unless_somebody_wants_it(site: Site) -> None:
    """The probe writes nothing where nobody can be asked and `--yes` is missing, nor where `read_only` is true."""
    refused = site.run("check", "--platform-probe")
    assert (refused.code, refused.out, site.sandbox.requests) == (1, "", 0)
    assert "the probe wants --yes where there is nobody to ask; nothing was written" in refused.fault
    assert f"the probe WRITES to {site.url}: below the root department it makes a department" in refused.err
    site.configure(platform="read_only = true\n")
    refused = site.run(*PROBE)
    assert (refused.code, refused.out, site.sandbox.requests) == (1, "", 0)
    assert "platform.read_only is true, and the probe writes" in refused.fault
    assert "SYNCD_PLATFORM__READ_ONLY=false" in refused.fault
    assert site.run(*PROBE, SYNCD_PLATFORM__READ_ONLY="false").code == 0
    assert "--yes belongs to --platform-probe" in site.run("check", "--yes").fault


@pytest.mark.parametrize(("answer", "code", "writes"), [(b"n\n", 1, False), (b"y\n", 0, True)])
def test_a_terminal_is_asked(site: Site, answer: bytes, code: int, writes: object) -> None:
    """On a terminal the probe asks before it writes, and keeps to the answer."""
    controlling, terminal = pty.openpty()
    os.write(controlling, answer)
    done = subprocess.run(  # noqa: S603 - our own program
        site.command("check", "--platform-probe"), cwd=site.folder, capture_output=True, check=False, stdin=terminal
    )
    os.close(controlling)
    os.close(terminal)
    assert (done.returncode, bool(site.sandbox.calls), bool(done.stdout)) == (code, writes, writes)
    assert b"Go on?" in done.stderr


@pytest.mark.parametrize(
    ("number", "code", "calls"), [(signal.SIGINT, 130, 1), (signal.SIGINT, 130, 40), (signal.SIGTERM, 143, 70)]
)
def test_an_interrupted_probe_removes_what_it_made(site: Site, number: signal.Signals, code: int, calls: int) -> None:
    """A probe that is interrupted at any moment removes all that it made, what was in flight too."""
    before = standing(site)
    slow = SlowCalls(site, "", 0.5, quick=calls)
    process = site.start(*PROBE)
    wait_for_calls(site, calls)
    process.send_signal(number)
    slow.end()
    assert process.wait(DEADLINE_SECONDS) == code
    assert standing(site) == before
    said = (site.folder / "out").read_text()
    assert "Ended early: interrupted" in said
    assert "Everything that the probe had made is removed." in said


def test_what_a_killed_probe_left_is_removed_by_the_next(site: Site) -> None:
    """What a killed probe left is removed by the next one, even where the platform gave ids of its own."""
    before = standing(site)
    for quirks in (Quirks(), Quirks(ignores_ids=True), Quirks(removed_ids="refused")):
        site.sandbox.quirks = quirks
        site.sandbox.calls.clear()
        slow = SlowCalls(site, "", 0.5, quick=60)
        process = site.start(*PROBE)
        wait_for_calls(site, 60)
        process.kill()
        process.wait()
        slow.land()
        assert standing(site) != before
        assert site.run(*PROBE).code == 0
        assert standing(site) == before


@pytest.mark.parametrize("fault", [Fault.ERROR_AFTER, Fault.LOST_ANSWER, Fault.INVALID_JSON, Fault.HTML])
def test_calls_that_fail_end_neither_the_probe_nor_its_sweep(site: Site, fault: Fault) -> None:
    """Calls that fail end neither the probe nor its sweep, and what was not found out is told as such."""
    before = standing(site)
    site.sandbox.faults.order(
        Order(fault, "room/add", 1), Order(fault, "user/add", 1, after=1), Order(fault, "/update", 2)
    )
    result = site.run(*PROBE)
    assert result.code == 0, result.out
    assert "rooms: not found out: " in result.out
    assert standing(site) == before


def test_what_cannot_be_removed_is_named_and_goes_next_time(site: Site) -> None:
    """What the probe cannot remove is named with exit code 4, and the next probe removes it."""
    before = standing(site)
    site.sandbox.faults.order(Order(Fault.REDIRECT, "user/remove", -1), Order(Fault.REDIRECT, "room/remove", -1))
    result = site.run(*PROBE)
    assert result.code == 4
    left = [line for line in result.out.splitlines() if line.startswith("NOT REMOVED: ")]
    assert {line.split()[2] for line in left} == {"user", "room", "dept"}
    assert "Everything that the probe had made is removed" not in result.out
    site.sandbox.faults.clear()
    assert site.run(*PROBE).code == 0
    assert standing(site) == before


def test_a_department_that_holds_a_stranger_is_left(site: Site) -> None:
    """A department that holds a stranger is left until the person whom the probe names is moved away."""
    held = Marks.of("syncd", 1).id(1)
    site.sandbox.company.add_department({"id": held, "name": "left over"})
    site.sandbox.company.update_user({"id": "U", "departmentId": held})
    result = site.run(*PROBE, "--json")
    assert result.code == 4
    (left,) = result.json["left"]
    assert left.startswith(f'dept {held}: it holds "安娜" (U), which is not the probe\'s; move that away')
    assert not [call for call in site.sandbox.calls if call[0] == "dept/remove" and call[1]["deptId"] == held]
    site.sandbox.company.update_user({"id": "U", "departmentId": "D"})
    assert site.run(*PROBE).code == 0
    assert held not in site.sandbox.company.state.departments


def test_a_platform_that_cannot_be_used_is_one_line(site: Site) -> None:
    """A platform that cannot be used ends the probe with one line, and nothing on it is changed."""
    before = standing(site)
    site.configure(secret="wrong")
    assert "check platform.appkey and platform.appsecret" in site.run(*PROBE).fault
    site.configure(platform='root_department = "NONE"\n')
    result = site.run(*PROBE)
    assert result.code == 1
    assert "no department can be made below the root department" in result.fault
    assert standing(site) == before


def test_neither_secrets_nor_tokens_are_told(site: Site) -> None:
    """The probe tells neither secrets nor tokens, and gives none of its users the public default password."""
    result = site.run(*PROBE, "--json")
    for secret in ("sandbox-secret", *site.sandbox.tokens.given):
        assert secret not in result.out + result.err
    passwords = site.sandbox.company.state.passwords
    assert {user: said for user, said in passwords.items() if said == "default"}.keys() == {"U"}


def test_the_guide_shows_what_is_printed(site: Site) -> None:
    """The guide shows every line that the probe prints; only the counts of users and departments may differ."""
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "probe.md").read_text(encoding="utf-8")
    quirks = dict(quirk.split("=", 1) for quirk in re.findall(r"--quirk (\S+)", guide))
    site.sandbox.quirks = from_texts(Quirks(), quirks)
    site.configure()
    said = site.run(*PROBE).out.splitlines()
    printed = guide.split("```text\n")[1].split("```")[0].splitlines()
    assert [line for line in said if line not in printed and not re.search(COUNTED, line)] == []
    assert len(said) == len(printed)
