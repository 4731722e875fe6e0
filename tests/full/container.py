"""Runs an image as its own settings say, without a daemon: as root, with buildah and crun.

The root is read-only, there are no capabilities, and namespaces of its own but for the network:
    container.py run [-v SOURCE:TARGET]... [-e NAME=VALUE]... [--tmpfs TARGET]... IMAGE NAME [ARGUMENT]...
    container.py health IMAGE NAME       runs the health check of the image in the running container
    container.py exec NAME ARGUMENT...   runs a command in it
    container.py kill NAME SIGNAL
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]
STORAGE = {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
# crun wants cgroup v2 alone, which many a machine does not show; in a mount namespace of its own it has it.
PURE = 'umount -R -l /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup; exec crun --cgroup-manager=disabled "$@"'


def output(*command: str) -> str:
    """Give what a command prints."""
    environ = {**os.environ, **STORAGE}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environ).stdout.strip()  # noqa: S603 - named here


def crun(*arguments: str, cwd: Path | None = None) -> int:
    """Run crun, and give its exit code."""
    command = ["unshare", "-m", "--propagation", "private", "sh", "-c", PURE, "sh", *arguments]
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, cwd=cwd).returncode  # noqa: S603 - named here


def settings(image: str) -> tuple[Json, Json]:
    """Give how an image wants to be run, and its health check."""
    found = json.loads(output("buildah", "inspect", "--type", "image", image))
    config: Json = found["Docker"]["config"]
    return config, config.get("Healthcheck") or {}


@contextmanager
def mounted(image: str) -> Iterator[str]:
    """Give the root of an image."""
    made = output("buildah", "from", "--pull-never", image)
    try:
        yield output("buildah", "mount", made)
    finally:
        output("buildah", "rm", made)


def bundle(folder: Path, root: str, config: Json, asked: argparse.Namespace) -> None:
    """Write how the container is to be run."""
    output("crun", "spec", "--bundle", str(folder))
    file = folder / "config.json"
    spec: Json = json.loads(file.read_text(encoding="utf-8"))
    uid, _, gid = str(config.get("User") or "0").partition(":")
    process: Json = spec["process"]
    process.pop("rlimits", None)
    process |= {
        "terminal": False,
        "user": {"uid": int(uid), "gid": int(gid or uid)},
        "args": [*(asked.entrypoint or config.get("Entrypoint") or []), *(asked.arguments or config.get("Cmd") or [])],
        "env": [*config.get("Env", []), *asked.environment],
        "cwd": config.get("WorkingDir") or "/",
        "capabilities": {},
        "noNewPrivileges": True,
    }
    spec["root"] = {"path": root, "readonly": True}
    spec["linux"]["namespaces"] = [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]
    spec["linux"]["resources"] = {}
    mounts = [one for one in spec["mounts"] if one["destination"] != "/sys/fs/cgroup"]
    places = [*(config.get("Volumes") or {}), "/tmp", *asked.tmpfs]  # noqa: S108 - inside
    taken = {one.rpartition(":")[2] for one in asked.volume}
    options = ["nosuid", "nodev", f"uid={uid}", f"gid={gid or uid}", "mode=0700"]
    free = [place for place in places if place not in taken]
    mounts += [{"destination": place, "type": "tmpfs", "source": "tmpfs", "options": options} for place in free]
    for one in asked.volume:
        source, _, target = one.rpartition(":")
        mounts.append({"destination": target, "type": "bind", "source": source, "options": ["rbind"]})
    spec["mounts"] = mounts
    file.write_text(json.dumps(spec), encoding="utf-8")


def run(asked: argparse.Namespace) -> int:
    """Run the image to its end, and give its exit code."""
    config, _ = settings(asked.image)
    with mounted(asked.image) as root, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle(folder, root, config, asked)
        return crun("run", "--bundle", str(folder), asked.name)


def health(asked: argparse.Namespace) -> int:
    """Run the image's health check as its scheduler would."""
    _, check = settings(asked.image)
    kind, *command = check["Test"]
    if kind != "CMD":
        raise SystemExit(f"{asked.image}: its health check is {kind}; CMD is expected")
    return crun("exec", asked.name, *command)


def main() -> int:
    """Do what was asked."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run")
    running.add_argument("-v", "--volume", action="append", default=[])
    running.add_argument("-e", "--environment", action="append", default=[])
    running.add_argument("--tmpfs", action="append", default=[])
    checking = commands.add_parser("health")
    for one in (running, checking):
        one.add_argument("image")
    executing, killing = commands.add_parser("exec"), commands.add_parser("kill")
    for one in (running, checking, executing, killing):
        one.add_argument("name")
    for one in (running, executing):
        one.add_argument("arguments", nargs=argparse.REMAINDER)
    running.add_argument("--entrypoint", action="append")
    killing.add_argument("signal")
    asked = parser.parse_args()
    if asked.command == "kill":
        return crun("kill", asked.name, asked.signal)
    if asked.command == "exec":
        return crun("exec", asked.name, *asked.arguments)
    return run(asked) if asked.command == "run" else health(asked)


if __name__ == "__main__":
    sys.exit(main())
