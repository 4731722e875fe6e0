"""Ids that a platform answers in one letter case and lists in another (Open API: an id is a string)."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from syncd.model.links import Link
from syncd.model.objects import Kind, Mirror


def as_listed(links: Iterable[Link], mirror: Mirror) -> tuple[Link, ...]:
    """Give the links with the ids that the platform's lists show, where they show them in another letter case only.

    Two objects whose ids differ in nothing else are two, and then an id is what it is.
    """
    links = tuple(links)
    listed = {
        Kind.USER: {one.id for one in mirror.users},
        Kind.DEPARTMENT: {one.id for one in mirror.departments},
        Kind.ROOM: {one.id for one in mirror.rooms},
    }
    if all(link.platform_id in listed[link.kind] for link in links):
        return links
    linked = {link.platform_id for link in links}
    free = {kind: _by_form(ids - linked) for kind, ids in listed.items()}
    return tuple(
        msgspec.structs.replace(link, platform_id=shown)
        if link.platform_id not in listed[link.kind] and (shown := free[link.kind].get(link.platform_id.casefold()))
        else link
        for link in links
    )


def _by_form(ids: set[str]) -> dict[str, str]:
    times = Counter(one.casefold() for one in ids)
    return {form: one for one in ids if times[form := one.casefold()] == 1}
