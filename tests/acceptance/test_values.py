"""The tests sync values as people and spreadsheets write them: what is written is right, and the rest is named."""

import csv
import io
import sqlite3

import pytest

from syncd.testing.company import Company
from syncd.testing.slapd import Slapd
from tests.kit.installation.site import Site
from tests.kit.long_ago import write_long_ago
from tests.kit.servers.hr_service import HrService

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


def test_what_nobody_sees_is_no_part_of_a_value(site: Site) -> None:
    """Invisible characters go from every field but for joiners inside names, and two accounts of one look are one."""
    site.configure(PEOPLE, tail=AT_ONCE)
    write_people(
        site,
        {
            "id": "1",
            "account": "\ufeffwang\u200b.fang",
            "name": "\u200e\u738b\u2060\u82b3",
            "phone": "\u202a13800000001\u202c",
            "mail": "wang\u00ad.fang@x.org\u200f",
            "title": "\u7ecf\u200b\u7406",
            "department": "\u7814\u53d1\ufeff\u90e8/\u200b\u4e00\u7ec4",
        },
        {"id": "2", "account": "nim", "name": "\u0646\u06cc\u0645\u200c\u0631\u0648\u0632 \U0001f469\u200d\U0001f467"},
        {"id": "3", "account": "li"},
        {"id": "4", "account": "l\u200di"},
    )
    assert site.run("reconcile").code == 0
    assert site.shown == {
        "wang.fang": (
            "\u738b\u82b3",
            "13800000001",
            "wang.fang@x.org",
            "\u7ecf\u7406",
            ("\u7814\u53d1\u90e8", "\u4e00\u7ec4"),
        ),
        "nim": ("\u0646\u06cc\u0645\u200c\u0631\u0648\u0632 \U0001f469\u200d\U0001f467", "", "", "", ()),
    }
    plan = site.run("plan", "--json").json
    assert plan["operations"] == []
    assert [(one["kind"], one["keys"]) for one in plan["conflicts"]] == [("duplicate_value", ["3", "4"])]


@pytest.mark.parametrize("stored", ["17", "17\u200b"])
@pytest.mark.parametrize("read", ["17", "17\u200b", "\ufeff17"])
def test_a_key_is_one_key_whatever_nobody_sees_in_it(site: Site, stored: str, read: str) -> None:
    """Somebody whose key gains or loses an invisible character stays who they are, also in a store of former days."""
    site.configure(PEOPLE, tail=AT_ONCE)
    people = {"account": "li", "department": "Sales"}, {"id": "18", "account": "an", "department": "Sales"}
    write_people(site, {"id": "17", **people[0]}, people[1])
    assert site.run("reconcile").code == 0
    ids = {user["id"] for user in site.sandbox.company.state.users.values()}
    with sqlite3.connect(site.folder / "syncd.db") as store:
        store.execute("UPDATE links SET key = ? WHERE key = '17'", (stored,))
        store.execute("UPDATE links SET key = 'Sa\u200bles' WHERE key = 'Sales' AND ?", (stored != "17",))
    store.close()
    write_people(site, {"id": read, **people[0]}, people[1])
    plan = site.run("plan", "--json").json
    assert (plan["operations"], plan["skipped"], plan["guards"]) == ([], [], [])
    write_people(site, {"id": read, **people[0], "title": "Boss"}, people[1])
    assert site.run("reconcile").code == 0
    assert site.shown["li"][3] == "Boss"
    assert {user["id"] for user in site.sandbox.company.state.users.values()} == ids
    assert site.run("plan", "--json").json["operations"] == []


def test_two_keys_of_one_look_make_nobody_a_leaver(site: Site) -> None:
    """Two rows whose keys differ by what nobody sees are named, hold the plan, and remove nobody once approved."""
    site.configure(PEOPLE, tail=AT_ONCE)
    write_people(site, {"id": "17", "account": "li"}, {"id": "18", "account": "an"})
    assert site.run("reconcile").code == 0
    write_people(site, {"id": "17", "account": "li"}, {"id": "17\u200b", "account": "wu"}, {"id": "18", "name": "Anna"})
    plan = site.run("plan", "--json").json
    assert [one["reason"] for one in plan["skipped"]] == ["shared_key", "shared_key"]
    assert plan["sources"][0]["grade"] == "unproven"
    assert site.run("reconcile").code == 3
    assert site.settle().code == 0
    assert set(site.shown) == {"li", "18"}


def test_of_several_values_the_one_in_the_rdn_is_written(site: Site) -> None:
    """Of several values of a directory the one that the entry is named by is written, and templates see the DN."""
    site.configure(
        tail=f'[mapping.user]\nmemo = "{{{{ rdn }}}}"\nposition = "{{{{ entry.values(\'cn\')[0] }}}}"\n{AT_ONCE}'
    )
    (site.folder / "company.ldif").write_text(
        "dn: dc=example,dc=com\ndc: example\n\ndn: ou=people,dc=example,dc=com\nou: people\n\n"
        "dn: ou=Information Technology Division,ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\n"
        "entryUUID: d1\nou: IT\nou: Information Technology Division\n\n"
        "dn: cn=Barbara Jensen,ou=Information Technology Division,ou=people,dc=example,dc=com\n"
        "objectClass: inetOrgPerson\nentryUUID: k1\nuid: bjensen\ncn: Babs Jensen\ncn: Barbara Jensen\n"
    )
    assert site.run("reconcile").code == 0
    assert site.shown == {"bjensen": ("Barbara Jensen", "", "", "Barbara Jensen", ("Information Technology Division",))}
    assert [user["memo"] for user in site.sandbox.company.state.users.values() if user["account"] == "bjensen"] == [
        "cn=Barbara Jensen"
    ]
    assert site.run("plan", "--json").json["operations"] == []


def test_lists_of_a_service_keep_their_order_and_are_chosen_from(site: Site) -> None:
    """The first department of a list is the main one, and a mail is chosen from a list of objects by its type."""
    mails = [{"type": "home", "value": "bj@home.example"}, {"type": "work", "value": "bj@example.org"}]
    person = {"id": 1, "account": "bj", "name": "Babs", "emails": mails, "departments": ["d9", "d3"]}
    with HrService(
        {"/people": [person], "/units": [{"id": "d3", "name": "East"}, {"id": "d9", "name": "West"}]}
    ) as service:
        service.paging = "one"
        source = (
            f'[source.hr]\ntype = "http"\nurl = "{service.url}"\nkey = "id"\n'
            '[source.hr.users]\npath = "/people"\nitems = "/data/list"\n'
            '[source.hr.departments]\npath = "/units"\nitems = "/data/list"\n'
            '[mapping.user]\naccount = "account"\nname = "name"\nphone = ""\nposition = ""\n'
            "email = 'emails[type eq \"work\"].value'\ndepartment = \"{{ entry.values('departments')[0] }}\"\n"
            '[mapping.department]\nname = "name"\nparent = ""\n'
        )
        site.configure(source, tail=AT_ONCE)
        assert site.run("reconcile").code == 0
        assert site.shown == {"bj": ("Babs", "", "bj@example.org", "", ("West",))}
        assert site.run("plan", "--json").json["operations"] == []
        site.configure(source.replace('type eq "work"', "type = work"), tail=AT_ONCE)
        assert "looks like emails[type eq" in site.run("plan").fault


ALIASES = """[mapping.user]
account = "userid"
name = "OID.2.5.4.3"
phone = "mobileTelephoneNumber"
email = "rfc822Mailbox"
position = "{{ entry['2.5.4.12'] }}"
memo = "{memo}"
[mapping.department]
name = "organizationalUnitName"
"""
ALIASED_PERSON = """
dn: uid=bj,ou=IT,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: bj
sn: Jensen
cn: Barbara Jensen
mobile: 13800000001
mail: bj@x.org
title: Boss
destinationIndicator: DE
"""


@pytest.mark.parametrize("kind", ["ldap", "ldif"])
def test_attributes_are_found_under_each_of_their_names(site: Site, request: pytest.FixtureRequest, kind: str) -> None:
    """Aliases and OIDs of attributes give the values that a directory shows under their usual names."""
    top = "dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n\n"
    unit = "dn: ou={0},dc=example,dc=com\nobjectClass: organizationalUnit\nou: {1}\n{2}\n"
    units = unit.format("people", "people", "") + unit.format(
        "IT,ou=people", "IT", "entryUUID: d1\n" if kind == "ldif" else ""
    )
    if kind == "ldif":
        rules = ALIASES.replace("{memo}", "commonName")
        site.configure(tail=rules + AT_ONCE)
        (site.folder / "company.ldif").write_text(f"{top}{units}{ALIASED_PERSON.strip()}\nentryUUID: k1\n")
        assert site.run("reconcile").code == 0
    else:
        request.getfixturevalue("slapd_is_there")
        rules = ALIASES.replace("{memo}", "2.5.4.27")
        with Slapd(f"{top}{units}{ALIASED_PERSON.strip()}\n".encode()) as server:
            source = f'[source.dir]\ntype = "ldap"\nurls = ["{server.url}"]\nbase = "ou=people,dc=example,dc=com"\n'
            site.configure(f"{source}[source.dir.users]\n[source.dir.departments]\n", tail=rules + AT_ONCE)
            assert site.run("reconcile").code == 0
            assert site.run("plan", "--json").json["operations"] == []
    assert site.shown == {"bj": ("Barbara Jensen", "13800000001", "bj@x.org", "Boss", ("IT",))}
    memo = {user["account"]: user["memo"] for user in site.sandbox.company.state.users.values()}["bj"]
    assert memo == ("DE" if kind == "ldap" else "Barbara Jensen")


def test_an_attribute_that_nobody_has_is_told(site: Site, company: Company) -> None:
    """A mistyped attribute is told by `check` and by the first plan, with the number of entries, and holds nothing."""
    site.configure(tail=f'[mapping.user]\nphone = "moblie"\n{AT_ONCE}')
    site.employ(company)
    told = f"phone: 0 of {len(company.people)} entries have moblie"
    checked, planned = site.run("check"), site.run("plan")
    assert (checked.code, told in checked.out) == (0, True), checked.out
    assert (planned.code, told in planned.out, "email: 0 of" in planned.out) == (0, True, False), planned.out
    assert site.settle().code == 0
    again = site.run("plan")
    assert (again.code, told in again.out) == (0, False)


def test_members_of_groups_are_found_in_every_form_of_a_dn(site: Site) -> None:
    """Members with a UID, in quotes and in hex are members, in nested groups too, and nobody else is."""
    group, people = "cn=all,dc=example,dc=com", "ou=people,dc=example,dc=com"
    names = ("p0", "p1", "p2", "p3", "p4", "p5")
    entries = "".join(
        f"dn: uid={name},{people}\nobjectClass: inetOrgPerson\nentryUUID: k{name}\nuid: {name}\ncn: {name}\n\n"
        for name in names
    )
    (site.folder / "company.ldif").write_text(
        f"dn: dc=example,dc=com\ndc: example\n\ndn: {people}\nou: people\n\n{entries}"
        f"dn: {group}\nobjectClass: groupOfUniqueNames\ncn: all\nuniqueMember: uid=p0,{people}#'0101'B\n"
        f"uniqueMember: uid=p1,{people}#''B\n"
        f'uniqueMember: cn="in, side",dc=example,dc=com\nuniqueMember: uid=\\ff,{people}\n\n'
        "dn: cn=in\\, side,dc=example,dc=com\nobjectClass: groupOfNames\ncn: in, side\n"
        f'member: uid="p2",{people}\nmember: userid=#04027033,{people}\nmember: OID.2.5.4.3=x_y,{people}\n'
        f"member: 0.9.2342.19200300.100.1.1=P4,{people}\n"
    )
    source = '[source.file]\ntype = "ldif"\npath = "company.ldif"\nbase = "ou=people,dc=example,dc=com"\n'
    site.configure(f'{source}[source.file.users]\nmembers_of = ["{group}"]\n', tail=AT_ONCE)
    done = site.run("reconcile")
    assert (done.code, set(site.shown)) == (0, {"p0", "p1", "p2", "p3", "p4"}), done.err
