"""How fast a directory is read, as a ratio to `ldapsearch` with the same pages, and what memory it takes.

python -m tests.bench.directory_reading [PEOPLE] [REPEATS]
"""

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_source import LdapSource
from syncd.directory.reading import Selection, TreeSettings
from syncd.testing.company import generated
from syncd.testing.sample import PEOPLE
from syncd.testing.slapd import Slapd

PERSON = "(objectClass=inetOrgPerson)"
ATTRIBUTES = ("uid", "cn", "sn", "displayName", "mail", "mobile", "title", "entryUUID")
PAGE = 1000


def main() -> None:
    """Print a table."""
    if sys.argv[1:2] == ["read"]:
        _read(sys.argv[2], int(sys.argv[3]))
        return
    people, repeats = (int(one) for one in (*sys.argv[1:], *("20000", "5")[len(sys.argv) - 1 :]))
    with Slapd(generated(people, 0).ldif()) as server:
        theirs = _seconds(lambda: _ldapsearch(server), repeats)
        command = [sys.executable, "-m", "tests.bench.directory_reading", "read", server.url, str(repeats)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - this file
    found, ours, before, after = said.split()
    assert int(found) == people
    print(f"{people} people, pages of {PAGE}, median of {repeats}")
    print(f"ldapsearch {theirs:.2f} s  {people / theirs:,.0f} a second")
    ratio = theirs / float(ours)
    print(
        f"syncd      {ours} s  {people / float(ours):,.0f} a second  {ratio:.2f} of ldapsearch  {before} to {after} MiB"
    )


def _read(url: str, repeats: int) -> None:
    """Read a server, and print how many people, the seconds, and memory before and after."""
    tree = TreeSettings("bench", Selection(PERSON, (PEOPLE,)))
    source = LdapSource(tree, LdapSettings((url,), page_size=PAGE), frozenset(ATTRIBUTES), frozenset())
    before = _memory()
    found = len(source.read().users)
    after = _memory()
    print(found, f"{_seconds(source.read, repeats):.2f}", f"{before:.0f}", f"{after:.0f}")


def _ldapsearch(server: Slapd) -> None:
    arguments = ["-x", "-LLL", "-o", "ldif-wrap=no", "-H", server.url, "-b", PEOPLE, "-E", f"pr={PAGE}/noprompt"]
    subprocess.run(["ldapsearch", *arguments, PERSON, *ATTRIBUTES], check=True, stdout=subprocess.DEVNULL)  # noqa: S603, S607


def _seconds(work: Callable[[], object], repeats: int) -> float:
    return statistics.median(_once(work) for _ in range(repeats))


def _once(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _memory() -> float:
    """Give the most memory that this process ever had, in MiB; what `getrusage` gives is its parent's at first."""
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(peak) / 1024


if __name__ == "__main__":
    main()
