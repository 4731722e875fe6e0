"""A domain as Samba has it is read with its keys, accounts, names, groups and referrals, and each refusal says why."""

from collections.abc import Mapping

import pytest
from ldap3 import MODIFY_REPLACE

from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_source import LdapSource
from syncd.directory.reading import Selection, TreeSettings
from syncd.errors import ConfigurationError, SourceBroken, SyncdError
from syncd.mapping.presence import is_enabled
from syncd.model.source import Entry, Grade, Snapshot
from tests.kit.servers import domain
from tests.kit.servers.ldap_changes import Counts, Forest, Hides, Refers
from tests.kit.servers.ldap_proxy import Changes, LdapProxy
from tests.kit.servers.samba import PORTS, SUFFIX, Samba

PERSON = "(&(objectCategory=person)(objectClass=user))"
FEW = "(|(sAMAccountName=strange*)(sAMAccountName=u0000*))"  # whoever is in a group but `big`, and some others
UNIT = "(objectClass=organizationalUnit)"
WANTED = frozenset({"sAMAccountName", "userPrincipalName", "displayName", "telephoneNumber"})
AUTO = frozenset({"userAccountControl", "accountExpires", "nsAccountLock", "pwdAccountLockedTime"})
EXTENDED_DN = ("1.2.840.113556.1.4.529", True, b"0\x03\x02\x01\x01")  # DNs with the GUID as the server writes it
NOW = 1_800_000_000.0
IN_CHAIN = "1.2.840.113556.1.4.1941"


def read(
    server: Samba,
    base: str = domain.COMPANY,
    wanted: frozenset[str] = WANTED,
    tree: Mapping[str, object] | None = None,
    **connection: object,
) -> Snapshot:
    """Return what the reader reads of people and departments."""
    values = {"users": Selection(PERSON, (base,)), "departments": Selection(UNIT, (base,)), **(tree or {})}
    how = {
        "urls": (server.tls_url,),
        "bind_dn": domain.READER,
        "bind_password": domain.READER_PASSWORD,
        "ca_file": server.ca_file,
        **connection,
    }
    settings = TreeSettings("ad", **values)  # type: ignore[arg-type]
    return LdapSource(settings, LdapSettings(**how), wanted | AUTO, frozenset({"ou"})).read()  # type: ignore[arg-type]


def read_changed(server: Samba, changes: Changes, base: str = domain.STRANGE, **more: object) -> Snapshot:
    """Return what is read through a proxy that changes the answers."""
    with LdapProxy(server.address, PORTS["ldaps"], changes, tls=True) as proxy:
        return read(server, base, urls=(proxy.url,), **more)  # type: ignore[arg-type]


def fault(server: Samba, kind: type[SyncdError], **connection: object) -> str:
    """Return the one line that a read ends with."""
    with pytest.raises(kind) as caught:
        read(server, **connection)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    assert domain.READER_PASSWORD not in message
    return message


def accounts(snapshot: Snapshot) -> set[str]:
    """Return the accounts of everybody found."""
    return {text(one, "samaccountname") for one in snapshot.users}


def text(entry: Entry, name: str) -> str:
    """Return the one value of an attribute."""
    (value,) = entry.attributes[name]
    return str(value)


def of(*people: str) -> set[str]:
    """Return the DNs of people in the form that is compared."""
    return {one.casefold() for one in people}


def test_keys_are_what_the_server_itself_writes(samba: Samba) -> None:
    """The key is the objectGUID as the server itself writes it, also where its bytes happen to be text."""
    with samba.connection() as connection:
        connection.search(domain.STRANGE, PERSON, attributes=["cn"], controls=[EXTENDED_DN])
        names = [one["dn"].split(";")[0] for one in connection.response or ()]
    snapshot = read(samba, domain.STRANGE)
    assert snapshot.key_attribute == "objectGUID"
    assert snapshot.certificate.grade is Grade.WHOLE
    assert sorted(f"<GUID={one.key}>" for one in snapshot.users) == sorted(names)
    assert [one.key for one in snapshot.users if text(one, "samaccountname") == "guid"] == [domain.TEXT_GUID_KEY]


def test_more_people_than_a_page_has_are_read(samba: Samba) -> None:
    """All of 2,500 people are read in pages of 1,000, and the certificate counts searches and pages."""
    snapshot = read(samba, domain.MANY, page_size=1000)
    assert len(snapshot.users) == domain.COUNT
    assert "2 searches in 4 pages" in snapshot.certificate.proofs[0]
    assert snapshot.naming_context == SUFFIX


def test_disabled_and_expired_accounts_are_known(samba: Samba) -> None:
    """Disabled is whoever has bit 2 of userAccountControl or a past accountExpires; 0 and the maximum mean never."""
    snapshot = read(samba, domain.MANY)
    disabled = {text(one, "samaccountname") for one in snapshot.users if not is_enabled(one.attributes, NOW)}
    assert disabled == {f"u{number:05}" for number in domain.DISABLED}


def test_a_reader_who_cannot_see_who_is_disabled_is_doubted(samba: Samba) -> None:
    """A read that shows nobody's userAccountControl is unproven, and whole where nobody asks for it."""
    snapshot = read_changed(samba, Hides("userAccountControl"))
    assert snapshot.certificate.grade is Grade.UNPROVEN
    assert "userAccountControl is readable of nobody" in snapshot.certificate.doubts[0]
    how = LdapSettings((samba.tls_url,), domain.READER, domain.READER_PASSWORD, ca_file=samba.ca_file)
    tree = TreeSettings("ad", Selection(PERSON, (domain.STRANGE,)))
    assert LdapSource(tree, how, WANTED, frozenset()).read().certificate.grade is Grade.WHOLE


def test_strange_names_stand_in_their_departments(samba: Samba) -> None:
    """Each person stands in the department of the same name, whatever must be escaped in its DN."""
    snapshot = read(samba, domain.STRANGE)
    units = {one.path: text(one, "ou") for one in snapshot.departments}
    homes = {text(one, "displayname"): units[one.path[1:]] for one in snapshot.users if "displayname" in one.attributes}
    assert homes == {name: name for name in domain.NAMES}


def test_a_strange_name_may_be_a_base_and_excluded(samba: Samba) -> None:
    """A DN with a strange name may be a base, and in `exclude` it leaves out the one person below it."""
    for name in domain.NAMES:
        assert len(read(samba, domain.strange_unit(name)).users) == 1
        without = read(samba, domain.STRANGE, tree={"exclude": (domain.strange_unit(name),)})
        assert len(without.users) == len(domain.NAMES) + 1


def test_who_moves_or_is_renamed_keeps_the_key(samba: Samba) -> None:
    """Who is renamed and moved to another department keeps the key."""
    before = {one.locator: one.key for one in read(samba, domain.STRANGE).users}
    home, other = domain.strange("#1"), domain.strange_unit("a=b")
    with samba.connection() as connection:
        connection.modify_dn(home, "CN=renamed, moved".replace(",", "\\,"), new_superior=other)
    try:
        after = {one.locator: one.key for one in read(samba, domain.STRANGE).users}
    finally:
        with samba.connection() as connection:
            connection.modify_dn(f"CN=renamed\\, moved,{other}", "CN=\\#1", new_superior=domain.strange_unit("#1"))
    assert sorted(before.values()) == sorted(after.values())
    (moved,) = set(after) - set(before)
    assert after[moved] == before[home]


def test_either_name_of_an_account_may_be_mapped(samba: Samba) -> None:
    """The sAMAccountName and the userPrincipalName both come as text, so that either may be mapped."""
    entry = next(one for one in read(samba, domain.STRANGE).users if text(one, "samaccountname") == "strange0")
    assert text(entry, "userprincipalname") == "strange0@ad.example.com"


def test_a_photo_comes_as_it_is(samba: Samba) -> None:
    """A thumbnailPhoto comes as it is, to the last byte."""
    snapshot = read(samba, domain.STRANGE, frozenset({"thumbnailPhoto", "sAMAccountName"}))
    photos = [one.attributes["thumbnailphoto"] for one in snapshot.users if "thumbnailphoto" in one.attributes]
    assert photos == [(domain.PHOTO,)]


def test_members_of_groups_in_groups_are_people(samba: Samba) -> None:
    """Members of groups in groups are those whom the server's own chain rule counts, also in rings and of 2,000."""
    found = {}
    for name in (domain.OUTER, "big"):
        tree = {"users": Selection(PERSON, (domain.COMPANY,), members_of=(domain.group(name),))}
        found[name] = of(*(one.locator for one in read(samba, tree=tree).users))
        assert found[name] == of(*members_by_server(samba, domain.group(name)))
    assert found[domain.OUTER] == of(*domain.INSIDE)
    assert len(found["big"]) == 2000


def members_by_server(server: Samba, group: str) -> list[str]:
    """Return the people who are members of a group as the server follows its chains."""
    escaped = group.replace("\\", "\\5c").replace("*", "\\2a").replace("(", "\\28").replace(")", "\\29")
    with server.connection() as connection:
        found = connection.extend.standard.paged_search(
            domain.COMPANY, f"(&{PERSON}(memberOf:{IN_CHAIN}:={escaped}))", attributes=["cn"], paged_size=1000
        )
        return [one["dn"] for one in found if one["type"] == "searchResEntry"]


def test_strangers_in_a_group_cost_no_requests(samba: Samba) -> None:
    """Two thousand members of a group who are not among the people cost fewer than twelve requests."""
    users = Selection(PERSON, (domain.STRANGE,), members_of=(domain.group("big"), domain.group("inner")))
    counts = Counts()
    snapshot = read_changed(samba, counts, tree={"users": users})
    assert accounts(snapshot) == {"strange0", "strange10"}
    assert counts.count < 12


def test_the_primary_group_counts(samba: Samba) -> None:
    """Everybody is a member of the primary group, though its `member` names nobody."""
    users = f"CN=Domain Users,CN=Users,{SUFFIX}"
    tree = {"users": Selection(PERSON, (domain.STRANGE,), members_of=(users,))}
    assert len(read(samba, tree=tree).users) == len(domain.NAMES) + 2


@pytest.mark.parametrize("where", ["inner", "middle"])
def test_a_member_in_a_child_domain_is_a_doubt(samba: Samba, where: str) -> None:
    """A member of a group in a child domain is a doubt, and excluding that domain settles it and loses nobody."""
    child = f"DC=child,{SUFFIX}"
    changes = Forest(domain.group(where), f"CN=guest,{child}", child)
    users = Selection(f"(&{PERSON}{FEW})", (domain.COMPANY,), members_of=(domain.group("middle"),))
    snapshot = read_changed(samba, changes, tree={"users": users})
    doubts = str(snapshot.certificate.doubts)
    assert "1 members of groups stand on other servers" in doubts
    assert f"first: CN=guest,{child};" in doubts
    excluded = read_changed(samba, changes, tree={"users": users, "exclude": (child,)})
    assert excluded.certificate.grade is Grade.WHOLE
    assert {one.key for one in excluded.users} == {one.key for one in read(samba, tree={"users": users}).users}


def test_a_missing_group_is_broken(samba: Samba) -> None:
    """A group that does not exist breaks the read and is named."""
    tree = {"users": Selection(PERSON, (domain.COMPANY,), members_of=(domain.group("none"),))}
    with pytest.raises(SourceBroken, match="the group CN=none"):
        read(samba, tree=tree)


def test_referrals_to_places_without_people_do_no_harm(samba: Samba) -> None:
    """Referrals to places without people, which every search from the domain's root meets, leave a read whole."""
    snapshot = read(samba, SUFFIX)
    assert snapshot.certificate.grade is Grade.WHOLE
    assert len(snapshot.users) > domain.COUNT


def test_a_referral_to_a_child_domain_is_a_doubt(samba: Samba) -> None:
    """A referral to a child domain makes a read unproven, unless that domain is excluded."""
    child = f"DC=child,{SUFFIX}"
    refers = Refers(1, f"ldaps://child.ad.example.com/{child.replace('=', '%3D')}??sub")
    snapshot = read_changed(samba, refers)
    assert snapshot.certificate.grade is Grade.UNPROVEN
    assert "refers to 1 other places" in snapshot.certificate.doubts[0]
    refers = Refers(1, f"ldaps://child.ad.example.com/{child}")
    assert read_changed(samba, refers, tree={"exclude": (child,)}).certificate.grade is Grade.WHOLE


@pytest.mark.parametrize("url", ["ldap://dc9.example.org", "ldap://dc9.example.org/no%20dn", "ldap://["])
def test_a_referral_that_names_no_place_is_a_doubt(samba: Samba, url: str) -> None:
    """A referral whose URL names no place makes a read unproven, unless that URL is excluded."""
    assert read_changed(samba, Refers(1, url)).certificate.grade is Grade.UNPROVEN
    assert read_changed(samba, Refers(1, url), tree={"exclude": (url,)}).certificate.grade is Grade.WHOLE


def test_a_deleted_person_is_gone(samba: Samba) -> None:
    """A deleted person is not read any more, whatever the server keeps among its deleted objects."""
    name = f"CN=leaver,{domain.STRANGE}"
    with samba.connection() as connection:
        connection.add(name, "user", {"sAMAccountName": "leaver"})  # type: ignore[no-untyped-call]
        try:
            assert "leaver" in accounts(read(samba, domain.STRANGE))
        finally:
            connection.delete(name)  # type: ignore[no-untyped-call]
    assert "leaver" not in accounts(read(samba, SUFFIX))


def test_a_global_catalogue_is_doubted_for_what_it_does_not_hold(samba: Samba) -> None:
    """A global catalogue is doubted for attributes that it does not hold, and is whole for those that it does."""
    snapshot = read(samba, domain.STRANGE, WANTED | {"mobile", "title"}, urls=(samba.catalogue_url,))
    assert snapshot.certificate.grade is Grade.UNPROVEN
    assert "global catalogue, which does not hold everything of everybody; mobile, title" in str(
        snapshot.certificate.doubts
    )
    assert read(samba, domain.STRANGE, urls=(samba.catalogue_url,)).certificate.grade is Grade.WHOLE


def test_a_password_in_clear_is_refused_with_what_to_do(samba: Samba) -> None:
    """A password in clear is refused, with the advice to use ldaps:// or start_tls."""
    message = fault(samba, ConfigurationError, urls=(samba.url,))
    assert "wants an encrypted connection (strongerAuthRequired); use ldaps:// or start_tls" in message


@pytest.mark.parametrize("who", [domain.READER, domain.READER_UPN, "ADX\\reader"])
def test_the_reader_may_be_named_in_three_ways(samba: Samba, who: str) -> None:
    """The reader may be named by DN, by user principal name or by domain and account, over ldaps and StartTLS."""
    assert len(read(samba, domain.STRANGE, bind_dn=who).users) == len(domain.NAMES) + 2
    assert read(samba, domain.STRANGE, bind_dn=who, urls=(samba.url,), start_tls=True).users


def test_a_refused_password_says_why(samba: Samba) -> None:
    """A refused password is told apart from a disabled account and from an expired one."""
    assert "invalidCredentials: no such account, or a wrong password" in fault(
        samba, ConfigurationError, bind_password="wrong"
    )
    states = {
        "the account is disabled": {"userAccountControl": "514"},
        "the account has expired": {"userAccountControl": "512", "accountExpires": str(domain.PAST)},
    }
    usual = {"userAccountControl": "512", "accountExpires": "0"}
    for words, values in states.items():
        try:
            change(samba, domain.READER, values)
            assert f"invalidCredentials: {words}" in fault(samba, ConfigurationError)
        finally:
            change(samba, domain.READER, usual)


def change(server: Samba, dn: str, values: dict[str, str]) -> None:
    """Set values of an entry."""
    with server.connection() as connection:
        connection.modify(dn, {name: [(MODIFY_REPLACE, [value])] for name, value in values.items()})  # type: ignore[no-untyped-call]


def test_a_reader_without_a_name_is_told_to_have_one(samba: Samba) -> None:
    """A reader without a name is told what the server says, and to name one."""
    message = fault(samba, SourceBroken, bind_dn="", bind_password="")
    assert "operationsError (1)" in message
    assert "name one" in message
