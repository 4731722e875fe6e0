"""How things stand as JSON (DESIGN 4, `status --json` and `/status.json`) and as lines for a terminal."""

from collections.abc import Iterator
from typing import Any

from syncd.app.standing import Standing
from syncd.report.events import events_lines, inbox_form
from syncd.report.faces import faces_form
from syncd.report.run_form import VERSION, iso, run_form, run_line


def status_form(found: Standing, store: str, now: float) -> dict[str, Any]:
    """Give the contract's JSON object; `store` is its URL without secrets, `now` seconds since the epoch."""
    return {
        "version": VERSION,
        "store": store,
        "company": found.company,
        "leader": _leader(found),
        "last_run": run_form(found.last_run, []) if found.last_run else None,
        "next_runs": {duty: iso(at) for duty, at in sorted(found.next_runs.items())},
        "held": [
            {"fingerprint": one.fingerprint, "since": iso(one.since), "guards": list(one.guards)} for one in found.held
        ],
        "objects": found.objects,
        "drift": found.drift,
        "contended": [{"key": key, "field": field} for key, field in found.contended],
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


def status_text(found: Standing, store: str, now: float) -> str:
    """Give it as lines for people."""
    return "\n".join(_lines(found, store, now)) + "\n"


def _lines(found: Standing, store: str, now: float) -> Iterator[str]:
    yield f"store {store}, company {found.company or 'not yet known'}"
    yield f"last run: {run_line(found.last_run)}" if found.last_run else "no run yet"
    if found.good_at is not None:
        yield f"last good run: {iso(found.good_at)}"
    if (leader := found.leader) is not None:
        yield f"leader: process {leader.pid} on {leader.host} since {leader.since}"
    for duty, at in sorted(found.next_runs.items(), key=lambda one: one[1]):
        yield f"next {duty}: {iso(at)}"
    for source, grade in found.grades.items():
        yield f"source {source}: {grade}"
    for kind, one in found.objects.items():
        yield f"{kind}s: {one['linked']} linked, {one['unmanaged']} unmanaged"
    yield from _faces(found)
    if found.drift:
        yield f"drift: {found.drift} objects differ from what was last written"
    yield from events_lines(found, now)
    for key, field in found.contended:
        yield f"contended: {field} of {key} is no longer enforced"
    for (kind, field, form), count in sorted(found.forms.items()):
        yield f"the platform keeps {field} in another form ({form.replace('_', ' ')}): {count} {kind}s"
    for held in found.held:
        yield (
            f"HELD since {iso(held.since)} by {', '.join(held.guards)}: syncd show {held.fingerprint}, "
            f"syncd approve {held.fingerprint}"
        )


def _faces(found: Standing) -> Iterator[str]:
    if found.faces:
        yield "faces: " + ", ".join(f"{count} {state}" for state, count in sorted(found.faces.items()))
    if (last := found.last_faces) is not None:
        yield f"last pass of faces: {iso(last.started_at)}  {last.outcome}"
