"""Whom a person means: one object by its key, platform id, account, DN or name."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from syncd.errors import SourceBroken, SyncdError
from syncd.model import dn
from syncd.model.desired import DesiredObject
from syncd.model.objects import Kind, Object, User
from syncd.model.source import Snapshot
from syncd.plan.draft import Comparable
from syncd.plan.normal_ids import normal_id
from syncd.plan.situation import Identity, Situation

SHOWN = 10


class NobodyMeant(SyncdError):
    """No object, or more than one, is what was asked for."""


class Whom(msgspec.Struct, frozen=True):
    """One object of either side; `source` and `key` are "" for one of the platform that no entry is linked to."""

    kind: Kind
    source: str
    key: str
    platform_id: str = ""
    locator: str = ""
    account: str = ""
    name: str = ""

    @property
    def identity(self) -> Identity:
        """Give (source, key)."""
        return (self.source, self.key)

    def __str__(self) -> str:
        """Say who it is."""
        where = self.locator or f"id {self.platform_id}"
        return f"{self.kind} {self.account or self.name} ({where})"


def everybody(situation: Situation, snapshots: Iterable[Snapshot]) -> list[Whom]:
    """Give every entry, whether or not it can be mapped, every link, and everything on the platform.

    What an enrich source has is nobody.
    """
    entries: dict[tuple[Kind, str, str], str] = {}
    for snapshot in snapshots:
        people, units, rooms = snapshot.users, snapshot.departments, snapshot.rooms or ()
        for kind, some in ((Kind.USER, people), (Kind.DEPARTMENT, units), (Kind.ROOM, rooms)):
            present = situation.desired.present(kind)
            entries |= {
                (kind, snapshot.source, one.key): one.locator for one in some if (snapshot.source, one.key) in present
            }
    desired = {(kind, one.source, one.key): one for kind in Kind for one in situation.desired.of(kind)}
    links = {(link.kind, link.source, link.key): link for link in situation.links()}
    there = {(kind, key): one for kind in Kind for key, one in situation.objects_of(kind).items()}
    found = []
    for kind, source, key in sorted({*entries, *desired, *links}):
        wanted, link = desired.get((kind, source, key)), links.get((kind, source, key))
        shown = there.get((kind, link.platform_id)) if link else None
        locator = entries.get((kind, source, key), "") or (wanted or link).locator  # type: ignore[union-attr]
        platform_id = link.platform_id if link else ""
        names = next((names for names in (_names(wanted), _names(shown)) if any(names)), ("", ""))
        found.append(Whom(kind, source, key, platform_id, locator, *names))
    return found + list(_strangers(there, {(link.kind, link.platform_id) for link in links.values()}))


def whom(people: Iterable[Whom], who: str, comparable: Comparable) -> Whom:
    """Give the only object that is meant; raises `NobodyMeant`, which names them where they are several."""
    found = meant(people, who, comparable)
    if not found:
        raise NobodyMeant(
            f"{who} is no key, platform id, account, DN or name of anybody in the directory or the platform"
        )
    if len(found) > 1:
        raise NobodyMeant(f"{who} may mean {len(found)}: {_listed(found)}; say which by its key or platform id")
    return found[0]


def _listed(found: list[Whom]) -> str:
    named = [f"{one}{f' {one.name}' if one.account else ''}, key {one.key or 'none'}" for one in found[:SHOWN]]
    return "; ".join((*named, *(["…"] if len(found) > SHOWN else ())))


def whom_or_part(people: Iterable[Whom], who: str, comparable: Comparable) -> Whom:
    """Return the only object that is meant, or whose account or name has `who` in it; raises `NobodyMeant`.

    This is for looking alone: what is changed is named as a whole.
    """
    everyone = list(people)
    part = comparable("name", who).casefold()
    if part and not meant(everyone, who, comparable):
        values = ((one, (one.account, one.name)) for one in everyone)
        found = [one for one, some in values if any(part in comparable("name", value).casefold() for value in some)]
        if len(found) == 1:
            return found[0]
        if found:
            raise NobodyMeant(
                f"{who} is a part of the name of {len(found)}: {_listed(found)}; say which by its key or platform id"
            )
    return whom(everyone, who, comparable)


def meant(people: Iterable[Whom], who: str, comparable: Comparable) -> list[Whom]:
    """Give all of whom the most telling thing is `who`: key, else platform id, account, DN or name, in this order."""
    place, account, name = _path(who), comparable("account", who), comparable("name", who)
    tests: tuple[Callable[[Whom], object], ...] = (
        lambda one: one.key == who,
        lambda one: one.platform_id in (who, normal_id(who)),
        lambda one: one.account and comparable("account", one.account) == account,
        lambda one: one.locator == who or (place and _path(one.locator) == place),
        lambda one: one.name and comparable("name", one.name) == name,
    )
    everyone = list(people) if who else []
    return next((found for test in tests if (found := [one for one in everyone if test(one)])), [])


def _names(one: DesiredObject | Object | None) -> tuple[str, str]:
    """Give account and name; nobody has them of whom neither side tells."""
    if one is None:
        return "", ""
    return (one.fields.account, one.fields.name) if isinstance(one.fields, User) else ("", one.fields.name)


def _strangers(there: Mapping[tuple[Kind, str], Object], linked: set[tuple[Kind, str]]) -> Iterator[Whom]:
    for (kind, platform_id), one in there.items():
        if (kind, platform_id) not in linked:
            yield Whom(kind, "", "", platform_id, "", *_names(one))


def _path(text: str) -> dn.Path:
    """Parse a DN; what is none names no place."""
    try:
        return dn.parse(text) if "=" in text else ()
    except SourceBroken:
        return ()
