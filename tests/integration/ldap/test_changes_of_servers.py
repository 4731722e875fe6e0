"""Changes of an OpenLDAP server arrive as it tells of them, and are asked for by time where it does not tell."""

import threading
from collections.abc import Iterator

import pytest
from ldap3 import MODIFY_REPLACE

from syncd.directory.ldap_answers import Message
from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_feed import LdapFeed
from syncd.directory.ldap_source import LdapSource
from syncd.directory.reading import Selection, TreeSettings
from syncd.errors import ConfigurationError, SyncdError
from syncd.model.source import Changes
from syncd.testing.company import generated, key_of
from syncd.testing.sample import PEOPLE
from syncd.testing.slapd import Slapd
from tests.kit.servers.ldap_proxy import Changes as ProxyChanges
from tests.kit.servers.ldap_proxy import LdapProxy
from tests.kit.waiting import DEADLINE_SECONDS, comes

COMPANY = generated(30, 5)
ATTRIBUTES = frozenset({"uid", "cn", "title"})
ANNA = key_of("person", 1)
BIND = 0x60


@pytest.fixture(params=["told", "asked"])
def slapd(request: pytest.FixtureRequest, slapd_is_there: object) -> Iterator[Slapd]:
    """Yield a server that tells of changes, or one that has to be asked."""
    del slapd_is_there
    with Slapd(COMPANY.ldif()) as made:
        if request.param == "told":
            made.tell_changes()
        yield made


@pytest.fixture
def telling(slapd_is_there: object) -> Iterator[Slapd]:
    """Yield a server that tells of changes."""
    del slapd_is_there
    with Slapd(COMPANY.ldif()) as made:
        made.tell_changes()
        yield made


class Followed:
    """A feed, and all that it has told so far."""

    def __init__(self, slapd: Slapd) -> None:
        people = Selection("(objectClass=inetOrgPerson)", (PEOPLE,))
        units = Selection("(objectClass=organizationalUnit)", (PEOPLE,))
        tree = TreeSettings("ldap", people, units, rooms=Selection("(objectClass=room)", (PEOPLE,)))
        self.woken = threading.Event()
        source = LdapSource(tree, LdapSettings((slapd.url,)), ATTRIBUTES, frozenset({"ou"}), frozenset({"cn"}))
        self.feed: LdapFeed = source.feed(self.woken.set)
        self.names: dict[str, str] = {}
        self.is_due = False
        self.faults: list[str] = []

    def look(self) -> Changes | None:
        """Take and return what there is to be told; nothing where that fails."""
        try:
            changes = self.feed.changes("entryUUID")
        except SyncdError as error:
            self.faults.append(str(error))
            return None
        for one in (*changes.users, *changes.departments):
            self.names[one.key] = str(one.attributes.get("title", one.attributes.get("ou", ("",)))[0])
        self.names |= {one.key: str(one.attributes["cn"][0]) for one in changes.rooms}
        self.is_due = self.is_due or changes.whole_read_due
        return changes

    def tells(self, key: str, name: str) -> bool:
        """Whether this is told of an entry in the end."""
        return comes(lambda: (self.look(), self.names.get(key) == name)[1])


@pytest.fixture
def followed(slapd: Slapd) -> Iterator[Followed]:
    """Yield the feed of a server, begun and settled."""
    yield from settled(slapd)


@pytest.fixture
def told(telling: Slapd) -> Iterator[Followed]:
    """Yield the feed of a server that tells, begun and settled."""
    yield from settled(telling)


def settled(slapd: Slapd) -> Iterator[Followed]:
    """Begin a feed, look until nothing more comes, and yield it."""
    made = Followed(slapd)
    made.feed.begin()
    try:
        assert made.woken.wait(DEADLINE_SECONDS)
        assert comes(lambda: made.look() is not None)
        change(slapd, ANNA, "begun")
        assert made.tells(ANNA, "begun")
        made.names.clear()
        made.is_due = False
        yield made
    finally:
        made.feed.end()


def change(slapd: Slapd, key: str, title: str) -> None:
    """Set another title of a person."""
    with slapd.connection() as connection:
        connection.modify(COMPANY.person_dn(key), {"title": [(MODIFY_REPLACE, [title])]})  # type: ignore[no-untyped-call]


def test_what_is_changed_and_what_is_new_is_told(followed: Followed, slapd: Slapd) -> None:
    """A changed person and a new department are told of with the key that a whole read gives them."""
    change(slapd, ANNA, "总监")
    assert followed.tells(ANNA, "总监")
    with slapd.connection() as connection:
        connection.add(f"ou=新部门,{PEOPLE}", "organizationalUnit")  # type: ignore[no-untyped-call]
        connection.search(PEOPLE, "(ou=新部门)", attributes=["entryUUID"])
        key = str(connection.entries[0].entryUUID)
    assert followed.tells(key, "新部门")


@pytest.mark.parametrize("bears", ["one of 2099", "all of 2099", "none of its own"])
def test_stamps_of_the_future_hide_no_change(slapd_is_there: object, bears: str) -> None:
    """Changes are told of though stamps are of the future, and by a server whose clock is behind them."""
    del slapd_is_there
    ldif = COMPANY.ldif()
    entries = ldif.split(b"\n\n")
    future = b"modifyTimestamp: 20990101000000Z"
    people = [number for number, entry in enumerate(entries) if b"objectClass: inetOrgPerson" in entry]
    for number in {"one of 2099": people[:1], "all of 2099": people, "none of its own": []}[bears]:
        entries[number] = entries[number].rstrip(b"\n") + b"\n" + future
    with Slapd(b"\n\n".join(entries) + b"\n") as made:
        for followed in settled(made):
            for title in ("一", "二", "三"):
                change(made, ANNA, title)
                assert followed.tells(ANNA, title)
            assert not followed.is_due
            assert followed.faults == []


def test_a_stamp_of_long_ago_is_a_change_too(slapd_is_there: object) -> None:
    """An entry that comes from another server with an older stamp is told of."""
    del slapd_is_there
    relax = [("1.3.6.1.4.1.4203.666.5.12", True, None)]
    with Slapd(COMPANY.ldif()) as made:
        for followed in settled(made):
            with made.connection() as connection:
                values = {"title": ["旧"], "modifyTimestamp": ["20010101000000Z"]}
                changes = {name: [(MODIFY_REPLACE, value)] for name, value in values.items()}
                assert connection.modify(COMPANY.person_dn(ANNA), changes, controls=relax)  # type: ignore[no-untyped-call]
            assert followed.tells(ANNA, "旧")


def test_rooms_are_told_of_like_people(followed: Followed, slapd: Slapd) -> None:
    """New and renamed rooms are told of by their key, and a removed one makes a whole read due."""
    with slapd.connection() as connection:
        connection.add(f"cn=大会议室,{PEOPLE}", "room")  # type: ignore[no-untyped-call]
        connection.search(PEOPLE, "(objectClass=room)", attributes=["entryUUID"])
        key = str(connection.entries[0].entryUUID)
        assert followed.tells(key, "大会议室")
        connection.modify_dn(f"cn=大会议室,{PEOPLE}", "cn=Board")
        assert followed.tells(key, "Board")
        assert not followed.is_due
        connection.delete(f"cn=Board,{PEOPLE}")  # type: ignore[no-untyped-call]
    assert comes(lambda: (followed.look(), followed.is_due)[1])


def test_who_is_renamed_in_the_middle_is_told_once(followed: Followed, slapd: Slapd) -> None:
    """A person who is renamed twice is told of once, by the last name."""
    with slapd.connection() as connection:
        connection.modify(COMPANY.person_dn(ANNA), {"title": [(MODIFY_REPLACE, ["先"])]})  # type: ignore[no-untyped-call]
        connection.modify_dn(COMPANY.person_dn(ANNA), "uid=renamed")
        connection.modify_dn(COMPANY.person_dn(ANNA).replace(COMPANY.people[ANNA].account, "renamed"), "uid=again")

    def told_names() -> list[tuple[object, ...]]:
        changes = followed.look()
        return [one.attributes["uid"] for one in changes.users if one.key == ANNA] if changes else []

    assert comes(lambda: told_names() == [("again",)])
    assert not followed.is_due


def test_that_somebody_is_gone_makes_a_whole_read_due(followed: Followed, slapd: Slapd) -> None:
    """A person who is gone makes a whole read due."""
    with slapd.connection() as connection:
        connection.delete(COMPANY.person_dn(key_of("person", 2)))  # type: ignore[no-untyped-call]
    assert comes(lambda: (followed.look(), followed.is_due)[1])


def test_a_server_that_tells_wakes_whoever_waits(told: Followed, telling: Slapd) -> None:
    """A server that tells of changes wakes whoever waits for them."""
    told.woken.clear()
    change(telling, ANNA, "醒")
    assert told.woken.wait(DEADLINE_SECONDS)


def test_what_changes_while_the_connection_is_away_is_told_afterwards(told: Followed, telling: Slapd) -> None:
    """A look fails while the server is away, and what changes before the feed is back is told of afterwards."""
    telling.stop()
    assert comes(lambda: told.look() is None)
    assert "source ldap" in told.faults[-1]
    telling.start()
    change(telling, ANNA, "回来")
    assert told.tells(ANNA, "回来"), (list(dict.fromkeys(told.faults)), told.names)


def test_a_server_that_was_put_back_to_an_older_state_is_asked_anew(told: Followed, telling: Slapd) -> None:
    """A server that was put back to an older state tells of everybody again, and of what changes then."""
    telling.put_back()
    assert comes(lambda: (told.look(), len(told.names) >= len(COMPANY.people))[1])
    change(telling, ANNA, "再来")
    assert told.tells(ANNA, "再来")


def test_after_the_end_nothing_is_open(told: Followed) -> None:
    """A feed that has ended leaves no thread, and where it begins again a whole read is due."""
    told.feed.end()
    assert comes(lambda: not any(one.name.startswith("following") for one in threading.enumerate()))
    assert comes(lambda: told.look() is not None)
    assert told.is_due  # what changed in between nobody knows


def test_a_server_that_only_says_that_it_tells_is_asked_by_time(slapd_is_there: object) -> None:
    """A server with the module but without the overlay is asked by time, and its changes are told of."""
    del slapd_is_there
    with Slapd(COMPANY.ldif()) as made:
        followed = Followed(made)
        followed.feed.begin()
        try:
            assert comes(lambda: followed.look() is not None)
            change(made, ANNA, "问")
            assert followed.tells(ANNA, "问")
        finally:
            followed.feed.end()


class Waits(ProxyChanges):
    """Lets every answer wait until it is let go."""

    def __init__(self) -> None:
        self.asked, self.goes_on = threading.Event(), threading.Event()

    def answer(self, message: Message) -> Iterator[bytes]:
        """Wait, and pass the answer on."""
        self.asked.set()
        self.goes_on.wait(DEADLINE_SECONDS)
        yield message.data


def test_what_is_ended_while_the_server_takes_its_time_to_begin_follows_nothing(telling: Slapd) -> None:
    """A feed that is ended while its server takes its time to begin leaves no thread behind."""
    waits = Waits()
    with LdapProxy("127.0.0.1", telling.port, waits) as proxy:
        tree = TreeSettings("slow", Selection("(objectClass=inetOrgPerson)", (PEOPLE,)))
        feed = LdapSource(tree, LdapSettings((proxy.url,)), ATTRIBUTES, frozenset()).feed(lambda: None)
        beginning = threading.Thread(target=feed.begin)
        beginning.start()
        assert waits.asked.wait(DEADLINE_SECONDS)
        feed.end()
        waits.goes_on.set()
        beginning.join(DEADLINE_SECONDS)
        assert comes(lambda: "following slow" not in {one.name for one in threading.enumerate()})


class Signs(ProxyChanges):
    """Counts how often somebody signs in."""

    def __init__(self) -> None:
        self.attempts = 0

    def request(self, message: Message) -> bytes:
        """Count a request to sign in, and pass every request on."""
        self.attempts += message.kind == BIND
        return message.data


def test_a_refused_password_is_not_tried_again_until_the_next_whole_pass(slapd: Slapd) -> None:
    """Looks try a refused password once, and once more only where a whole pass begins the feed anew."""
    signs = Signs()
    with LdapProxy("127.0.0.1", slapd.port, signs) as proxy:
        tree = TreeSettings("ldap", Selection("(objectClass=inetOrgPerson)", (PEOPLE,)))
        how = LdapSettings((proxy.url,), slapd.root_dn, "former")
        feed = LdapSource(tree, how, ATTRIBUTES, frozenset()).feed(lambda: None)
        for begin in (False, True, False):
            if begin:
                with pytest.raises(ConfigurationError, match="refuses the password"):
                    feed.begin()
            for _ in range(5):
                with pytest.raises(ConfigurationError, match="refuses the password"):
                    feed.changes("entryUUID")
        assert signs.attempts == 2
