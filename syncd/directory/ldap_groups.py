"""Who is a member of groups on a server, and long lists that come in ranges (MS-ADTS 3.1.1.3.1.3.3)."""

from collections.abc import Sequence

from ldap3.utils.conv import escape_filter_chars

from syncd.directory.groups import MEMBER_ATTRIBUTES, by_login, member_names, members
from syncd.directory.ldap_paging import (
    INVALID_DN,
    NO_SUCH_OBJECT,
    RANGE,
    REFERRAL,
    SUCCESS,
    Directory,
    Search,
    description,
)
from syncd.directory.ldap_server import Server, hiding, place_of
from syncd.directory.reading import Found, Scope
from syncd.errors import SourceBroken
from syncd.model import dn
from syncd.model.numbers import whole_number

IN_CHAIN = "1.2.840.113556.1.4.1941"  # LDAP_MATCHING_RULE_TRANSITIVE_EVAL (MS-ADTS 3.1.1.3.4.4.3)
PRIMARY_GROUP = "primaryGroupID"
RID_BYTES = 4
WANTED = (*MEMBER_ATTRIBUTES, "objectSid")


class Groups:
    """Finds members of groups; `elsewhere` has those that this server does not hold, `empty` the groups without any."""

    def __init__(self, directory: Directory, server: Server, page_size: int) -> None:
        self._directory = directory
        self._server = server
        self._page_size = page_size
        self._domain = dn.parse(server.naming_context) if server.is_active_directory else ()
        self._known: dict[dn.Path, Found] = {}
        self._beyond: set[dn.Path] = set()
        self.elsewhere: list[str] = []
        self.empty: list[str] = []

    def members(self, groups: tuple[str, ...], people: Sequence[tuple[dn.Path, Found]]) -> set[dn.Path]:
        """Give the places of the members of these groups and of the groups in them.

        In Active Directory the groups inside come by one search, and members by primary group count. Raises
        `SourceBroken` where a group is missing or cannot be read to its end.
        """
        if self._domain:
            for group in groups:
                self._learn(group)
        places = {place for place, _ in people}
        found = members(self._directory.source, groups, places, self._look_up, by_login(people))
        primary = {_last_of_sid(group) for place, group in self._known.items() if place in found} - {""}
        inside = found | {place for place, person in people if _primary_group(person) in primary}
        self.empty = [] if inside & places else [group for group in groups if not self._look_up(group)]
        return inside

    def _learn(self, group: str) -> None:
        """Read a group and all groups in it."""
        found = self._read(group)
        if found is None:
            return
        self._known[dn.parse(group)] = found
        inside = f"(&(objectClass=group)(memberOf:{IN_CHAIN}:={escape_filter_chars(group)}))"
        base = self._server.naming_context
        search = Search(self._directory.source, base, inside, Scope.SUB, WANTED, self._page_size)
        answer = self._directory.paged(search)
        for one in answer.entries:
            self._known[dn.place(one.dn)] = closed(self._directory, one)
        self._beyond.update(place_of(one) for one in hiding(self._server, answer.referrals, ()))

    def _look_up(self, name: str) -> tuple[str, ...] | None:
        """Give the members that an entry names, nothing where there is no such entry."""
        place = dn.place(name)
        if place in self._known:
            return member_names(self._known[place])
        if self._is_here(place):
            return None  # no group, or it would be known
        found = self._read(name)
        return None if found is None else member_names(found)

    def _is_here(self, place: dn.Path) -> bool:
        """Tell whether a place is in the domain of which all groups are known, and not in one below it."""
        inside = bool(self._domain) and dn.is_below(place, self._domain)
        return inside and not any(dn.is_below(place, one) for one in self._beyond)

    def _read(self, name: str) -> Found | None:
        ended, found = self._directory.entry(name, WANTED)
        if ended.code == REFERRAL:
            self.elsewhere.append(name)
            return None
        if ended.code in (NO_SUCH_OBJECT, INVALID_DN):
            return None
        if ended.code != SUCCESS:
            how = f"{description(ended.code)} ({ended.code})"
            raise SourceBroken(f"source {self._directory.source}: the group {name} could not be read: {how}")
        return None if found is None else closed(self._directory, found)


def closed(directory: Directory, found: Found) -> Found:
    """Give an entry with each of its attributes whole, those that came in ranges read to their ends.

    Raises `SourceBroken` where a range does not go on where the last one ended.
    """
    attributes: dict[str, tuple[str | bytes, ...]] = {}
    for name, values in found.attributes.items():
        bare, _, limits = name.partition(RANGE)
        rest = _rest(directory, found.dn, bare, limits) if limits else ()
        attributes[bare] = (*attributes.get(bare, ()), *values, *rest)
    return Found(found.dn, attributes)


def _rest(directory: Directory, name: str, attribute: str, limits: str) -> tuple[str | bytes, ...]:
    """Give what follows a range such as `0-1499`; nothing follows `1500-*`."""
    rest: list[str | bytes] = []
    while not limits.endswith("-*"):
        _, _, last = limits.partition("-")
        end = whole_number(last)
        follows = 0 if end is None else end + 1
        limits, values = _range(directory, name, f"{attribute}{RANGE}{follows}-")
        rest += values
    return tuple(rest)


def _range(directory: Directory, name: str, beginning: str) -> tuple[str, tuple[str | bytes, ...]]:
    """Read the range that begins so; give its limits and its values."""
    ended, found = directory.entry(name, (f"{beginning}*",))
    for attribute, values in found.attributes.items() if found else ():
        if attribute.startswith(beginning) and (values or attribute.endswith("*")):
            return attribute.partition(RANGE)[2], values
    raise SourceBroken(
        f"source {directory.source}: {name} is not whole: the server does not go on with {beginning}* "
        f"({description(ended.code)}); the next run tries again"
    )


def _last_of_sid(group: Found) -> str:
    """Give the last part of a group's security identifier, by which people name their primary group."""
    for value in group.attributes.get("objectsid", ()):
        raw = value if isinstance(value, bytes) else value.encode()
        return str(int.from_bytes(raw[-RID_BYTES:], "little"))
    return ""


def _primary_group(person: Found) -> str:
    values = person.attributes.get(PRIMARY_GROUP.lower(), ())
    return str(values[0]) if values else "none"
