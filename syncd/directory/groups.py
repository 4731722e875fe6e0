"""Members of groups, nested ones included (`members_of`)."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping

from syncd.directory.reading import Found
from syncd.errors import SourceBroken
from syncd.model import dn
from syncd.model.attribute_names import values_of

MEMBER, UNIQUE_MEMBER, MEMBER_UID = "member", "uniquemember", "memberuid"
MEMBER_ATTRIBUTES = (MEMBER, UNIQUE_MEMBER, MEMBER_UID)
LOGIN = "uid"
_OPTIONAL_UID = re.compile(r"#'[01]*'B\s*\Z")
"""What tells apart two to whom one DN was given (RFC 4517, 3.3.21)."""


class Login(str):
    """A member that a group names by its login and not by its DN (RFC 2307, memberUid)."""

    __slots__ = ()


Lookup = Callable[[str], tuple[str, ...] | None]


def member_names(found: Found) -> tuple[str, ...]:
    """Return the DNs that a group entry names (RFC 4519, 2.17 and 2.40), without the UIDs that may follow them.

    The members of a posixGroup are logins.
    """
    names = (value for value in values_of(found.attributes, MEMBER) if isinstance(value, str))
    unique = (value for value in values_of(found.attributes, UNIQUE_MEMBER) if isinstance(value, str))
    logins = (Login(value) for value in values_of(found.attributes, MEMBER_UID) if isinstance(value, str))
    return tuple(filter(None, (*names, *(_OPTIONAL_UID.sub("", value) for value in unique), *logins)))


def by_login(people: Iterable[tuple[dn.Path, Found]]) -> dict[str, dn.Path]:
    """Return the places of people by their logins, in the form in which servers compare them."""
    return {
        dn.folded(value): place
        for place, person in people
        for value in values_of(person.attributes, LOGIN)
        if isinstance(value, str)
    }


def empty_doubt(groups: Iterable[str]) -> str:
    """Say which groups of `members_of` have no members, if any: the reader may not see them."""
    named = ", ".join(groups)
    return f"{named}: no member of the group can be seen; look at it, and at what the reader may read" if named else ""


def members(
    source: str,
    groups: Iterable[str],
    people: Collection[dn.Path],
    look_up: Lookup,
    logins: Mapping[str, dn.Path],
) -> set[dn.Path]:
    """Give the places of all members of these groups and of the groups in them; `logins` has those of people.

    `look_up` gives the members that an entry names, nothing where there is no such entry; it is asked only of groups
    and of members that are no known `people`. Raises `SourceBroken` where a named group is missing: everybody would
    vanish.
    """
    found: set[dn.Path] = set()
    waiting: list[str] = []
    for group in groups:
        names = look_up(group)
        if names is None:
            raise SourceBroken(f"source {source}: the group {group} of members_of is not there; correct its DN")
        found.add(dn.parse(group))
        waiting += names
    while waiting:
        name = waiting.pop()
        if isinstance(name, Login):
            found.update(filter(None, [logins.get(dn.folded(name))]))
            continue
        place = dn.place(name)
        if place in found:
            continue
        found.add(place)
        if place not in people:
            waiting += look_up(name) or ()
    return found
