"""The tests send faces as an administrator does, by `reconcile` and by the daemon."""

import signal

import msgspec
import pytest

from syncd.sandbox.faults import Fault, Order
from syncd.testing.company import Company
from syncd.testing.likenesses import pictured
from syncd.testing.slapd import Slapd
from tests.kit.installation.daemons import Daemon
from tests.kit.installation.faces import (
    accounts,
    change_picture,
    drawn,
    employ_with_pictures,
    face_calls,
    faces,
)
from tests.kit.installation.moments import SlowCalls
from tests.kit.installation.settings import ADMIN, APPLY_AT_ONCE, NO_PASSES
from tests.kit.installation.site import Site
from tests.kit.schema_checks import valid
from tests.kit.waiting import DEADLINE_SECONDS, comes, wait_for

MAPPED = '[mapping.user]\nface = "jpegPhoto"\n'
pytestmark = [pytest.mark.company(people=12, departments=3), pytest.mark.usefixtures("takes_every_face")]


@pytest.fixture
def new_pictures(site: Site, company: Company) -> Site:
    """Return an installation whose platform holds the company, and whose directory now has pictures of everybody."""
    site.employ(company)
    site.configure(tail=MAPPED)
    site.settle()
    employ_with_pictures(site, company, {account: drawn(number) for number, account in enumerate(accounts(company))})
    return site


def test_reconcile_gives_faces_last_and_only_what_is_new(site: Site, company: Company) -> None:
    """`reconcile` sends each new face once, when its run is not held, and `status` and `explain` know it then."""
    first, second, *_ = accounts(company)
    site.configure(tail=MAPPED)
    employ_with_pictures(site, company, {first: drawn(1), second: drawn(2)})
    held = site.run("reconcile")
    assert (held.code, face_calls(site)) == (3, 0)
    assert "Faces: held: this configuration has not been applied yet" in held.out
    done = site.settle()
    assert (done.code, set(faces(site))) == (0, {first, second})
    assert done.out.splitlines()[-1] == "Faces: done: 2 sent."
    again = valid(site.run("reconcile", "--json").json, "run.json")
    assert (again["faces"]["outcome"], again["faces"]["counts"], face_calls(site)) == ("done", {}, 2)
    status = valid(site.run("status", "--json").json, "status.json")
    assert status["faces"]["states"] == {"sent": 2}
    assert status["faces"]["last"]["outcome"] == "done"
    assert "faces: 2 sent" in site.run("status").out
    told = valid(site.run("explain", first, "--json").json, "explain.json")["face"]
    assert (told["state"], told["sent"]) == ("sent", faces(site)[first])
    assert "Face\n    sent 20" in site.run("explain", first).out
    assert valid(site.run("explain", accounts(company)[5], "--json").json, "explain.json")["face"] is None


def test_what_only_looks_and_what_is_told_not_to_sends_no_face(site: Site, company: Company) -> None:
    """`plan`, `check`, `--no-faces`, `apply` and `read_only` send no face (I10)."""
    site.employ(company)
    site.configure(tail=MAPPED)
    site.settle()
    employ_with_pictures(site, company, {accounts(company)[0]: drawn(1)})
    for command in (("plan", "--out", "plan.json"), ("check",), ("reconcile", "--no-faces"), ("apply", "plan.json")):
        assert site.run(*command).code == 0
    site.configure(tail=MAPPED, platform="read_only = true")
    assert site.run("reconcile").code == 3
    assert face_calls(site) == 0


def test_only_some_are_given_their_faces(site: Site, company: Company) -> None:
    """`--only` sends the face of the person whom it names and no other."""
    first, second, *_ = accounts(company)
    site.employ(company)
    site.configure(tail=MAPPED)
    site.settle()
    employ_with_pictures(site, company, {first: drawn(1), second: drawn(2)})
    assert site.run("reconcile", "--only", second).code == 0
    assert set(faces(site)) == {second}


def test_what_goes_wrong_with_a_face_is_told_and_the_run_stands(site: Site, company: Company) -> None:
    """Unfit, refused and failed faces are told by text and exit code, and a refused face is not sent again."""
    first, second, third, *_ = accounts(company)
    site.configure(tail=APPLY_AT_ONCE + MAPPED)
    employ_with_pictures(site, company, {first: drawn(0, 100, 100)})
    unfit = site.run("reconcile")
    assert unfit.code == 0
    assert f"unfit: face of uid={first},".lower() in unfit.out.lower()
    assert "It is 100 x 100 pixels, too poor for a face to be known by" in unfit.out
    employ_with_pictures(site, company, {first: drawn(0, 110, 110)})
    assert site.run("reconcile", "--strict").code == 4
    site.sandbox.quirks = msgspec.structs.replace(site.sandbox.quirks, faces="tenth_refused")
    employ_with_pictures(site, company, {second: drawn(6), third: drawn(1)})
    refused = site.run("reconcile")
    assert (refused.code, set(faces(site))) == (4, {third})
    assert "71001" in refused.out
    assert "1 sent, 1 refused" in refused.out
    assert (site.run("reconcile").code, face_calls(site)) == (0, 2)
    site.sandbox.faults.order(Order(Fault.HTML, match="updateFace", count=-1))
    employ_with_pictures(site, company, {third: drawn(2)})
    failed = site.run("reconcile", "--json")
    site.sandbox.faults.clear()
    assert (failed.code, failed.json["exit"], failed.json["faces"]["counts"]) == (4, 0, {"failed": 1})
    assert (site.run("reconcile").code, site.run("status", "--json").json["faces"]["states"]["sent"]) == (0, 1)


def test_many_faces_that_go_wait_for_a_person(site: Site, company: Company) -> None:
    """The removal of many faces is held, can be shown by its fingerprint, and is done once it is approved."""
    names = accounts(company)
    site.configure(tail=MAPPED + "[limits]\nclear = {percent = 5, at_least = 3}\n")
    employ_with_pictures(site, company, {account: drawn(number) for number, account in enumerate(names[:4])})
    assert site.settle().code == 0
    site.employ(company)
    held = site.run("reconcile")
    assert (held.code, len(faces(site))) == (3, 4)
    fingerprint = held.out.split("--approve ")[-1].split()[0]
    assert "clear face of 4 (33.3 %) of 12 linked users is above limits.clear = 5" in held.out
    assert site.run("status", "--json").json["held"][0]["fingerprint"] == fingerprint
    shown = site.run("show", fingerprint)
    assert shown.code == 0
    assert "face:" in shown.out
    assert site.run("approve", fingerprint).code == 0
    assert (site.run("reconcile").code, faces(site)) == (0, {})
    assert site.run("status", "--json").json["held"] == []


def test_a_broken_source_of_pictures_leaves_every_face(site: Site, company: Company) -> None:
    """A folder of pictures that is missing takes no face away, and the run ends with exit code 4."""
    first = accounts(company)[0]
    site.configure(tail='[mapping.user]\nface = "photos/{{ uid }}.jpg"\n')
    site.employ(company)
    (site.folder / "photos").mkdir()
    (site.folder / "photos" / f"{first}.jpg").write_bytes(drawn(1))
    assert (site.settle().code, set(faces(site))) == (0, {first})
    (site.folder / "photos").rename(site.folder / "elsewhere")
    broken = site.run("reconcile")
    assert (broken.code, set(faces(site))) == (4, {first})
    assert "the folder of pictures" in broken.out


def test_a_pass_that_is_killed_is_gone_on_with(new_pictures: Site) -> None:
    """After a kill the next run sends only those faces that were not yet noted as sent."""
    site = new_pictures
    calls = SlowCalls(site, "updateFace", 1.5, quick=5)
    process = site.start("reconcile")
    wait_for(lambda: face_calls(site) >= 5)
    process.kill()
    process.wait()
    calls.land()
    noted = site.run("status", "--json").json["faces"]["states"].get("sent", 0)
    assert 0 < noted < 12
    before = face_calls(site)
    assert site.run("reconcile").code == 0
    assert len(faces(site)) == 12
    assert face_calls(site) - before == 12 - noted


def test_a_signal_ends_between_two_pictures(new_pictures: Site) -> None:
    """SIGTERM ends a run with 143 once what is in flight is sent and noted, and the next run sends the rest."""
    site = new_pictures
    calls = SlowCalls(site, "updateFace", 1.5, quick=2)
    process = site.start("reconcile")
    wait_for(lambda: face_calls(site) >= 2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE_SECONDS) == 143
    calls.end()
    noted = site.run("status", "--json").json["faces"]
    assert noted["last"]["outcome"] == "interrupted"
    assert noted["states"]["sent"] == len(faces(site)) < 12
    assert site.run("reconcile").code == 0
    assert len(faces(site)) == 12


@pytest.mark.usefixtures("slapd_is_there")
def test_pictures_of_a_directory_server(site: Site, company: Company) -> None:
    """Pictures of a directory server are sent when new, changed or gone, and explained entries hold none."""
    first, second, *_ = accounts(company)
    ldif = pictured(company.ldif(), {first: drawn(1), second: drawn(2)})
    with Slapd(ldif) as server:
        source = f'[source.ldap]\ntype = "ldap"\nurls = ["{server.url}"]\nbase = "ou=people,dc=example,dc=com"\n'
        site.configure(source + "[source.ldap.departments]\n", tail=MAPPED)
        assert site.settle().code == 0
        before = faces(site)
        assert set(before) == {first, second}
        assert "jpegphoto" not in site.run("explain", first, "--json").json["entry"], "no run reads pictures"
        assert site.run("reconcile").code == 0
        change_picture(server, first, drawn(3))
        change_picture(server, second, None)
        assert site.run("reconcile").code == 0
        assert set(faces(site)) == {first}
        assert faces(site)[first] != before[first]
        assert face_calls(site) == 4


def test_the_daemon_gives_faces_at_their_own_times(site: Site, company: Company) -> None:
    """The daemon sends new faces at the times of their own schedule, and logs how many it sent."""
    first = accounts(company)[0]
    employ_with_pictures(site, company, {first: drawn(1)})
    site.configure(tail=f'{MAPPED}{ADMIN}{APPLY_AT_ONCE}[schedule]\nreconcile = "1h"\nfaces = "2s"\n')
    with Daemon(site) as running:
        assert comes(lambda: set(faces(site)) == {first}), running.said
        assert comes(lambda: any(line.get("sent") == 1 for line in running.lines("faces"))), running.said
        before = faces(site)
        employ_with_pictures(site, company, {first: drawn(2)})
        assert comes(lambda: faces(site) != before), running.said
        assert "faces" in site.run("status", "--json").json["next_runs"]
        assert running.stop() == 0


def test_a_pass_of_faces_gives_way_to_a_run(new_pictures: Site) -> None:
    """A pass of faces stops for a run that is asked for, and the rest is sent after it."""
    site = new_pictures
    site.configure(tail=f'{MAPPED}{ADMIN}{NO_PASSES}faces = "1h"\n')
    calls = SlowCalls(site, "updateFace", 2.0, quick=1)
    with Daemon(site) as running:
        assert comes(lambda: face_calls(site) >= 1), running.said
        running.process.send_signal(signal.SIGUSR1)
        assert comes(lambda: len(running.lines("run")) == 1), running.said
        assert len(faces(site)) < 12
        calls.land()
        assert comes(lambda: len(faces(site)) == 12), running.said
        assert comes(lambda: [line["outcome"] for line in running.lines("faces")[-1:]] == ["done"]), running.said
        assert running.lines("faces")[0]["outcome"] == "interrupted"
        assert running.stop() == 0
