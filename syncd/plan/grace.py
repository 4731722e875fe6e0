"""The grace of leavers: when it begins, how long it lasts, who is in it (DESIGN 6, leavers)."""

import datetime as dt
from collections.abc import Iterable, Mapping

import msgspec

from syncd.model.links import KEPT_FOR_GOOD, Grace, Link, LinkState
from syncd.model.objects import Fields, Kind
from syncd.plan.values import Action, Leaver, NextStep, Reason

PUT_AWAY = frozenset({LinkState.LOCKED, LinkState.PARKED})
NO_GRACE = Grace()


def begun_at(link: Link) -> float | None:
    """Return when an operation began the grace, in seconds since the epoch; `None` where none has.

    A lock or parking that an older version carried out began it too.
    """
    if link.grace is None:
        return link.missing_since if link.state in PUT_AWAY else None
    return link.grace.begun_at


def begun(link: Link, reason: Reason, at: float) -> Link:
    """Return the link once an operation has begun the grace at this time, in seconds since the epoch."""
    if begun_at(link) is not None:
        return link
    missing_since = at if link.missing_since is None else link.missing_since
    grace = link.grace or Grace(reason=str(reason))
    return msgspec.structs.replace(link, missing_since=missing_since, grace=msgspec.structs.replace(grace, begun_at=at))


def noticed(link: Link, reason: Reason, at: float) -> Link:
    """Return the link of an entry that a proven read does not have any more; the first reason stays."""
    if link.missing_since is None:
        grace = link.grace or NO_GRACE
        return msgspec.structs.replace(
            link, missing_since=at, grace=msgspec.structs.replace(grace, reason=grace.reason or str(reason))
        )
    if link.grace is None:
        return msgspec.structs.replace(link, grace=Grace(reason=str(reason), begun_at=begun_at(link)))
    return link


def ended(link: Link) -> Link:
    """Return the link of an entry that is there again."""
    if link.missing_since is None and link.grace is None:
        return link
    return msgspec.structs.replace(link, missing_since=None, grace=None)


def reason_of(link: Link, found: Reason) -> Reason:
    """Return why somebody leaves: the reason with which the grace began, else the one just found."""
    return Reason(link.grace.reason) if link.grace is not None and link.grace.reason else found


def is_kept(link: Link, now: float) -> bool:
    """Whether somebody stopped the clock with `keep`."""
    until = link.grace.kept_until if link.grace else None
    return until is not None and now < until


def ends_at(link: Link, remove_after: float | None, now: float) -> float | None:
    """Return when the grace ends, in seconds since the epoch; `None` is never.

    A grace that nothing has begun yet is counted from `now`. A clock that `keep` stopped goes on at the end of that
    day, when whatever is past is due.
    """
    grace = link.grace or NO_GRACE
    if remove_after is None or grace.kept_until == KEPT_FOR_GOOD:
        return None
    if grace.is_let_go:
        return grace.decided_at or now
    start = begun_at(link)
    return max((now if start is None else start) + remove_after, grace.kept_until or 0.0)


def is_due(link: Link, remove_after: float | None, now: float) -> bool:
    """Whether a grace is over. One that nothing has begun is over only where there is none, or by `let-go`."""
    end = ends_at(link, remove_after, now)
    return end is not None and now >= end


def begins(link: Link, remove_after: float | None, now: float) -> bool:
    """Whether the operation `leave` is wanted, which begins the grace."""
    return remove_after is not None and begun_at(link) is None and not is_kept(link, now)


def counted(links: Iterable[Link]) -> frozenset[tuple[Kind, str, str]]:
    """Return those who have counted against `limits.remove` already, with the first step of their leaving."""
    return frozenset(
        (link.kind, link.source, link.key) for link in links if begun_at(link) is not None or link.state in PUT_AWAY
    )


def leaver(link: Link, shown: Fields | None, reason: Reason, remove_after: float | None, now: float) -> Leaver | None:
    """Return an object in grace with its dates; nothing where nothing will follow, or at once."""
    end = ends_at(link, remove_after, now)
    kept_until = link.grace.kept_until if link.grace else None
    is_at_once = begun_at(link) is None and end is not None and end <= now
    if remove_after is None or is_at_once:
        return None
    return Leaver(
        kind=link.kind,
        key=link.key,
        platform_id=link.platform_id,
        account=getattr(shown, "account", ""),
        name=getattr(shown, "name", ""),
        since=moment(now if link.missing_since is None else link.missing_since),
        reason=reason_of(link, reason),
        next=None if end is None else NextStep(Action.REMOVE, moment(end)),
        kept_until=moment(kept_until) if kept_until is not None and is_kept(link, now) else None,
    )


def leavers_of(
    links: Iterable[Link], shown: Mapping[tuple[Kind, str], Fields], remove_after: float | None, now: float
) -> tuple[Leaver, ...]:
    """Return those whose grace the store knows of, sorted by kind and key; `shown` has the fields by kind and id."""
    found = (
        leaver(link, shown.get((link.kind, link.platform_id)), Reason.LEFT, remove_after, now)
        for link in links
        if link.missing_since is not None
    )
    return sorted_leavers(one for one in found if one is not None)


def sorted_leavers(leavers: Iterable[Leaver]) -> tuple[Leaver, ...]:
    """Return leavers by kind and key, and then by id, for two sources may have one key."""
    return tuple(sorted(leavers, key=lambda each: (each.kind, each.key, each.platform_id)))


def moment(at: float) -> str:
    """Return a time in seconds since the epoch as ISO 8601 in UTC."""
    return dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="seconds")
