"""The tests see who is told of runs and of passes of faces, by `syncd reconcile` and by the daemon."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncd.sandbox.faults import Fault, Order
from syncd.testing.company import Company
from tests.kit.installation.daemons import Daemon
from tests.kit.installation.faces import drawn
from tests.kit.installation.settings import ADMIN, APPLY_AT_ONCE
from tests.kit.installation.site import Site
from tests.kit.schema_checks import valid
from tests.kit.waiting import comes

WRITE = "import os, sys; open('told', 'a').write(os.environ['SYNCD_EVENT'] + ' ' + sys.stdin.read() + chr(10))"


def told(site: Site) -> list[tuple[str, Any]]:
    """Return what people were told: the event and the run."""
    path = site.folder / "told"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [(event, json.loads(run)) for event, _, run in (line.partition(" ") for line in lines)]


def tail(*command: str) -> str:
    """Return the configuration of a command that is told."""
    return f"[notify]\ncommand = {json.dumps(command)}\n"


def test_a_held_run_a_fault_and_the_recovery_are_told_once_each(site: Site, company: Company) -> None:
    """A held run, a failure and the recovery are told once each, as JSON on the command's standard input."""
    site.configure(tail=tail(sys.executable, "-c", WRITE))
    site.employ(company)
    held = site.run("reconcile", "--json")
    assert site.run("reconcile").code == 3
    assert [(event, run["run"]) for event, run in told(site)] == [("held", held.json["run"])]
    assert told(site)[0][1] == held.json
    (site.folder / "company.ldif").rename(site.folder / "elsewhere.ldif")
    assert [site.run("reconcile").code, site.run("reconcile").code] == [1, 1]
    (site.folder / "elsewhere.ldif").rename(site.folder / "company.ldif")
    assert site.settle().code == 0
    assert [event for event, _ in told(site)] == ["held", "failed", "recovered"]
    failed = told(site)[1][1]
    assert (failed["outcome"], failed["exit"], failed["run"]) == ("failed", 1, "")
    assert "company.ldif" in failed["results"][0]["message"]


def with_pictures(site: Site, company: Company, more: str = "") -> list[Path]:
    """Write pictures of some people to a folder and return their paths; the loss of a face is held."""
    site.employ(company)
    folder = site.folder / "photos"
    folder.mkdir()
    (folder / "readme.txt").write_text("pictures of people")
    found = [folder / f"{person.account}.jpg" for person in list(company.people.values())[:3]]
    for number, path in enumerate(found):
        path.write_bytes(drawn(number))
    mapped = '[mapping.user]\nface = "photos/{{ uid }}.jpg"\n[limits]\nclear = {count = 0}\n'
    site.configure(tail=f"{mapped}{APPLY_AT_ONCE}{more}{tail(sys.executable, '-c', WRITE)}")
    return found


@pytest.mark.usefixtures("takes_every_face")
def test_faces_that_wait_fail_and_go_on_are_told_once_each(site: Site, company: Company) -> None:
    """Faces that are held, fail and recover are told once each, as a run without a name that has `faces`."""
    first, *_ = with_pictures(site, company)
    assert site.run("reconcile").code == 0
    first.unlink()
    assert [site.run("reconcile").code, site.run("reconcile").code] == [3, 3]
    assert site.run("show", told(site)[0][1]["plan"]).code == 0
    first.parent.rename(site.folder / "elsewhere")
    assert [site.run("reconcile").code, site.run("reconcile").code] == [4, 4]
    (site.folder / "elsewhere").rename(first.parent)
    first.write_bytes(drawn(0))
    assert site.run("reconcile").code == 0
    assert [event for event, _ in told(site)] == ["held", "failed", "recovered"]
    for _, document in told(site):
        valid(document, "run.json")
        assert (document["run"], document["outcome"], document["exit"]) == (
            "",
            document["faces"]["outcome"],
            document["faces"]["exit"],
        )
    held, failed, _ = (document for _, document in told(site))
    (waiting,) = held["results"]
    assert (waiting["outcome"], waiting["message"], held["counts"]) == ("held", "held by limits", {"held": 1})
    assert "the folder of pictures" in failed["results"][0]["message"]


@pytest.mark.usefixtures("takes_every_face")
def test_a_face_that_is_refused_is_told_and_nothing_recovers_from_it(site: Site, company: Company) -> None:
    """A refused face is told of once, by the key of its person, and no recovery follows."""
    first, *rest = with_pictures(site, company)
    site.sandbox.quirks = msgspec.structs.replace(site.sandbox.quirks, faces="tenth_refused")
    first.write_bytes(drawn(6))
    for path in rest:
        path.unlink()
    assert [site.run("reconcile").code, site.run("reconcile").code] == [4, 0]
    ((event, document),) = told(site)
    (refused,) = document["results"]
    assert (event, refused["outcome"], refused["code"]) == ("failed", "refused", "71001")
    assert company.people[refused["id"]].account == first.stem


@pytest.mark.usefixtures("takes_every_face")
def test_faces_that_wait_for_a_run_are_told_by_the_run_alone(site: Site, company: Company) -> None:
    """Faces that wait for a held run are not told of beside that run."""
    with_pictures(site, company)
    text = (site.folder / "syncd.toml").read_text(encoding="utf-8")
    (site.folder / "syncd.toml").write_text(text.replace('"apply"', '"hold"'), encoding="utf-8")
    held = site.run("reconcile")
    assert (held.code, "Faces: held" in held.out) == (3, True)
    assert ["faces" in run for _, run in told(site)] == [False]


@pytest.mark.usefixtures("takes_every_face")
def test_the_daemon_tells_of_faces_too(site: Site, company: Company) -> None:
    """The daemon tells of a pass of faces that failed, and of the recovery."""
    schedule = f'{ADMIN}[schedule]\nreconcile = "1h"\nfaces = "1s"\n'
    with_pictures(site, company, schedule)
    assert site.run("reconcile").code == 0
    site.sandbox.faults.order(Order(Fault.HTML, match="user/list", count=-1))
    with Daemon(site) as running:
        assert comes(lambda: any("faces" in run for _, run in told(site))), running.said
        site.sandbox.faults.clear()
        recovered = ["failed", "recovered"]
        assert comes(lambda: [event for event, run in told(site) if "faces" in run] == recovered), running.said
        assert running.stop() == 0


def test_a_command_that_fails_changes_nothing_of_the_run(site: Site, company: Company) -> None:
    """A notification that fails is noted on standard error and changes nothing of the run's exit code."""
    site.configure(tail=tail("/nowhere/mail"))
    site.employ(company)
    result = site.run("reconcile")
    assert result.code == 3
    assert "nobody was told of this run" in result.err
    assert "Traceback" not in result.err


def test_a_look_or_a_part_tells_nobody(site: Site, company: Company) -> None:
    """Neither a dry run nor a run that is confined to one person is told of."""
    site.configure(tail=tail(sys.executable, "-c", WRITE))
    site.employ(company)
    assert site.run("plan").code == 0
    assert site.run("reconcile", "--only", next(iter(company.people.values())).account).code == 3
    assert told(site) == []


def test_what_people_decide_leaves_the_machine_at_once_and_once(site: Site, company: Company) -> None:
    """Each decision is told with its record where `audit` is wanted, by the command that made it, and not again."""
    site.configure(tail=tail(sys.executable, "-c", WRITE) + 'on = ["audit"]\n')
    site.employ(company)
    assert site.run("reconcile").code == 3
    fingerprint = site.fingerprint()
    assert site.run("approve", fingerprint, "--reason", "looked at").code == 0
    assert site.run("reconcile").code == 0
    found = told(site)
    assert [event for event, _ in found] == ["audit", "audit"]
    records = [record for _, news in found for record in news["audit"]]
    assert [record["action"] for record in records] == ["configuration_changed", "approved"]
    assert records[1]["details"]["fingerprint"] == fingerprint
    assert "looked at" in found[1][1]["message"]
    last = records[-1]
    assert site.run("audit", "verify", "--head", f"{last['number']}:{last['hash']}").code == 0


def test_a_daemon_logs_and_tells_what_commands_beside_it_decide(site: Site, company: Company) -> None:
    """The daemon logs each record, with the text of which the hash is made, and tells what a command could not."""
    site.configure(tail=tail("/nonexistent/nobody") + 'on = ["audit"]\n' + ADMIN + '[log]\nformat = "json"\n')
    site.employ(company)
    assert site.run("reconcile").code == 3
    failed = site.run("approve", site.fingerprint())
    assert failed.code == 0
    assert "nobody was told" in failed.err
    site.configure(tail=tail(sys.executable, "-c", WRITE) + 'on = ["audit"]\n' + ADMIN + '[log]\nformat = "json"\n')
    with Daemon(site) as daemon:
        assert daemon.says("audit", 3)
        assert comes(lambda: [event for event, _ in told(site)] == ["audit"])
    lines = daemon.lines("audit")
    assert [line["does"] for line in lines] == ["configuration_changed", "approved", "configuration_changed"]
    assert [hashlib.sha256(line["record"].encode()).hexdigest() for line in lines] == [line["hash"] for line in lines]
    assert json.loads(lines[2]["record"])["details"]["keys"] == ["notify.command"]
