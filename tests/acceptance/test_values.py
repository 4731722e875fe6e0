"""The tests sync values as people and spreadsheets write them: what is written is right, and the rest is named."""

import csv
import io

from tests.kit.installation.site import Site
from tests.kit.long_ago import write_long_ago

PEOPLE = """[source.hr]
type = "csv"
key = "id"
[source.hr.users]
path = "people.csv"
[mapping.user]
account = "account"
name = "name"
phone = "phone"
email = "mail"
position = "title"
department = "@path:department"
"""
AT_ONCE = '[policy]\non_configuration = "apply"\nremove_after = "0d"\n[limits]\nremove = {}\n'


def write_people(site: Site, *rows: dict[str, str]) -> None:
    """Write a table of people; a row without an account has its key as account, and its account as name."""
    text = io.StringIO()
    columns = ["id", "account", "name", "phone", "mail", "title", "department"]
    table = csv.DictWriter(text, columns, restval="")
    table.writeheader()
    for row in rows:
        account = row.get("account", row["id"])
        table.writerow({"account": account, "name": account, **row})
    write_long_ago(site.folder / "people.csv", text.getvalue().encode())


def shown_values(site: Site, place: int) -> dict[str, str]:
    """Return one field of everybody on the platform, by account."""
    return {account: str(shown[place]) for account, shown in site.shown.items()}


def test_phones_are_one_number_or_named(site: Site) -> None:
    """A phone in any usual writing becomes its number; a rounded one and two in one are left out and named."""
    site.configure(PEOPLE, tail=AT_ONCE)
    right = {
        "float": ("13800000001.0", "13800000001"),
        "trunk": ("+33 (0)1 23 45 67 89", "+33123456789"),
        "uri": ("tel:+49-89-1234", "+49891234"),
        "slash": ("089/1234567", "0891234567"),
    }
    wrong = {
        "rounded": "1.38E+10",
        "two": "13800000002/13800000003",
        "lines": "13800000004\n13800000005",
        "blank": "13800000006 13800000007",
        "long": "1380000000123456",
    }
    write_people(
        site,
        *({"id": name, "phone": raw} for name, (raw, _) in right.items()),
        *({"id": name, "phone": raw} for name, raw in wrong.items()),
    )
    done = site.run("reconcile", "--json")
    assert done.code == 0, done.err
    assert shown_values(site, 1) == {**{name: form for name, (_, form) in right.items()}, **dict.fromkeys(wrong, "")}
    plan = site.run("plan", "--json").json
    assert plan["operations"] == []
    assert {one["key"]: one["reason"] for one in plan["skipped"]} == {
        "rounded": "not_a_phone",
        "two": "several_in_one",
        "lines": "several_in_one",
        "blank": "several_in_one",
        "long": "not_a_phone",
    }
    assert "13800000002/13800000003" in site.run("plan").out


def test_mails_are_one_address_or_named(site: Site) -> None:
    """A mail beside a name becomes the address; two in one value and other text are left out and named."""
    site.configure(PEOPLE, tail=AT_ONCE)
    right = {"named": ("Wang <a@X.org>", "a@x.org"), "wide": ("\uff42\uff20\uff58\uff0e\uff4f\uff52\uff47", "b@x.org")}
    wrong = {"two": "c@x.org;d@x.org", "lines": "e@x.org\nf@x.org", "none": "ask reception"}
    write_people(
        site,
        *({"id": name, "mail": raw} for name, (raw, _) in right.items()),
        *({"id": name, "mail": raw} for name, raw in wrong.items()),
    )
    done = site.run("reconcile", "--json")
    assert done.code == 0, done.err
    assert shown_values(site, 2) == {**{name: form for name, (_, form) in right.items()}, **dict.fromkeys(wrong, "")}
    plan = site.run("plan", "--json").json
    assert plan["operations"] == []
    assert {one["key"]: one["reason"] for one in plan["skipped"]} == {
        "two": "several_in_one",
        "lines": "several_in_one",
        "none": "not_a_mail",
    }


def test_a_value_that_becomes_unreadable_leaves_the_platform_as_it_is(site: Site) -> None:
    """A phone and a mail that become unreadable clear nothing on the platform, and a good value is written again."""
    site.configure(PEOPLE, tail=AT_ONCE)
    write_people(site, {"id": "li", "phone": "13800000001", "mail": "li@x.org"})
    assert site.run("reconcile").code == 0
    write_people(site, {"id": "li", "phone": "1.38E+10", "mail": "li@x.org;li@y.org"})
    held = site.run("plan", "--json").json
    assert held["operations"] == []
    write_people(site, {"id": "li", "phone": "13800000002", "mail": "li@y.org"})
    assert site.run("reconcile").code == 0
    assert (shown_values(site, 1), shown_values(site, 2)) == ({"li": "13800000002"}, {"li": "li@y.org"})
