"""How long a change in a directory takes to be on the platform, by a real server that tells of changes.

`python -m tests.bench.changes [PEOPLE] [CHANGES]`: a daemon before a company of so many people (1,000); so many changes
(200), one after the other, each timed from the server's answer to the change until the sandbox shows it. Nothing here
asserts.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from ldap3 import MODIFY_REPLACE

from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from syncd.testing.company import Company, generated, key_of
from syncd.testing.slapd import Slapd
from tests.kit.installation.site import Site

PEOPLE = "ou=people,dc=example,dc=com"
SOURCE = """[source.ldap]
type = "ldap"
urls = ["{url}"]
base = "ou=people,dc=example,dc=com"
[source.ldap.departments]
"""
TAIL = """[policy]
on_configuration = "apply"
[limits]
update = {}
[schedule]
reconcile = "6h"
refresh = "6h"
[admin]
bind = "127.0.0.1:0"
"""
PATIENCE = 60.0
BETWEEN_LOOKS = 0.002


def wait(is_so: object, what: str) -> None:
    """Wait until something is so."""
    assert callable(is_so)
    end = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"it is not so that {what}")
        time.sleep(BETWEEN_LOOKS)


def changed(site: Site, slapd: Slapd, company: Company, count: int) -> list[float]:
    """Make changes one after the other; give how many seconds each took."""
    took = []
    users = site.sandbox.company.state.users
    ids = {one["account"]: platform_id for platform_id, one in users.items()}
    with slapd.connection() as connection:
        for number in range(count):
            key = key_of("person", number % len(company.people))
            account, title = company.people[key].account, f"职位 {number}"
            connection.modify(company.person_dn(key), {"title": [(MODIFY_REPLACE, [title])]})  # type: ignore[no-untyped-call]
            began = time.perf_counter()
            wait(lambda: users[ids[account]]["position"] == title, f"{account} has the position {title}")  # noqa: B023
            took.append(time.perf_counter() - began)
            time.sleep(0.05)
    return took


def main() -> None:
    """Measure, and print."""
    people, count = (int(one) for one in (sys.argv[1:] + ["1000", "200"][len(sys.argv) - 1 :])[:2])
    company, sandbox = generated(people, max(1, people // 40)), Sandbox()
    with tempfile.TemporaryDirectory() as folder, Slapd(company.ldif()) as slapd, running(sandbox) as url:
        slapd.tell_changes()
        site = Site(Path(folder), sandbox, url)
        site.configure(SOURCE.format(url=slapd.url), tail=TAIL)
        daemon = site.start("serve")
        try:
            wait(lambda: site.shown == company.wanted(), "the first pass is done")
            time.sleep(2)
            took = [one * 1000 for one in changed(site, slapd, company, count)]
        finally:
            daemon.terminate()
            daemon.wait(30)
    middle, worst = statistics.median(took), max(took)
    print(f"{people} people, {count} changes: median {middle:.0f} ms, worst {worst:.0f} ms")


if __name__ == "__main__":
    main()
