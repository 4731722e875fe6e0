"""Who brought the configuration that is in use, and whether somebody else has to approve what it causes."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from syncd.app.records import APPLIED, APPLIED_SCOPE, BROUGHT, CONFIGURED
from syncd.app.store_ports import Store
from syncd.model.actors import Actor
from syncd.model.audit import AuditAction, AuditEntry, Details

OTHER = '"other"'
APPROVER = "policy.approver"
Differing = Callable[[Mapping[str, str], Mapping[str, str]], tuple[str, ...]]


class Configuration(msgspec.Struct, frozen=True):
    """The configuration of a process: a digest of every key, and the fingerprint of what decides scope or values.

    `owner` is the person who alone, beside root, can write its file; `""` where that is nobody, or more may.
    """

    digests: Mapping[str, str]
    fingerprint: str
    owner: str


class _Known(msgspec.Struct, frozen=True):
    digests: dict[str, str] = {}
    fingerprint: str = ""


class Bringer(msgspec.Struct, frozen=True):
    """Who brought a change: the person, `""` where nobody knows, and when, in seconds since the epoch."""

    person: str
    at: float


def note_configuration(store: Store, found: Configuration, actor: Actor, now: float, differing: Differing) -> None:
    """Record that another configuration is in use, by whom, and which keys differ; nothing is written where none does.

    Whoever has it used first is taken to have brought it; where no person is known, the owner of its file.
    """
    with store.reading() as work:
        if _known(work.facts.all()).digests == found.digests:
            return
    with store.unit_of_work() as work:
        facts = work.facts.all()
        known = _known(facts)
        if known.digests == found.digests:
            return
        person = actor.person or found.owner
        work.facts.put(
            {
                CONFIGURED: _json(_Known(dict(found.digests), found.fingerprint)),
                BROUGHT: _json(_bringers(facts, known, found, Bringer(person, now))),
            }
        )
        keys = differing(known.digests, found.digests) if known.digests else ()
        details: Details = {
            "keys": keys,
            "first": not known.digests,
            "fingerprint": found.fingerprint,
            "person": person,
        }
        work.audit.append(now, actor, (AuditEntry(AuditAction.CONFIGURED, details),))
        work.commit()


def _bringers(facts: Mapping[str, str], known: _Known, found: Configuration, new: Bringer) -> tuple[Bringer, ...]:
    before = bringers(facts)
    if found.fingerprint == facts.get(APPLIED):
        return ()
    return before if found.fingerprint == known.fingerprint else (*before, new)


def bringers(facts: Mapping[str, str]) -> tuple[Bringer, ...]:
    """Return who brought the changes since the configuration was last applied."""
    return msgspec.json.decode(facts.get(BROUGHT, "[]"), type=tuple[Bringer, ...])


def wants_another(facts: Mapping[str, str], approver: str) -> bool:
    """Tell whether somebody else has to approve, as the configuration says, or the one that was last applied."""
    applied = msgspec.json.decode(facts.get(APPLIED_SCOPE, "{}"), type=dict[str, str])
    return approver == "other" or applied.get(APPROVER) == OTHER


def is_enough(brought: Iterable[Bringer], approvers: frozenset[str]) -> bool:
    """Tell whether each change was approved by somebody who did not bring it.

    Of a change that nobody knows the bringer of, two have to: one of them is another one.
    """
    return all(bool(approvers - {one.person}) if one.person else len(approvers) > 1 for one in brought)


def helps(brought: Iterable[Bringer], person: str) -> bool:
    """Tell whether somebody did not bring all of it alone."""
    return any(one.person != person for one in brought)


def _known(facts: Mapping[str, str]) -> _Known:
    return msgspec.json.decode(facts.get(CONFIGURED, "{}"), type=_Known)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
