"""The tests have several sources: one that enriches another's people, or several with people of their own."""

import re
from collections.abc import Callable

import msgspec
import pytest

from syncd.testing.company import Company, key_of
from tests.kit.installation.site import SOURCE, Site
from tests.kit.long_ago import write_long_ago

ENRICHED = f"""{SOURCE}
[source.hr]
type = "csv"
role = "enrich"
join = {{this = "entryUUID", other = "entryUUID"}}
[source.hr.users]
path = "people.csv"
[mapping.user]
phone = "hr.mobile"
"""
TWO = f"""{SOURCE}
[source.branch]
type = "csv"
key = "number"
[source.branch.users]
path = "branch.csv"
[source.branch.mapping.user]
name = "cn"
department = ""
"""
BRANCH = "number,uid,cn,mobile\n1,wei,伟,13700000001\n2,fang,芳,13700000002\n3,min,敏,13700000003\n"
TAIL = '[policy]\nremove_after = "0d"\n[limits]\nremove = {}\nshrink = {}\n'
ANNA = key_of("person", 1)


def phones(site: Site) -> dict[str, str]:
    """Return the phone that the platform shows of each account."""
    return {user["account"]: user["phone"] for user in site.sandbox.company.state.users.values()}


@pytest.fixture
def enriched(site: Site, company: Company) -> Site:
    """Return an installation with phones from another source, whose platform holds the company."""
    site.configure(ENRICHED, tail=TAIL)
    site.employ(company)
    write_long_ago(site.folder / "people.csv", company.csv()["people.csv"])
    assert site.settle().code == 0
    return site


@pytest.fixture
def merged(site: Site, company: Company) -> Site:
    """Return an installation of two authorities whose platform holds the people of both."""
    site.configure(TWO, tail=TAIL)
    site.employ(company)
    write_long_ago(site.folder / "branch.csv", BRANCH)
    assert site.settle().code == 0
    return site


def renamed(company: Company) -> Company:
    """Return the company in which somebody has another name."""
    changed = msgspec.structs.replace(company.people[ANNA], name="新名字")
    return Company(company.units, {**company.people, ANNA: changed})


def test_people_have_what_the_other_source_adds(enriched: Site, company: Company) -> None:
    """People have phones from the other source, a change in either arrives, and then nothing is planned (I1)."""
    assert enriched.shown == enriched.wanted(company)
    day = renamed(company)
    day = Company(day.units, {**day.people, ANNA: msgspec.structs.replace(day.people[ANNA], phone="13700000077")})
    enriched.employ(day)
    write_long_ago(enriched.folder / "people.csv", day.csv()["people.csv"])
    assert enriched.run("reconcile").code == 0
    assert enriched.shown == enriched.wanted(day)
    assert enriched.run("plan", "--exit-code").code == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda site: write_long_ago(site.folder / "people.csv", b"entryUUID,mobile\n1,"),
        lambda site: (site.folder / "people.csv").unlink(),
    ],
    ids=["cut", "missing"],
)
def test_without_the_other_source_its_fields_stay_and_the_rest_goes_on(
    enriched: Site, company: Company, damage: Callable[[Site], None]
) -> None:
    """The fields of a source that is lost stay, the rest goes on and the run ends with 3 (DESIGN 6, certificate)."""
    before = phones(enriched)
    enriched.employ(renamed(company))
    damage(enriched)
    run = enriched.run("reconcile", "--json")
    assert (run.code, run.json["counts"]) == (3, {"done": 1})
    assert phones(enriched) == before
    assert enriched.run("plan", "--json").json["sources"][1] | {"certificate": ""} == {
        "name": "hr",
        "grade": "broken",
        "certificate": "",
    }
    write_long_ago(enriched.folder / "people.csv", company.csv()["people.csv"])
    assert enriched.run("reconcile").code == 0
    assert enriched.shown == enriched.wanted(renamed(company))


def test_half_the_phones_lost_after_an_outage_is_noticed(enriched: Site, company: Company) -> None:
    """The loss of half the phones is held even if the other source was down meanwhile."""
    enriched.configure(ENRICHED, tail=TAIL.replace("shrink = {}", "clear = {}"))
    assert enriched.settle().code == 0
    (enriched.folder / "people.csv").unlink()
    enriched.employ(renamed(company))
    assert enriched.run("reconcile").code == 3
    header, *rows = company.csv()["people.csv"].decode().splitlines(keepends=True)
    half = [re.sub(r",1\d{10},", ",,", row) if number % 2 else row for number, row in enumerate(rows)]
    write_long_ago(enriched.folder / "people.csv", "".join([header, *half]))
    held = enriched.run("reconcile")
    assert (held.code, "limits.shrink" in enriched.run("plan").out) == (3, True)


def test_who_has_no_entry_in_the_other_source_is_named_and_two_with_one_key_hold_all(
    enriched: Site, company: Company
) -> None:
    """A person without a match is named and has no values, and a key with two entries holds all (DESIGN 4, 6)."""
    header, first, *rows = company.csv()["people.csv"].decode().splitlines(keepends=True)
    write_long_ago(enriched.folder / "people.csv", "".join([header, *rows]))
    plan = enriched.run("plan", "--json").json
    assert [(entry["key"], entry["reason"]) for entry in plan["skipped"]] == [(first.split(",", 1)[0], "no_match")]
    assert [operation["changes"]["phone"]["after"] for operation in plan["operations"]] == [""]
    write_long_ago(enriched.folder / "people.csv", "".join([header, first, first, *rows]))
    keyed = ENRICHED.replace("[source.hr.users]", '[source.hr.users]\nkey = "entryUUID"')
    enriched.configure(keyed, tail=TAIL)
    plan = enriched.run("plan", "--json").json
    assert (plan["sources"][1]["grade"], plan["guards"][-1]["holds"]) == ("unproven", "all")
    assert "certificate" in {guard["name"] for guard in plan["guards"]}


def test_who_has_two_rows_in_the_other_source_is_named_and_nobody_else_waits(enriched: Site, company: Company) -> None:
    """A person with two rows is named, and neither this nor rows of nobody hold the plan (DESIGN 4)."""
    header, first, *rows = company.csv()["people.csv"].decode().splitlines(keepends=True)
    nobodys = "," * header.count(",") + "\n"
    write_long_ago(enriched.folder / "people.csv", "".join([header, first, first, nobodys, nobodys, *rows]))
    plan = enriched.run("plan", "--json").json
    assert (plan["sources"][1]["grade"], plan["guards"]) == ("whole", [])
    key = first.split(",", 1)[0]
    assert [(entry["key"], entry["reason"]) for entry in plan["skipped"]] == [(key, "several_matches")]
    assert [(operation["key"], operation["changes"]["phone"]["after"]) for operation in plan["operations"]] == [
        (key, "")
    ]


def test_people_of_two_authorities_are_all_there(merged: Site, company: Company) -> None:
    """The people of two authorities are all there, and those of one go on while the other cannot be read."""
    assert phones(merged).items() >= {"wei": "13700000001", "fang": "13700000002"}.items()
    accounts = set(phones(merged))
    write_long_ago(merged.folder / "branch.csv", BRANCH[:-5])
    merged.employ(renamed(company))
    run = merged.run("reconcile", "--json")
    assert (run.code, run.json["counts"]) == (3, {"done": 1})
    assert set(phones(merged)) == accounts
    (merged.folder / "company.ldif").unlink()
    assert merged.run("reconcile").code == 1
    write_long_ago(merged.folder / "branch.csv", BRANCH.replace("3,min", "4,ming"))  # who also takes over the phone
    left = merged.run("reconcile", "--json")
    assert (left.code, left.json["counts"]) == (3, {"done": 3})
    assert set(phones(merged)) == (accounts - {"min"}) | {"ming"}


def test_an_account_that_two_authorities_claim_is_named_with_both(merged: Site, company: Company) -> None:
    """An account that two authorities claim is a conflict, and its holder keeps it (DESIGN 6, values and holders)."""
    taken = company.people[ANNA].account
    write_long_ago(merged.folder / "branch.csv", f"{BRANCH}4,{taken},别人,\n")
    plan = merged.run("plan", "--json").json
    assert [(conflict["kind"], conflict["field"], conflict["value"]) for conflict in plan["conflicts"]] == [
        ("duplicate_value", "account", taken)
    ]
    assert f"{taken} (id " in plan["conflicts"][0]["message"]
    assert plan["operations"] == []


def test_explain_and_only_know_whom_an_enrich_source_adds_to_and_take_its_entries_for_nobody(
    site: Site, company: Company
) -> None:
    """`explain` shows what an enriching source adds but no secret (I8), and its own keys mean nobody."""
    rows = company.csv()["people.csv"].decode().splitlines()
    filled = [f"number,secret word,{rows[0]}", *(f"{1000 + at},geheim,{row}" for at, row in enumerate(rows[1:]))]
    write_long_ago(site.folder / "people.csv", "\n".join(filled) + "\n")
    site.employ(company)
    source = ENRICHED.replace("[source.hr.users]", '[source.hr.users]\nkey = "number"')
    site.configure(source, tail=TAIL, platform="initial_password = \"{{ hr['secret word'] }}\"")
    shown = site.run("explain", ANNA, "--json")
    assert shown.code == 0, shown.err
    assert shown.json["entry"]["hr.mobile"] == [company.people[ANNA].phone]
    assert "geheim" not in shown.out
    assert site.run("explain", "1000").error == site.run("plan", "--only", "1000").error == "nobody_meant"
