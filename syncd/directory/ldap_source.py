"""A source that is a directory server."""

from ldap3 import Connection

from syncd.directory.groups import members
from syncd.directory.ldap_connection import LdapSettings, connected
from syncd.directory.ldap_paging import Answer, Search, group_members, naming_context, paged
from syncd.directory.reading import AUTO, Finds, Found, Selection, TreeSettings, snapshot
from syncd.model import dn
from syncd.model.keys import KEY_ATTRIBUTES
from syncd.model.source import Snapshot

EVERYTHING = "*"


class LdapSource:
    """Reads people and departments from the first server that answers.

    `user_attributes` and `department_attributes` are all that the mapping reads, and all that is asked for.
    """

    def __init__(
        self,
        settings: TreeSettings,
        connection: LdapSettings,
        user_attributes: frozenset[str],
        department_attributes: frozenset[str],
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._user_attributes = self._asked_for(user_attributes)
        self._department_attributes = self._asked_for(department_attributes)

    @property
    def name(self) -> str:
        """Give the source's name in the configuration."""
        return self._settings.name

    def read(self) -> Snapshot:
        """Read people and departments to the last page of every base.

        Raises `SourceUnreachable` where no server answers, `SourceBroken` where a search does not end with success,
        `ConfigurationError` where password or filter are refused.
        """
        departments = self._settings.departments
        with connected(self.name, self._connection) as (connection, url):
            context = naming_context(connection)
            found = [paged(connection, one) for one in self._searches(self._settings.users, self._user_attributes)]
            units = [
                paged(connection, one)
                for one in (self._searches(departments, self._department_attributes) if departments else ())
            ]
            people = self._chosen(connection, [one for answer in found for one in answer.entries])
        answers = (*found, *units)
        pages = sum(answer.pages for answer in answers)
        proof = f"{url}: {len(answers)} searches in {pages} pages, each with success, to the last cookie"
        finds = Finds(
            users=people,
            departments=tuple(one for answer in units for one in answer.entries),
            proofs=(proof,),
            doubts=_doubts(answers),
            naming_context=context,
        )
        return snapshot(self._settings, finds)

    def _chosen(self, connection: Connection, people: list[Found]) -> tuple[Found, ...]:
        """Give the people who are members of the wanted groups; everybody where none is wanted."""
        groups = self._settings.users.members_of
        if not groups:
            return tuple(people)
        places = {dn.parse(one.dn): one for one in people}
        inside = members(self.name, groups, places, lambda name: group_members(connection, self.name, name))
        return tuple(one for place, one in places.items() if place in inside)

    def _asked_for(self, attributes: frozenset[str]) -> tuple[str, ...]:
        keys = KEY_ATTRIBUTES if self._settings.key == AUTO else (self._settings.key,)
        everything = {EVERYTHING} if EVERYTHING in attributes else set()
        return tuple(sorted({*attributes, *keys, *everything}))

    def _searches(self, selection: Selection, attributes: tuple[str, ...]) -> list[Search]:
        """Give a search for each base that stands below no other one of the same scope."""
        bases = {dn.parse(base): base for base in selection.bases}
        tops = [
            base
            for path, base in bases.items()
            if selection.scope != "sub" or not any(path != other and dn.is_below(path, other) for other in bases)
        ]
        size = self._connection.page_size
        return [Search(self.name, base, selection.filter, selection.scope, attributes, size) for base in tops]


def _doubts(answers: tuple[Answer, ...]) -> tuple[str, ...]:
    referrals = sorted({one for answer in answers for one in answer.referrals})
    if not referrals:
        return ()
    return (f"the server refers to {len(referrals)} other places, which are not followed; first: {referrals[0]}",)
