"""How things stand as JSON (DESIGN 4, `status --json` and `/status.json`) and as lines for a terminal."""

from collections.abc import Iterator
from typing import Any

from syncd.app.failing import Failing
from syncd.app.standing import Standing
from syncd.plan.certificate import PLATFORM
from syncd.report.events import events_lines, inbox_form
from syncd.report.faces import faces_form
from syncd.report.leavers import leaver_form, leaver_lines
from syncd.report.messages import ENGLISH, Words
from syncd.report.run_form import VERSION, approvals_form, iso, run_form, run_line

SHOWN = 10  # operations


def status_form(found: Standing, store: str, now: float) -> dict[str, Any]:
    """Give the contract's JSON object; `store` is its URL without secrets, `now` seconds since the epoch."""
    return {
        "version": VERSION,
        "store": store,
        "company": found.company,
        "leader": _leader(found),
        "last_run": run_form(found.last_run, []) | approvals_form(found.approvals) if found.last_run else None,
        "next_runs": {duty: iso(at) for duty, at in sorted(found.next_runs.items())},
        "held": [
            {"fingerprint": one.fingerprint, "since": iso(one.since), "guards": list(one.guards)} for one in found.held
        ],
        "objects": found.objects,
        "leaving": [leaver_form(leaver) for leaver in found.leaving],
        "failing": [
            {
                "kind": one.kind,
                "action": one.action,
                "key": one.key,
                "times": one.times,
                "code": one.code,
                "message": one.message,
                "next_at": iso(one.next_at),
            }
            for one in found.failing
        ],
        "drift": found.drift,
        "contended": [{"key": one.key, "field": one.field} for one in found.contended],
        "forms": [
            {"kind": kind, "field": field, "form": form, "objects": count}
            for (kind, field, form), count in sorted(found.forms.items())
        ],
        "inbox": inbox_form(found, now),
        "missed_events": found.missed.total,
        "grades": found.grades,
        "faces": {
            "states": {str(state): count for state, count in sorted(found.faces.items())},
            "last": faces_form(found.last_faces) if found.last_faces else None,
        },
    }


def _leader(found: Standing) -> dict[str, Any] | None:
    one = found.leader
    return {"host": one.host, "pid": one.pid, "since": one.since} if one else None


def status_text(found: Standing, store: str, now: float, words: Words = ENGLISH) -> str:
    """Give it as lines for people."""
    return "\n".join(_lines(found, store, now, words)) + "\n"


def _lines(found: Standing, store: str, now: float, words: Words) -> Iterator[str]:
    yield words.say("standing.store", store=store, company=found.company or words.say("status.unknown"))
    yield from _runs(found, words)
    for source, grade in found.grades.items():
        name = words.say("status.platform") if source == PLATFORM else source
        yield words.say("terminal.source", name=name, grade=words.word("grade", grade))
    for kind, one in found.objects.items():
        yield words.say("standing.objects", kinds=words.word("kinds", kind), **one)
    yield from leaver_lines(found.leaving, words)
    yield from _faces(found, words)
    if found.drift:
        yield words.say("standing.drift", count=found.drift)
    yield from events_lines(found, now, words)
    for lost in found.contended:
        who = words.say("standing.named", name=lost.name, key=lost.key) if lost.name else lost.key
        yield words.say("standing.contended", who=who, field=words.word("field", lost.field))
    yield from _failing(found, now, words)
    for (kind, field, form), count in sorted(found.forms.items()):
        told = {"field": words.field(kind, field), "form": words.word("form", form), "kinds": words.word("kinds", kind)}
        yield words.say("standing.form", count=count, **told)
    for held in found.held:
        guards = words.listed("guard", held.guards)
        yield words.say("standing.held", at=words.moment(held.since), guards=guards, fingerprint=held.fingerprint)


def _failing(found: Standing, now: float, words: Words) -> Iterator[str]:
    """Name the operations that failed of late, those first whose turn is next."""
    for one in found.failing[:SHOWN]:
        yield words.say("standing.failing", **failing_told(one, now, words))
    if len(found.failing) > SHOWN:
        yield words.say("standing.failing_more", count=len(found.failing) - SHOWN)


def failing_told(one: Failing, now: float, words: Words) -> dict[str, object]:
    """Return what is told of an operation that failed: what it does to whom, how often it failed, its next turn."""
    return {
        "what": words.say(
            "standing.operation",
            action=words.word("action", one.action),
            kind=words.word("kind", one.kind),
            name=one.name or one.key,
        ),
        "times": one.times,
        "why": words.say("standing.refusal", code=one.code, message=one.message) if one.code else one.message,
        "next": words.moment(one.next_at) if one.next_at > now else words.say("standing.next_run"),
    }


def _runs(found: Standing, words: Words) -> Iterator[str]:
    """Say how the last runs ended, who makes the next ones, and when."""
    last = found.last_run
    yield (
        words.say("standing.last_run", run=run_line(last, words, found.approvals))
        if last
        else words.say("history.none")
    )
    if found.good_at is not None:
        yield words.say("standing.last_good", at=words.moment(found.good_at))
    if (leader := found.leader) is not None:
        yield words.say("standing.leader", pid=leader.pid, host=leader.host, since=words.moment(leader.since))
    for duty, at in sorted(found.next_runs.items(), key=lambda one: one[1]):
        yield words.say("standing.next", duty=words.word("standing.duty", duty), at=words.moment(at))


def _faces(found: Standing, words: Words) -> Iterator[str]:
    if found.faces:
        told = (
            words.say("terminal.count", count=count, outcome=words.word("face_outcome", state))
            for state, count in sorted(found.faces.items())
        )
        yield words.say("standing.faces", counts=words.say("list.comma").join(told))
    if (last := found.last_faces) is not None:
        yield words.say(
            "standing.last_faces", at=words.moment(last.started_at), outcome=words.word("run", last.outcome)
        )
