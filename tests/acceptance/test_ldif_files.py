"""The tests sync companies whose directory is an LDIF file, in the forms that other programs write (RFC 2849)."""

import base64
from pathlib import Path

import pytest

from tests.kit.installation.settings import APPLY_AT_ONCE, REMOVE_AT_ONCE
from tests.kit.installation.site import Site

SHIPPED = Path(__file__).parents[2] / "config" / "ldif.toml"
BASE = "dc=example,dc=org"
SOURCE = f"""[source.file]
type = "ldif"
path = "company.ldif"
base = "{BASE}"
key = "employeeNumber"
[source.file.users]
filter = "(employeeNumber=*)"
[mapping.user]
name = "cn"
"""
UNIT = f"""dn: ou=Sales,{BASE}
objectClass: organizationalUnit
ou: Sales

"""


def person(number: int, more: str = "", head: str = "") -> str:
    """Return the record of a person; `head` stands after the DN and `more` at the end."""
    return (
        f"dn: uid=u{number},ou=Sales,{BASE}\n{head}objectClass: inetOrgPerson\nuid: u{number}\n"
        f"cn: Person {number}\nemployeeNumber: {number}\n{more}\n"
    )


PEOPLE = "".join(person(number) for number in range(6))
SEARCHED = """# extended LDIF
#
# LDAPv3
# base <dc=example,dc=org> with scope subtree
#

"""


def write(site: Site, content: str | bytes) -> None:
    """Write the file."""
    (site.folder / "company.ldif").write_bytes(content.encode() if isinstance(content, str) else content)


def ended(code: str = "0 Success", more: str = "", count: int = 6) -> str:
    """Return how ldapsearch says that a search ended."""
    return f"# search result\nsearch: 2\nresult: {code}\n{more}\n# numResponses: {count + 1}\n# numEntries: {count}\n"


def accounts(site: Site) -> set[str]:
    """Return the accounts that the platform shows, without its first administrator's."""
    return {account for account in site.shown if account.startswith("u")}


FORMS = {
    "ldifde": "".join(person(number, head="changetype: add\n") for number in range(6)),
    "ldifde in base64": "".join(person(number, head="changetype:: YWRk\n") for number in range(6)),
    "a range that is whole": PEOPLE + person(6, "member;range=0-1: uid=a\nmember;range=2-*: uid=b\n"),
    "a range that nobody reads": PEOPLE + person(6, "member;range=0-1499: uid=a\n"),
    "an underscore": PEOPLE + person(6, "custom_field: x\n_own;lang-en: y\n"),
    "a URL that nobody reads": PEOPLE + person(6, "jpegPhoto:< file:///nowhere.jpg\n"),
    "ldapsearch": SEARCHED + PEOPLE + ended(),
    "two searches of ldapsearch": SEARCHED + PEOPLE + ended() + "\n" + SEARCHED + person(6) + ended(count=1),
    "pages of ldapsearch": SEARCHED
    + PEOPLE
    + "search: 2\nresult: 0 Success\ncontrol: 1.2.840.113556.1.4.319 false MA0CAQAECAIAAAAAAAAA\n"
    + "pagedresults: cookie=AgAAAAAAAAA=\n"
    + SEARCHED
    + person(6)
    + ended(more="pagedresults: cookie=\n"),
    "pages of ldapsearch -LL": f"version: 1\n\n{PEOPLE}# pagedresults: cookie=Ag==\nversion: 1\n\n{person(6)}"
    "# pagedresults: cookie=\n",
    "an entry of which nothing was asked for": f"dn: ou=Sales,{BASE}\n\n{PEOPLE}",
}


def test_what_other_programs_write_is_read_whole(site: Site) -> None:
    """Files of ldifde and of plain ldapsearch, and what nobody mapped in them, are whole and make their people."""
    for name, content in FORMS.items():
        site.configure(SOURCE, tail=APPLY_AT_ONCE)
        write(site, content)
        done = site.run("reconcile")
        assert (done.code, "source file: whole" in done.out) == (0, True), (name, done.out, done.err)
        wanted = {f"u{number}" for number in range(7 if "uid: u6" in content else 6)}
        assert accounts(site) >= wanted, name
        assert site.run("plan", "--exit-code").code == 0, name


FAULTS: dict[str, tuple[str | bytes, str]] = {
    "modify": (PEOPLE + f"dn: uid=u1,{BASE}\nchangetype: modify\nreplace: cn\ncn: x\n-\n\n", "changetype: modify"),
    "delete": (PEOPLE + f"dn: uid=u1,{BASE}\nchangetype: delete\n\n", "changetype: delete"),
    "a change type within an entry": (PEOPLE + person(6, "changetype: add\n"), '"changetype:" stands within'),
    "a size limit": (SEARCHED + PEOPLE + ended("4 Size limit exceeded"), "4 Size limit exceeded"),
    "no such base": (SEARCHED + PEOPLE + ended("32 No such object"), "32 No such object"),
    "a page that is not the last": (
        SEARCHED + PEOPLE + ended(more="pagedresults: cookie=AgAAAAAAAAA=\n"),
        "the last page",
    ),
    "a page of ldapsearch -LLL that is not the last": (PEOPLE + "# pagedresults: cookie=Ag==\n", "the last page"),
    "UTF-16": (PEOPLE.encode("utf-16"), "this is UTF-16"),
    "UTF-16 without a mark": (PEOPLE.encode("utf-16-le"), "this is UTF-16"),
    "a mapped attribute from elsewhere": (PEOPLE + person(6, "mobile:< file:///phone\n"), "is a URL"),
    "a mapped attribute that is cut": (PEOPLE + person(6, "mobile;range=0-0: 13800000001\n"), "range=0-0"),
    "a filtered attribute from elsewhere": (
        PEOPLE + f"dn: uid=x,{BASE}\nuid: x\nemployeeNumber:< file:///x\n\n",
        "is a URL",
    ),
    "cut in a line": (PEOPLE.rstrip("\n"), 'proof = "none"'),
}


def test_what_is_not_whole_or_no_list_of_entries_is_named_with_its_line(site: Site) -> None:
    """A file that a search did not end well in, that changes entries or is cut, is exit 1 and named with its line."""
    site.configure(SOURCE, tail=APPLY_AT_ONCE)
    write(site, PEOPLE)
    assert site.run("reconcile").code == 0
    calls = len(site.sandbox.calls)
    for name, (content, words) in FAULTS.items():
        write(site, content)
        broken = site.run("reconcile")
        assert (broken.code, words in broken.fault) == (1, True), (name, broken.err, broken.out)
        assert "company.ldif:" in broken.fault, name
    assert len(site.sandbox.calls) == calls


def test_a_search_whose_end_is_not_in_the_file_is_held(site: Site) -> None:
    """A file of ldapsearch that lacks the end of its search is unproven: whoever stood behind the cut stays."""
    site.configure(SOURCE, tail=APPLY_AT_ONCE + REMOVE_AT_ONCE.removeprefix("[policy]\n"))
    write(site, SEARCHED + PEOPLE + ended())
    assert site.run("reconcile").code == 0
    write(site, SEARCHED + "".join(person(number) for number in range(5)))
    held = site.run("reconcile")
    assert (held.code, "does not say how the search ended" in held.out) == (3, True), held.out
    assert accounts(site) == {f"u{number}" for number in range(6)}


def test_what_a_search_refers_to_is_held_until_it_is_excluded(site: Site) -> None:
    """A reference to another server in a file is a doubt, as it is on a server, unless its place is excluded."""
    reference = "# search reference\nref: ldap://other.example.org/ou=Elsewhere,dc=example,dc=org??sub\n\n"
    write(site, SEARCHED + PEOPLE + reference + ended())
    site.configure(SOURCE, tail=APPLY_AT_ONCE)
    held = site.run("reconcile")
    assert (held.code, "ou=Elsewhere" in held.out) == (3, True), held.out
    excluded = SOURCE.replace("[source.file.users]", f'exclude = ["OU=elsewhere, {BASE}"]\n[source.file.users]')
    site.configure(excluded, tail=APPLY_AT_ONCE)
    assert site.run("reconcile").code == 0


def test_an_open_last_line_is_taken_where_the_configuration_says_so(site: Site) -> None:
    """A file without a last line end is read to its end where the source says `proof = "none"`, as in CSV."""
    write(site, PEOPLE.rstrip("\n"))
    site.configure(SOURCE.replace('type = "ldif"', 'type = "ldif"\nproof = "none"'), tail=APPLY_AT_ONCE)
    done = site.run("reconcile")
    assert done.code == 0, done.err + done.out
    assert accounts(site) == {f"u{number}" for number in range(6)}


GROUPED = SOURCE.replace("(employeeNumber=*)", '(objectClass=inetOrgPerson)"\nmembers_of = "cn=All,dc=example,dc=org')


def test_a_group_of_which_members_are_missing_breaks_the_read(site: Site) -> None:
    """A group whose members the file has in one range of several breaks the read; with all ranges it is whole."""
    site.configure(GROUPED, tail=APPLY_AT_ONCE)
    first = "".join(f"member;range=0-2: uid=u{number},ou=Sales,{BASE}\n" for number in range(3))
    rest = "".join(f"member;range=3-*: uid=u{number},ou=Sales,{BASE}\n" for number in range(3, 6))
    head = f"dn: cn=All,{BASE}\nobjectClass: group\n"
    write(site, f"{PEOPLE}{head}{first}{rest}\n")
    assert site.run("reconcile").code == 0
    assert len(accounts(site)) == 6
    write(site, f"{PEOPLE}{head}{first}\n")
    broken = site.run("reconcile")
    assert (broken.code, "cn=All" in broken.fault, "company.ldif:" in broken.fault) == (1, True, True), broken.err


def test_the_shipped_configuration_makes_departments(site: Site) -> None:
    """The shipped configuration makes departments of organizational units, which have no employee number."""
    units = "".join(
        f"dn: {name},dc=example,dc=com\nobjectClass: organizationalUnit\nou: {name[3:].partition(',')[0]}\n\n"
        for name in ("ou=people", "ou=Sales,ou=people", "ou=East,ou=Sales,ou=people")
    )
    worker = (
        "dn: uid=wang,ou=East,ou=Sales,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: wang\n"
        "sn: Wang\ngivenName: Fang\nemployeeNumber: 17\n\n"
    )
    write(site, units + worker)
    platform = f'url = "{site.url}"\nappkey = "sandbox"\nappsecret = "sandbox-secret"\nrate = 0\n'
    text = SHIPPED.read_text(encoding="utf-8").partition("[platform]")[0]
    (site.folder / "syncd.toml").write_text(f"{text}[platform]\n{platform}{APPLY_AT_ONCE}", encoding="utf-8")
    checked = site.run("check")
    assert (checked.code, "one that is renamed or moved is another department" in checked.out) == (0, True), checked.out
    assert site.run("reconcile").code == 0
    assert site.shown["wang"][4] == ("Sales", "East")
    write(site, units.replace("dn: ou=Sales,ou=people,", "dn: OU=sales, ou=people,") + worker)
    quiet = site.run("plan", "--json")
    assert (quiet.code, quiet.json["operations"]) == (0, [])
    write(site, (units + worker).replace("East", "West"))
    renamed = site.run("plan", "--json").json["operations"]
    assert {(one["kind"], one["action"]) for one in renamed} == {
        ("department", "create"),
        ("department", "remove"),
        ("user", "move"),
    }


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('key = "dn"', "source.file.key: a DN"),
        ('key = "employeeNumber"\nusers = {key = "DN"}', "source.file.users.key: a DN"),
    ],
)
def test_nobody_has_a_dn_as_a_key(site: Site, table: str, words: str) -> None:
    """A DN as the key of people is refused with its reason, because somebody who moves would be another person."""
    site.configure(SOURCE.replace('key = "employeeNumber"', table).replace("[source.file.users]\n", "# "))
    write(site, PEOPLE)
    refused = site.run("plan")
    assert (refused.code, words in refused.fault) == (1, True), refused.err


def test_people_and_departments_have_keys_of_their_own(site: Site) -> None:
    """The users' and the departments' tables may each name a key, and the store is bound to both."""
    keys = SOURCE.replace('key = "employeeNumber"\n', "").replace(
        "[source.file.users]",
        '[source.file.departments]\nkey = "destinationIndicator"\n[source.file.users]\nkey = "employeeNumber"',
    )
    unit = UNIT.replace("ou: Sales", "ou: Sales\ndestinationIndicator: 4711")
    write(site, unit + PEOPLE)
    site.configure(keys, tail=APPLY_AT_ONCE)
    assert site.run("reconcile").code == 0
    assert site.shown["u1"][4] == ("Sales",)
    site.configure(keys.replace("destinationIndicator", "ou"), tail=APPLY_AT_ONCE)
    other = site.run("reconcile")
    assert (other.code, "the key attribute of the departments of the source is ou" in other.fault) == (1, True)


ODD = (
    "uid anna without a type",
    "uid=a\\q,ou=x",
    "=empty,dc=example,dc=com",
    "uid=m\\",
)


def odd_file(dn: str, *more: str) -> str:
    """Return an LDIF file with two people in a department, of whom one stands at a place that is no DN."""
    encoded = base64.b64encode(dn.encode()).decode()
    return (
        "dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n\n"
        "dn: ou=Sales,dc=example,dc=com\nobjectClass: organizationalUnit\nou: Sales\n"
        "entryUUID: 00000000-0000-0000-0000-000000000001\n\n"
        "dn: uid=bob,ou=Sales,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: bob\ncn: Bob\n"
        "entryUUID: 00000000-0000-0000-0000-000000000002\n\n"
        f"dn:: {encoded}\nobjectClass: inetOrgPerson\nuid: anna\ncn: Anna\n"
        "entryUUID: 00000000-0000-0000-0000-000000000003\n" + "".join(more)
    )


@pytest.mark.parametrize("dn", ODD)
def test_one_odd_dn_stops_nobody_else(site: Site, dn: str) -> None:
    """An entry whose DN is none is named and not made, and keeps nobody else from being synced (I11)."""
    site.configure(
        '[source.file]\ntype = "ldif"\npath = "odd.ldif"\nbase = "dc=example,dc=com"\n'
        '[source.file.users]\nfilter = "(objectClass=inetOrgPerson)"\n[source.file.departments]\n'
    )
    (site.folder / "odd.ldif").write_text(odd_file(dn), encoding="utf-8")
    done = site.settle()
    assert done.code == 0, done.err
    assert {account: path for account, (*_, path) in site.shown.items()} == {"bob": ("Sales",)}
    assert "skipped user unknown_department" in done.out


def test_whoever_comes_to_an_odd_dn_is_no_leaver(site: Site) -> None:
    """A linked person whose DN is none any more is present by the key, and stays where they are (I12)."""
    site.configure(
        '[source.file]\ntype = "ldif"\npath = "odd.ldif"\nbase = "dc=example,dc=com"\n'
        '[source.file.users]\nfilter = "(objectClass=inetOrgPerson)"\n[source.file.departments]\n',
        tail=REMOVE_AT_ONCE,
    )
    (site.folder / "odd.ldif").write_text(odd_file("uid=anna,ou=Sales,dc=example,dc=com"), encoding="utf-8")
    assert site.settle().code == 0
    before = site.shown
    (site.folder / "odd.ldif").write_text(odd_file(ODD[0]), encoding="utf-8")
    assert site.run("plan", "--json").json["operations"] == []
    assert site.shown == before


@pytest.mark.parametrize("dn", ODD)
def test_one_odd_member_of_a_group_stops_nobody_else(site: Site, dn: str) -> None:
    """A member of a group that is no DN is nobody, and the other members are read."""
    site.configure(
        '[source.file]\ntype = "ldif"\npath = "odd.ldif"\nbase = "dc=example,dc=com"\n'
        '[source.file.users]\nfilter = "(objectClass=inetOrgPerson)"\nmembers_of = ["cn=staff,dc=example,dc=com"]\n'
    )
    encoded = base64.b64encode(dn.encode()).decode()
    group = (
        "\ndn: cn=staff,dc=example,dc=com\nobjectClass: groupOfNames\ncn: staff\n"
        f"member:: {encoded}\nmember: uid=bob,ou=Sales,dc=example,dc=com\n"
    )
    (site.folder / "odd.ldif").write_text(odd_file("uid=anna,ou=Sales,dc=example,dc=com", group), encoding="utf-8")
    done = site.settle()
    assert done.code == 0, done.err
    assert set(site.shown) == {"bob"}


STAFF = """[source.file]
type = "ldif"
path = "odd.ldif"
base = "dc=example,dc=com"
[source.file.users]
filter = "(objectClass=inetOrgPerson)"
members_of = ["cn=staff,dc=example,dc=com"]
"""


@pytest.mark.parametrize("login", ["bob", "BOB"])
def test_the_members_of_a_posix_group_are_named_by_their_logins(site: Site, login: str) -> None:
    """A posixGroup names its members by `memberUid`, in any letter case (RFC 2307)."""
    group = (
        f"\ndn: cn=staff,dc=example,dc=com\nobjectClass: posixGroup\ncn: staff\nmemberUid: {login}\nmemberUid: nobody\n"
    )
    site.configure(STAFF)
    (site.folder / "odd.ldif").write_text(odd_file("uid=anna,ou=Sales,dc=example,dc=com", group), encoding="utf-8")
    assert site.settle().code == 0
    assert set(site.shown) == {"bob"}


def test_a_group_without_members_is_named(site: Site) -> None:
    """A group of which no member can be seen is named, and the read is not proven whole."""
    group = "\ndn: cn=staff,dc=example,dc=com\nobjectClass: groupOfNames\ncn: staff\n"
    site.configure(STAFF)
    (site.folder / "odd.ldif").write_text(odd_file("uid=anna,ou=Sales,dc=example,dc=com", group), encoding="utf-8")
    run = site.run("reconcile")
    assert run.code == 3
    assert "cn=staff,dc=example,dc=com: no member of the group can be seen" in run.out
