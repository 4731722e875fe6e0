"""The tests run `syncd serve` as administrators do: its schedule, its signals and its end."""

import http.client
import json
import os
import re
import signal
import socket
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from syncd.testing.company import Company
from tests.kit.installation.callbacks import SETTINGS, event
from tests.kit.installation.daemons import Daemon
from tests.kit.installation.listening import LISTENER, ListenProcess
from tests.kit.installation.settings import ADMIN, APPLY_AT_ONCE, NO_PASSES
from tests.kit.installation.site import Site
from tests.kit.installation.stores import default_store, opened
from tests.kit.waiting import DEADLINE_SECONDS, comes, wait_for

pytestmark = pytest.mark.company(people=12, departments=3)


@contextmanager
def daemon(site: Site, tail: str, **environ: str) -> Iterator[Daemon]:
    """Run the daemon with this configuration."""
    site.configure(tail=tail + ADMIN)
    with Daemon(site, **environ) as running:
        yield running


def test_it_makes_passes_at_its_times_and_stops_at_once(site: Site, company: Company) -> None:
    """The daemon makes passes at its start and on schedule, also where it receives no events, and ends on SIGTERM."""
    site.employ(company)
    with daemon(site, APPLY_AT_ONCE + '[schedule]\nreconcile = "1s"\n') as running:
        assert comes(lambda: site.shown == company.wanted()), running.said
        assert running.says("run", 2)
        assert site.run("status", "--json").json["last_run"]["outcome"] == "done"
        assert running.stop() == 0
        assert "no events are received" in running.said
        assert "Traceback" not in running.said
    assert len(site.run("history", "--json").json) >= 2


def test_a_signal_makes_a_pass_now(site: Site, company: Company) -> None:
    """SIGUSR1 begins a pass where the schedule has none, and SIGINT ends the daemon with exit code 130."""
    site.employ(company)
    with daemon(site, APPLY_AT_ONCE + NO_PASSES) as running:
        assert running.says("leading")
        assert site.shown == {}
        running.process.send_signal(signal.SIGUSR1)
        assert comes(lambda: site.shown == company.wanted()), running.said
        assert running.stop(signal.SIGINT) == 130


def test_what_a_person_approves_is_done_at_once(site: Site, company: Company) -> None:
    """An approval makes the daemon carry out what it held at its start, long before the next pass is due."""
    site.employ(company)
    with daemon(site, '[schedule]\nreconcile = "1d"\n') as running:
        assert running.says("run")
        assert site.shown == {}
        held = site.run("status", "--json").json["held"]
        assert site.run("approve", held[0]["fingerprint"]).code == 0
        assert comes(lambda: site.shown == company.wanted()), running.said
        assert running.says("run", 2)
        assert [line["outcome"] for line in running.lines("run")] == ["held", "done"]


def test_a_bad_configuration_is_refused_loudly_and_a_good_one_taken(site: Site, company: Company) -> None:
    """On SIGHUP a bad configuration is refused with its reason and the old one stays; a good one takes its place."""
    site.employ(company)
    with daemon(site, APPLY_AT_ONCE + NO_PASSES) as running:
        assert running.says("leading")
        good = (site.folder / "syncd.toml").read_text(encoding="utf-8")
        (site.folder / "syncd.toml").write_text(good + "[polcy]\n", encoding="utf-8")
        running.process.send_signal(signal.SIGHUP)
        assert running.says("reload_refused")
        assert 'polcy: unknown key; did you mean "policy"?' in running.lines("reload_refused")[0]["why"]
        running.process.send_signal(signal.SIGUSR1)
        assert comes(lambda: site.shown == company.wanted()), running.said
        (site.folder / "syncd.toml").write_text(good.replace('"off"', '"1s"', 1), encoding="utf-8")
        running.process.send_signal(signal.SIGHUP)
        assert running.says("reloaded")
        assert running.says("run", 3)
        assert running.stop() == 0


def test_events_are_received_over_a_reload_and_after_the_listener_was_killed(site: Site) -> None:
    """Events are received at the same address over reloads, by the keys of each, and after the listener was killed."""
    site.configure(tail=SETTINGS + LISTENER + NO_PASSES + ADMIN)
    with ListenProcess(site, "daemon", "serve") as running, running.sender() as sender:
        assert sender.send(event())
        text = (site.folder / "syncd.toml").read_text(encoding="utf-8")
        (site.folder / "syncd.toml").write_text(text.replace("token-of-the-sample", "another"), encoding="utf-8")
        running.process.send_signal(signal.SIGHUP)
        wait_for(lambda: '"reloaded"' in running.said)
        with running.sender() as later:
            assert not later.send(event())
        (site.folder / "syncd.toml").write_text(text, encoding="utf-8")
        running.process.send_signal(signal.SIGHUP)
        wait_for(lambda: running.said.count('"action": "reloaded"') == 2)
        os.kill(listener_of(running.process.pid), signal.SIGKILL)
        with running.sender() as last:
            assert last.send(event("user_update", ["再来"]))
        wait_for(lambda: '"listener_gone"' in running.said)
        assert running.stop() == 0
        assert "forged 1, stored 2" in running.said


def listener_of(process: int) -> int:
    """Return the id of the process that receives events for a daemon."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return int(children.split()[0])


def test_no_listener_outlives_its_daemon(site: Site) -> None:
    """The process that receives events ends when its daemon is killed."""
    site.configure(tail=SETTINGS + LISTENER + NO_PASSES + ADMIN)
    with ListenProcess(site, "daemon", "serve") as running:
        listener = listener_of(running.process.pid)
        running.process.kill()
        running.process.wait()
        wait_for(lambda: not Path(f"/proc/{listener}").exists())


def test_the_second_of_two_stands_by_and_takes_over(site: Site, company: Company) -> None:
    """Of two daemons only the leader makes passes, and the other one takes over when it is killed."""
    site.employ(company)
    with daemon(site, APPLY_AT_ONCE + NO_PASSES) as first:
        assert first.says("leading")
        with Daemon(site, "other") as second:
            assert second.says("standing_by")
            second.process.send_signal(signal.SIGUSR1)
            assert second.says("not_leader")
            leader = site.run("status", "--json").json["leader"]
            assert leader is None or leader["pid"] == first.process.pid
            first.process.kill()
            assert second.says("leading")
            second.process.send_signal(signal.SIGUSR1)
            assert comes(lambda: site.shown == company.wanted()), second.said


def test_it_waits_for_a_run_that_somebody_else_makes(site: Site, company: Company) -> None:
    """A pass waits for the run of another process, and the log says which process that is and since when."""
    site.employ(company)
    with daemon(site, APPLY_AT_ONCE + NO_PASSES) as running:
        assert running.says("leading")
        with opened(default_store(site)) as store, store.lock():
            running.process.send_signal(signal.SIGUSR1)
            assert running.says("duty_waits")
            assert re.search(rf"syncd {os.getpid()} on \S+ since 20", running.lines("duty_waits")[0]["why"])
            assert site.shown == {}
        assert comes(lambda: site.shown == company.wanted()), running.said


def test_systemd_is_told_when_it_is_ready_alive_reloading_and_stopping(site: Site, tmp_path: Path) -> None:
    """The daemon tells systemd by sd_notify when it is ready, alive, reloading and stopping."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(DEADLINE_SECONDS)

        def next_but_the_watchdog() -> str:
            while (text := heard.recv(1000).decode()) == "WATCHDOG=1":
                pass
            return text

        with daemon(site, NO_PASSES, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="400000") as running:
            assert next_but_the_watchdog() == "READY=1"
            assert [heard.recv(1000) for _ in range(3)] == [b"WATCHDOG=1"] * 3
            running.process.send_signal(signal.SIGHUP)
            assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+", next_but_the_watchdog())
            assert next_but_the_watchdog() == "READY=1"
            running.process.send_signal(signal.SIGTERM)
            assert next_but_the_watchdog() == "STOPPING=1"
            assert running.process.wait(DEADLINE_SECONDS) == 0


def test_a_platform_that_is_away_is_tried_again_and_a_secret_that_was_renewed_is_taken(
    site: Site, company: Company
) -> None:
    """A pass that the platform refuses is logged, and a later one takes the secret that the file then holds."""
    site.employ(company)
    (site.folder / "secret").write_text("wrong", encoding="utf-8")
    site.configure(tail=APPLY_AT_ONCE + '[schedule]\nreconcile = "1s"\n' + ADMIN)
    text = (site.folder / "syncd.toml").read_text(encoding="utf-8")
    (site.folder / "syncd.toml").write_text(
        text.replace('appsecret = "sandbox-secret"', 'appsecret_file = "secret"'), encoding="utf-8"
    )
    with Daemon(site) as running:
        assert running.says("duty_failed", 1)
        assert "check platform.appkey and platform.appsecret" in running.lines("duty_failed")[0]["why"]
        (site.folder / "secret").write_text("sandbox-secret", encoding="utf-8")
        assert comes(lambda: site.shown == company.wanted()), running.said
        assert "Traceback" not in running.said
        assert running.stop() == 0


def test_the_admin_port_shows_how_things_stand_over_a_reload(site: Site, company: Company) -> None:
    """The admin port shows health, status and metrics, also after a reload, and the port of events shows none."""
    site.employ(company)
    schedule = '[schedule]\nreconcile = "1d"\nrefresh = "off"\n'
    with daemon(site, SETTINGS + LISTENER + APPLY_AT_ONCE + schedule) as running:
        assert running.says("run")
        for reloads in range(2):
            admin = found(r"status page at (\S+)", running.said, reloads)
            assert asked(f"{admin}healthz") == (200, "ok\n")
            assert is_ready(admin), running.said
            shown = json.loads(asked(f"{admin}status.json")[1])
            assert shown["last_run"]["outcome"] == "done"
            assert set(shown["next_runs"]) == {"reconcile", "prune"}
            assert shown["leader"]["pid"] == running.process.pid
            counted = asked(f"{admin}metrics")[1]
            assert 'syncd_platform_call_duration_seconds_count{code="10000",endpoint="user/add"} 12' in counted
            assert "syncd_leader 1.0" in counted
            assert asked(found(r"received at (\S+);", running.said, reloads).replace("/callback", "/metrics"))[0] == 404
            running.process.send_signal(signal.SIGHUP)
            assert running.says("reloaded", reloads + 1)
            assert running.says("leading", reloads + 2)
            wait_for(lambda: site.run("status", "--json").json["next_runs"])
        assert running.stop() == 0
    assert site.run("status", "--json").json["next_runs"] == {}


def found(pattern: str, text: str, number: int) -> str:
    """Return what the first group of a pattern matched in a text, for the match of this number."""
    return str(re.findall(pattern, text)[number])


def is_ready(admin: str) -> bool:
    """Return whether a daemon comes to say that it is ready."""
    return comes(lambda: asked(f"{admin}readyz")[0] == 200)


def asked(url: str) -> tuple[int, str]:
    """Return status and content of a page."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=DEADLINE_SECONDS)
    connection.request("GET", parts.path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text
