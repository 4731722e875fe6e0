"""Three replicas on one PostgreSQL, the leader killed ten times during a first sync of 5,000; prints the figures.

Usage: python -m tests.full.replicas [PEOPLE] [KILLS]
"""

import sys
import tempfile
from pathlib import Path

from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from syncd.shadow.schema import upgrade
from syncd.testing.company import generated
from tests.kit.installation.replicas import CONCURRENCY, drill, tracebacks
from tests.kit.installation.site import Site
from tests.kit.servers.postgresql import PostgreSQL

LONGEST = 1.0  # second in which every callback is to be answered, whichever replica is away


def main(people: int = 5000, kills: int = 10) -> int:
    """Run it; give 0 where all holds that must."""
    company, sandbox = generated(people, people // 25), Sandbox()
    with tempfile.TemporaryDirectory() as folder, running(sandbox) as url:
        (database := Path(folder) / "database").mkdir()
        Path(folder).chmod(0o755)
        with PostgreSQL(database) as server:
            upgrade(server.url)
            (place := Path(folder) / "site").mkdir()
            site = Site(place, sandbox, url)
            found, lost = drill(site, server.url, company, kills)
            left = site.run("plan", "--json").json["operations"]
            trouble = tracebacks(site)
    state = sandbox.company.state
    print(
        f"replicas: {people} people made by 3 replicas in {found.seconds:.0f} s, the leader killed {found.kills} times"
    )
    print(f"  another led after {_times(found.took_over)} s, and wrote after {_times(found.went_on)} s")
    print(f"  {found.made} additions, {found.repeated} of them asked for again, {found.twice} carried out twice")
    print(f"  {found.events} callbacks, {found.elsewhere} not by the first asked, all within {found.slowest:.2f} s")
    holds = {
        "nothing is carried out twice": found.twice == 0 and len(state.users) == people + 1,
        "no more is asked for again than was in flight": found.repeated <= CONCURRENCY * kills,
        "the platform is what the directory says": site.shown == site.wanted(company) and left == [],
        "no event that was answered is lost": lost == set(),
        f"no callback waits longer than {LONGEST:.0f} s": found.slowest <= LONGEST,
        "no fault is a traceback": trouble == [],
    }
    for what, is_so in holds.items():
        print(f"  {'holds' if is_so else 'FAILS'}: {what}")
    return 0 if all(holds.values()) else 1


def _times(seconds: tuple[float, ...]) -> str:
    return f"{min(seconds):.1f} to {max(seconds):.1f}"


if __name__ == "__main__":
    sys.exit(main(*(int(one) for one in sys.argv[1:])))
