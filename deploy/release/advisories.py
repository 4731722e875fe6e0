"""Asks a database of advisories about every locked version: advisories.py LOCK...

Exit 0 only where the database answered for each of them and knows nothing; where it could not be asked, that is 1.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PIP_AUDIT = str(Path(sys.executable).with_name("pip-audit"))
Json = dict[str, Any]


def asked(lock: str) -> tuple[list[Json], str]:
    """Return what the database says of the packages of a lock file, and what went wrong on the way."""
    command = [PIP_AUDIT, "--requirement", lock, "--require-hashes", "--disable-pip", "--strict"]
    options = ["--vulnerability-service", "osv", "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run([*command, *options], check=False, capture_output=True, text=True)  # noqa: S603 - beside this
    try:
        return json.loads(done.stdout)["dependencies"], ""
    except (ValueError, KeyError):
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        return [], lines[-1] if lines else f"pip-audit ended with {done.returncode}"


def told(lock: str) -> tuple[list[str], int]:
    """Return the faults of a lock file, a line each, and how many packages were asked about."""
    packages, fault = asked(lock)
    if fault:
        sentence = "the database of advisories could not be asked, so that nothing is known of these versions"
        return [f"{lock}: {sentence}: {fault}", "Run this where api.osv.dev can be reached by HTTPS."], 0
    faults = [
        f"{lock}: {one['name']} was not asked about: {one['skip_reason']}" for one in packages if "skip_reason" in one
    ]
    for one in packages:
        for advisory in one.get("vulns", []):
            names = ", ".join(sorted({advisory["id"], *advisory["aliases"]}))
            mended = ", ".join(advisory["fix_versions"]) or "no version yet"
            faults.append(f"{lock}: {one['name']} {one['version']}: {names}; mended in {mended}")
    return faults, len(packages)


def main(*locks: str) -> str | None:
    """Ask about every lock file, and return what was found."""
    faults: list[str] = []
    count = 0
    for lock in locks:
        found, here = told(lock)
        faults += found
        count += here
        if found and not here:
            break
    if not count and not faults:
        return "no lock file names a package"
    if faults:
        return "\n".join(dict.fromkeys(faults))
    print(f"advisories: {count} locked versions, none named by an advisory")  # noqa: T201 - its result
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
