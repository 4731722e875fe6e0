"""How fast a directory is read, as a ratio to `ldapsearch` with the same pages, and what memory it takes.

python tests/bench/directory_reading.py [PEOPLE] [REPEATS]
"""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

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
    people, repeats = (int(one) for one in (*sys.argv[1:], *("20000", "5")[len(sys.argv) - 1 :]))
    with Slapd(generated(people, 0).ldif()) as server:
        tree = TreeSettings("bench", Selection(PERSON, (PEOPLE,)))
        source = LdapSource(tree, LdapSettings((server.url,), page_size=PAGE), frozenset(ATTRIBUTES), frozenset())
        before = _memory()

        def read() -> None:
            assert len(source.read().users) == people

        theirs = _seconds(lambda: _ldapsearch(server), repeats)
        ours = _seconds(read, repeats)
        rise = _memory() - before
    print(f"{people} people, pages of {PAGE}, median of {repeats}")
    print(f"ldapsearch {theirs:.2f} s  {people / theirs:,.0f} a second")
    print(f"syncd      {ours:.2f} s  {people / ours:,.0f} a second  {theirs / ours:.2f} of ldapsearch  +{rise:.0f} MiB")


def _ldapsearch(server: Slapd) -> None:
    arguments = ["-x", "-LLL", "-o", "ldif-wrap=no", "-H", server.url, "-b", PEOPLE, "-E", f"pr={PAGE}/noprompt"]
    subprocess.run(["ldapsearch", *arguments, PERSON, *ATTRIBUTES], check=True, stdout=subprocess.DEVNULL)  # noqa: S603, S607


def _seconds(work: Callable[[], None], repeats: int) -> float:
    return statistics.median(_once(work) for _ in range(repeats))


def _once(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _memory() -> float:
    """Give the most memory that this process ever had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
