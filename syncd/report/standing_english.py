"""The words of `status` on a terminal in English."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "standing.store": "store {store}, company {company}",
    "standing.last_run": "last run: {run}",
    "standing.last_good": "last good run: {at}",
    "standing.leader": "leader: process {pid} on {host} since {since}",
    "standing.next": "next {duty}: {at}",
    "standing.duty.reconcile": "reconcile",
    "standing.duty.refresh": "refresh",
    "standing.duty.incremental": "incremental",
    "standing.duty.faces": "faces",
    "standing.duty.prune": "prune",
    "standing.objects": "{kinds}: {linked} linked, {unmanaged} unmanaged, {leaving} in grace",
    "standing.faces": "faces: {counts}",
    "standing.last_faces": "last pass of faces: {at}  {outcome}",
    "standing.drift": "drift: {count} objects differ from what was last written",
    "standing.pending": "events that wait: {count}, the oldest for {seconds} s",
    "standing.dead": "events that make no sense: {count}; syncd events list --state dead",
    "standing.missed": "missed events: {count} changes on the platform were told by none, "
    "{last} of them at the last refresh ({at}); where that goes on see whether the platform reaches our callback",
    "standing.failing": "failed {times} times: {what}: {why}; sent again: {next}",
    "standing.failing_more": "and {count} more that failed",
    "standing.operation": "{action} {kind} {name}",
    "standing.refusal": "{code}: {message}",
    "standing.next_run": "with the next run",
    "standing.contended": "contended: {field} of {who} is no longer enforced",
    "standing.named": "{name} (key {key})",
    "standing.form": "the platform keeps {field} in another form ({form}): {count} {kinds}",
    "standing.held": "HELD since {at} by {guards}: syncd show {fingerprint}, syncd approve {fingerprint}",
}
