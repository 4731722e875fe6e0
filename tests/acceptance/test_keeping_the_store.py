"""The tests run `db backup` and `db rebind` as an administrator does."""

import msgspec

from syncd.testing.company import Company
from tests.kit.installation.site import Site


def test_a_backup_put_back_goes_on_where_it_was_made(site: Site, company: Company) -> None:
    """A backup that takes the place of the store leaves the next run nothing to do."""
    site.employ(company)
    assert site.settle().code == 0
    made = site.run("db", "backup", "--json")
    assert made.code == 0
    (site.folder / "syncd.db").unlink()
    (site.folder / made.json["file"]).rename(site.folder / "syncd.db")
    calls = len(site.sandbox.calls)
    assert site.run("reconcile").code == 0
    assert len(site.sandbox.calls) == calls


def test_another_owner_is_refused_until_the_store_is_bound_anew(site: Site, company: Company) -> None:
    """Another owner is refused until `db rebind`, whose dry run changes nothing; then nothing is planned."""
    site.employ(company)
    assert site.settle().code == 0
    site.configure(platform='owner = "another"')
    refused = site.run("reconcile")
    assert refused.code == 1
    assert "syncd db rebind" in refused.fault
    assert "owner: syncd -> another" in site.run("db", "rebind", "--dry-run").out
    assert site.run("plan").code == 1
    bound = site.run("db", "rebind", "--json")
    assert bound.json == {"changes": {"owner": {"before": "syncd", "after": "another"}}}
    calls = len(site.sandbox.calls)
    assert site.run("plan", "--json").json["operations"] == []
    assert site.run("reconcile").code == 0
    assert len(site.sandbox.calls) == calls
    assert "already" in site.run("db", "rebind").out


def test_another_company_is_bound_the_same_way(site: Site, company: Company) -> None:
    """A platform of another company is refused until `db rebind`, and what is new then waits for a person."""
    site.employ(company)
    assert site.settle().code == 0
    site.sandbox.company_id = "MOVED"
    assert "answers for company MOVED" in site.run("reconcile").fault
    assert site.run("db", "rebind").code == 0
    key, person = next(iter(company.people.items()))
    renamed = msgspec.structs.replace(person, name="改名")
    site.employ(Company(company.units, {**company.people, key: renamed}))
    assert site.run("reconcile").code == 3
    assert site.settle().code == 0
    assert site.run("status", "--json").json["company"] == "MOVED"
