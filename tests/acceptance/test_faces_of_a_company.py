"""The tests send faces as an administrator does, by `reconcile` and by the daemon."""

import json
import signal
import subprocess
import time
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from ldap3 import MODIFY_REPLACE

from syncd.sandbox.faults import Fault, Order
from syncd.testing.company import Company, generated
from syncd.testing.likenesses import likeness, pictured
from syncd.testing.slapd import Slapd
from tests.kit.installation.listening import comes
from tests.kit.installation.site import Site

SCHEMAS = Path(__file__).parents[2] / "syncd" / "schemas"
MAPPED = '[mapping.user]\nface = "jpegPhoto"\n'
ADMIN = '[admin]\nbind = "127.0.0.1:0"\n'
PATIENCE = 30.0
drawn = cache(likeness)


@pytest.fixture
def company() -> Company:
    """Return a small company."""
    return generated(12, 3)


@pytest.fixture(autouse=True)
def _takes_every_face(site: Site) -> None:
    """Make the platform take every face but where a test says otherwise, whatever its other quirks."""
    site.sandbox.quirks = msgspec.structs.replace(site.sandbox.quirks, faces="taken")


def accounts(company: Company) -> list[str]:
    """Return everybody's account."""
    return sorted(one.account for one in company.people.values())


def employ(site: Site, company: Company, pictures: dict[str, bytes]) -> None:
    """Write a directory with a company and these pictures, by account."""
    (site.folder / "company.ldif").write_bytes(pictured(company.ldif(), pictures))


def faces(site: Site) -> dict[str, str]:
    """Return the hash of the face of everybody who has one, by account."""
    state = site.sandbox.company.state
    return {one["account"]: state.faces[one["id"]] for one in state.users.values() if one["id"] in state.faces}


def valid(document: Any, name: str) -> Any:  # noqa: ANN401 - JSON
    """Return a document that fulfils its schema."""
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / name).read_text())).validate(document)
    return document


def face_calls(site: Site) -> int:
    """Count the calls that were about faces."""
    return sum(call[0].endswith("Face") for call in site.sandbox.calls)


def test_reconcile_gives_faces_last_and_only_what_is_new(site: Site, company: Company) -> None:
    """`reconcile` sends each new face once, when its run is not held, and `status` and `explain` know it then."""
    first, second, *_ = accounts(company)
    site.configure(tail=MAPPED)
    employ(site, company, {first: drawn(1), second: drawn(2)})
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
    employ(site, company, {accounts(company)[0]: drawn(1)})
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
    employ(site, company, {first: drawn(1), second: drawn(2)})
    assert site.run("reconcile", "--only", second).code == 0
    assert set(faces(site)) == {second}


def test_what_goes_wrong_with_a_face_is_told_and_the_run_stands(site: Site, company: Company) -> None:
    """Unfit, refused and failed faces are told by text and exit code, and a refused face is not sent again."""
    first, second, third, *_ = accounts(company)
    site.configure(tail='[policy]\non_configuration = "apply"\n' + MAPPED)
    employ(site, company, {first: drawn(0, 100, 100)})
    unfit = site.run("reconcile")
    assert unfit.code == 0
    assert f"unfit: face of uid={first},".lower() in unfit.out.lower()
    assert "It is 100 x 100 pixels, too poor for a face to be known by" in unfit.out
    employ(site, company, {first: drawn(0, 110, 110)})
    assert site.run("reconcile", "--strict").code == 4
    site.sandbox.quirks = msgspec.structs.replace(site.sandbox.quirks, faces="tenth_refused")
    employ(site, company, {second: drawn(6), third: drawn(1)})
    refused = site.run("reconcile")
    assert (refused.code, set(faces(site))) == (4, {third})
    assert "71001" in refused.out
    assert "1 sent, 1 refused" in refused.out
    assert (site.run("reconcile").code, face_calls(site)) == (0, 2)
    site.sandbox.faults.order(Order(Fault.HTML, match="updateFace", count=-1))
    employ(site, company, {third: drawn(2)})
    failed = site.run("reconcile", "--json")
    site.sandbox.faults.clear()
    assert (failed.code, failed.json["exit"], failed.json["faces"]["counts"]) == (4, 0, {"failed": 1})
    assert (site.run("reconcile").code, site.run("status", "--json").json["faces"]["states"]["sent"]) == (0, 1)


def test_many_faces_that_go_wait_for_a_person(site: Site, company: Company) -> None:
    """The removal of many faces is held, can be shown by its fingerprint, and is done once it is approved."""
    names = accounts(company)
    site.configure(tail=MAPPED + "[limits]\nclear = {percent = 5, at_least = 3}\n")
    employ(site, company, {account: drawn(number) for number, account in enumerate(names[:4])})
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


def test_a_pass_that_is_killed_is_gone_on_with(site: Site, company: Company) -> None:
    """After a kill the next run sends only those faces that were not yet noted as sent."""
    site.employ(company)
    site.configure(tail=MAPPED)
    site.settle()
    employ(site, company, {account: drawn(number) for number, account in enumerate(accounts(company))})
    site.sandbox.faults.order(Order(Fault.LATENCY, match="updateFace", count=-1, seconds=0.3))
    process = site.start("reconcile")
    assert comes(lambda: face_calls(site) >= 5)
    process.kill()
    process.wait()
    site.sandbox.faults.clear()
    noted = site.run("status", "--json").json["faces"]["states"].get("sent", 0)
    assert 0 < noted < 12
    before = face_calls(site)
    assert site.run("reconcile").code == 0
    assert len(faces(site)) == 12
    assert face_calls(site) - before == 12 - noted


def test_a_signal_ends_between_two_pictures(site: Site, company: Company) -> None:
    """SIGTERM ends a run with 143 once what is in flight is sent and noted, and the next run sends the rest."""
    site.employ(company)
    site.configure(tail=MAPPED)
    site.settle()
    employ(site, company, {account: drawn(number) for number, account in enumerate(accounts(company))})
    site.sandbox.faults.order(Order(Fault.LATENCY, match="updateFace", count=-1, seconds=0.3))
    process = site.start("reconcile")
    assert comes(lambda: face_calls(site) >= 2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 143
    site.sandbox.faults.clear()
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
        change(server, first, drawn(3))
        change(server, second, None)
        assert site.run("reconcile").code == 0
        assert set(faces(site)) == {first}
        assert faces(site)[first] != before[first]
        assert face_calls(site) == 4


def change(server: Slapd, account: str, content: bytes | None) -> None:
    """Put another picture, or none, into somebody's entry."""
    with server.connection() as connection:
        connection.search("dc=example,dc=com", f"(uid={account})", attributes=["1.1"])
        name = connection.entries[0].entry_dn
        connection.modify(name, {"jpegPhoto": [(MODIFY_REPLACE, [content] if content else [])]})  # type: ignore[no-untyped-call]


class Daemon:
    """A running `syncd serve`; its log lines by their names."""

    def __init__(self, site: Site) -> None:
        self._out = site.folder / "daemon.out"
        with self._out.open("wb") as out:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                site.command("serve"), cwd=site.folder, stdout=out, stderr=subprocess.STDOUT
            )

    def lines(self, action: str) -> list[dict[str, Any]]:
        """Return the log lines of one kind."""
        text = self._out.read_text(encoding="utf-8")
        found = (json.loads(line) for line in text.splitlines() if line.startswith("{"))
        return [line for line in found if line["action"] == action]

    def stop(self) -> int:
        """Ask it to stop."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@pytest.fixture
def daemons() -> Any:  # noqa: ANN401 - a generator of a list
    """Return a list of daemons that are ended at the end."""
    made: list[Daemon] = []
    yield made
    for one in made:
        one.process.kill()
        one.process.wait()


def test_the_daemon_gives_faces_at_their_own_times(site: Site, company: Company, daemons: list[Daemon]) -> None:
    """The daemon sends new faces at the times of their own schedule, and logs how many it sent."""
    first = accounts(company)[0]
    employ(site, company, {first: drawn(1)})
    site.configure(
        tail=f'{MAPPED}{ADMIN}[policy]\non_configuration = "apply"\n[schedule]\nreconcile = "1h"\nfaces = "2s"\n'
    )
    daemons.append(running := Daemon(site))
    assert comes(lambda: set(faces(site)) == {first})
    assert comes(lambda: any(one.get("sent") == 1 for one in running.lines("faces")))
    employ(site, company, {first: drawn(2)})
    before = faces(site)
    assert comes(lambda: faces(site) != before)
    assert "faces" in site.run("status", "--json").json["next_runs"]
    assert running.stop() == 0


def test_a_pass_of_faces_gives_way_to_a_run(site: Site, company: Company, daemons: list[Daemon]) -> None:
    """A pass of faces stops for a run that is asked for, and the rest is sent after it."""
    site.employ(company)
    site.configure(tail=MAPPED)
    site.settle()
    employ(site, company, {account: drawn(number) for number, account in enumerate(accounts(company))})
    site.configure(tail=f'{MAPPED}{ADMIN}[schedule]\nreconcile = "off"\nrefresh = "off"\nprune = "off"\nfaces = "1h"\n')
    site.sandbox.faults.order(Order(Fault.LATENCY, match="updateFace", count=-1, seconds=1.5))
    daemons.append(running := Daemon(site))
    assert comes(lambda: face_calls(site) >= 1)
    began = time.monotonic()
    running.process.send_signal(signal.SIGUSR1)
    assert comes(lambda: len(running.lines("run")) == 1)
    assert len(faces(site)) < 12, time.monotonic() - began
    site.sandbox.faults.clear()
    assert comes(lambda: len(faces(site)) == 12)
    assert comes(lambda: running.lines("faces")[-1]["outcome"] == "done")
    assert running.lines("faces")[0]["outcome"] == "interrupted"
    assert running.stop() == 0
