"""What is installed beside syncd is known: no version below a known hole, no licence that nobody has read."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

from syncd.testing.throwaway import free_ports

TOP = Path(__file__).parents[2]
REQUIREMENTS = TOP / "requirements"
RELEASE = TOP / "deploy" / "release"
PRODUCT = ("runtime", "mysql")
FROM_OUTSIDE = {
    "aiohttp",
    "cryptography",
    "h11",
    "httptools",
    "idna",
    "jinja2",
    "pillow",
    "pyasn1",
    "pymysql",
    "python-multipart",
    "starlette",
}
"""What reads bytes that somebody else chose, and has had advisories."""
ADVISORY = re.compile(r"\b(CVE-\d{4}-\d{4,}|GHSA(-[0-9a-z]{4}){3}|PYSEC-\d{4}-\d+)\b")


def floors(name: str) -> dict[str, tuple[Requirement, str]]:
    """Return what a file asks for, by package, each with the comment before it."""
    found, comment = {}, ""
    for line in (REQUIREMENTS / f"{name}.in").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            comment = line
        elif line and not line.startswith("-"):
            requirement = Requirement(line)
            found[requirement.name] = (requirement, comment)
            comment = ""
    return found


def locked(name: str) -> dict[str, str]:
    """Return the versions of a lock file, by package."""
    text = (REQUIREMENTS / f"{name}.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", text, re.MULTILINE))


def inventory(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run the inventory of this environment."""
    return run(RELEASE / "inventory.py", *arguments)


def run(program: Path, *arguments: str | Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run a program of the release with this interpreter."""
    command = [sys.executable, "-W", "error", program, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | environ)  # noqa: S603 - ours


@pytest.mark.parametrize("name", [*PRODUCT, "build"])
def test_no_locked_version_is_below_its_floor(name: str) -> None:
    """Every locked version is at its floor or above it, and every package with a floor is locked."""
    versions = locked(name)
    for package, (requirement, _) in floors(name).items():
        assert requirement.specifier.contains(versions[package]), package


def test_what_reads_bytes_from_outside_has_a_floor_that_names_its_advisory() -> None:
    """Each package that reads what others chose has a floor, and the advisory of the floor stands beside it."""
    found = {**floors("runtime"), **floors("mysql")}
    for package in FROM_OUTSIDE:
        requirement, comment = found[package]
        assert ADVISORY.search(comment), package
        assert any(one.operator == ">=" for one in requirement.specifier), package


@pytest.mark.parametrize("name", [*PRODUCT, "build"])
def test_what_is_tested_is_what_is_installed(name: str) -> None:
    """The tests run on exactly the versions that an installation gets."""
    tested = locked("dev")
    assert {package: tested[package] for package in locked(name)} == locked(name)


def test_every_licence_is_known_and_allowed() -> None:
    """Every locked package of an installation has a licence that is on the list."""
    done = inventory("check", *(REQUIREMENTS / f"{name}.lock" for name in PRODUCT))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a site-packages with one package, whose licence a test chooses, and the lock file beside it."""
    info = tmp_path / "site" / "odd-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: odd\nVersion: 1.0\n", encoding="utf-8")
    (tmp_path / "odd.lock").write_text("odd==1.0 \\\n    --hash=sha256:00\n", encoding="utf-8")
    return tmp_path / "site"


@pytest.mark.parametrize(
    ("licence", "said"),
    [
        ("AGPL-3.0-only", "odd 1.0 wants AGPL-3.0-only, which is not allowed"),
        ("MIT AND AGPL-3.0-only", "odd 1.0 wants MIT AND AGPL-3.0-only, which is not allowed"),
        ("Take it", "odd 1.0 does not say its licence as SPDX does"),
        ("MIT OR AGPL-3.0-only", ""),
    ],
)
def test_a_licence_that_is_not_on_the_list_is_refused(site: Path, licence: str, said: str) -> None:
    """A licence that is not allowed or not known is an error with the package's name; of alternatives one suffices."""
    metadata = site / "odd-1.0.dist-info" / "METADATA"
    metadata.write_text(f"{metadata.read_text(encoding='utf-8')}License-Expression: {licence}\n", encoding="utf-8")
    done = inventory("--site", site, "check", site.parent / "odd.lock")
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (int(bool(said)), True, False)


def test_another_version_than_the_locked_one_is_refused(site: Path) -> None:
    """An installed version that is not the locked one makes no bill of materials."""
    (site.parent / "odd.lock").write_text("odd==2.0 \\\n    --hash=sha256:00\n", encoding="utf-8")
    done = inventory("--site", site, "check", site.parent / "odd.lock")
    assert (done.returncode, done.stderr) == (
        1,
        "odd is locked at 2.0, and version 1.0 is installed. Install the lock files first.\n",
    )


def test_the_bill_of_materials_is_valid_whole_and_the_same_each_time(tmp_path: Path) -> None:
    """The bill of materials fits CycloneDX' schema, names every locked package, and has the same bytes each time."""
    locks = [REQUIREMENTS / f"{name}.lock" for name in PRODUCT]
    made = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        (folder / "syncd").mkdir(parents=True)
        environ = {"PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": "1700000000"}
        assert run(RELEASE / "inventory.py", "write", folder, *locks, **environ).returncode == 0
        files = (folder / "syncd" / "sbom.cdx.json", folder / "THIRD-PARTY-LICENSES.txt")
        made.append([file.read_text(encoding="utf-8") for file in files])
    assert made[0] == made[1]
    bill, licences = made[0]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    named = {one["name"]: one["version"] for one in json.loads(bill)["components"]}
    elsewhere = {"colorama", "tzdata"}  # Windows'
    assert named == {
        name: version for lock in PRODUCT for name, version in locked(lock).items() if name not in elsewhere
    }
    for name, version in named.items():
        assert f"\n{name} {version}: " in licences


class Database(BaseHTTPRequestHandler):
    """A database of advisories that knows one of `odd`."""

    def do_POST(self) -> None:
        """Answer a question about a package."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        affected = [{"package": asked["package"], "ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "1.1"}]}]}]
        known = [{"id": "GHSA-aaaa-bbbb-cccc", "aliases": ["CVE-2099-1"], "details": "A hole.", "affected": affected}]
        body = json.dumps({"vulns": known} if asked["package"]["name"] == "odd" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def database() -> Iterator[str]:
    """Yield the address of a database of advisories."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Database)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("even", 0, "advisories: 1 locked versions, none named by an advisory"),
        ("odd", 1, "odd 1.0: CVE-2099-1, GHSA-aaaa-bbbb-cccc; mended in 1.1"),
    ],
)
def test_an_advisory_fails_the_audit(database: str, tmp_path: Path, name: str, code: int, said: str) -> None:
    """A locked version that an advisory names fails the audit with the advisory and the version that mends it."""
    lock = tmp_path / "one.lock"
    lock.write_text(f"{name}==1.0 \\\n    --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    done = run(RELEASE / "advisories.py", lock, PIP_AUDIT_OSV_URL=database, NO_PROXY="127.0.0.1")
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stderr


def test_a_database_that_does_not_answer_fails_the_audit(tmp_path: Path) -> None:
    """Where the database cannot be asked the audit fails with a sentence, and is not taken for clean."""
    lock = tmp_path / "one.lock"
    lock.write_text(f"even==1.0 \\\n    --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    (port,) = free_ports(1)
    done = run(RELEASE / "advisories.py", lock, PIP_AUDIT_OSV_URL=f"http://127.0.0.1:{port}", NO_PROXY="127.0.0.1")
    assert done.returncode == 1
    assert "the database of advisories could not be asked, so that nothing is known of these versions" in done.stderr
    assert "Traceback" not in done.stderr
