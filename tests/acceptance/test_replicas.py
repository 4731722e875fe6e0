"""The test kills the leader of three replicas again and again; tests/full/replicas.py does so with 5,000 people."""

from syncd.testing.company import generated
from tests.kit.installation.replicas import CONCURRENCY, drill, tracebacks
from tests.kit.installation.site import Site
from tests.kit.servers.postgresql import PostgreSQL

KILLS = 2


def test_a_sync_whose_leader_is_killed_again_and_again_is_finished_by_the_others(
    site: Site, database: PostgreSQL
) -> None:
    """Replicas finish a sync whose leader is killed, nothing is done twice and no event is lost (I2, I6, I9)."""
    company = generated(240, 12)
    found, lost = drill(site, database.url, company, KILLS)
    assert (found.kills, found.twice, lost) == (KILLS, 0, set())
    assert found.repeated <= CONCURRENCY * KILLS
    assert found.made == len(company.people) + len(company.units)
    assert site.shown == site.wanted(company)
    assert len(site.sandbox.company.state.users) == len(company.people) + 1
    assert site.run("plan", "--json").json["operations"] == []
    assert found.events > 0
    assert tracebacks(site) == []
