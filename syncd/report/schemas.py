"""The JSON that commands print, as types, and its JSON Schemas: `python -m syncd.report.schemas FOLDER`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from syncd.config.sample import json_schema
from syncd.model.desired import Skip
from syncd.model.objects import Kind
from syncd.plan.values import Change, Conflict, Guard, Leaver, Operation, SourceGrade, Unmanaged


class PlanDocument(msgspec.Struct, forbid_unknown_fields=True):
    """`syncd plan --json` (DESIGN 4, plan as JSON)."""

    version: int
    fingerprint: str
    as_of: str
    store: str
    company: str
    config_fingerprint: str
    sources: tuple[SourceGrade, ...]
    summary: Mapping[str, Mapping[str, int]]
    operations: tuple[Operation, ...]
    conflicts: tuple[Conflict, ...]
    skipped: tuple[Skip, ...]
    unmanaged: tuple[Unmanaged, ...]
    guards: tuple[Guard, ...]
    leaving: tuple[Leaver, ...]


class Result(msgspec.Struct, forbid_unknown_fields=True):
    """How one operation ended: done, failed, skipped, held or pending."""

    id: str
    outcome: str
    code: str
    message: str


class FacesDocument(msgspec.Struct, forbid_unknown_fields=True):
    """One pass of faces; `counts` has the people by what became of their faces, `why` says why nothing was done."""

    started_at: str
    finished_at: str
    outcome: str
    exit: int
    counts: Mapping[str, int]
    why: str


class ActorDocument(msgspec.Struct, forbid_unknown_fields=True):
    """Who did something: the user of the process, who called `sudo` or signed in, and the person behind them."""

    user: str
    uid: int
    host: str
    started_by: str
    login_user: str
    person: str


class ApprovalDocument(msgspec.Struct, forbid_unknown_fields=True):
    """Who let operations of a run pass its guards, when and why."""

    fingerprint: str
    operations: int
    who: str
    at: str
    reason: str
    by: ActorDocument | None


class RunDocument(msgspec.Struct, forbid_unknown_fields=True):
    """`syncd reconcile --json`, `syncd show RUN --json` (DESIGN 4, a run)."""

    version: int
    run: str
    started_at: str
    finished_at: str | None
    outcome: str
    exit: int | None
    plan: str
    results: tuple[Result, ...]
    counts: Mapping[str, int]
    faces: FacesDocument | msgspec.UnsetType = msgspec.UNSET
    approvals: tuple[ApprovalDocument, ...] | msgspec.UnsetType = msgspec.UNSET
    summary: Mapping[str, Mapping[str, int]] | msgspec.UnsetType = msgspec.UNSET
    message: str | msgspec.UnsetType = msgspec.UNSET
    command: str | msgspec.UnsetType = msgspec.UNSET


class Held(msgspec.Struct, forbid_unknown_fields=True):
    """A plan that waits for a person."""

    fingerprint: str
    since: str
    guards: tuple[str, ...]


class Inbox(msgspec.Struct, forbid_unknown_fields=True):
    """Events that wait to be taken in."""

    pending: int
    dead: int
    oldest_seconds: float


class Objects(msgspec.Struct, forbid_unknown_fields=True):
    """How many objects of a kind are ours, how many are nobody's, and how many of ours are in grace."""

    linked: int
    unmanaged: int
    leaving: int


class Leader(msgspec.Struct, forbid_unknown_fields=True):
    """Which process reconciles."""

    host: str
    pid: int
    since: str


class Contended(msgspec.Struct, forbid_unknown_fields=True):
    """A field that is no longer enforced."""

    key: str
    field: str


class KeptForm(msgspec.Struct, forbid_unknown_fields=True):
    """How many objects of a kind hold a field in a form of the platform's own."""

    kind: str
    field: str
    form: str
    objects: int


class FacesStanding(msgspec.Struct, forbid_unknown_fields=True):
    """How many faces stand how, by state, and how the last pass ended."""

    states: Mapping[str, int]
    last: FacesDocument | None


class FailingOperation(msgspec.Struct, forbid_unknown_fields=True):
    """An operation that failed in the latest runs; a daemon sends it again at `next_at`."""

    kind: str
    action: str
    key: str
    times: int
    code: str
    message: str
    next_at: str


class StatusDocument(msgspec.Struct, forbid_unknown_fields=True):
    """`syncd status --json` (DESIGN 4)."""

    version: int
    store: str
    company: str
    leader: Leader | None
    last_run: RunDocument | None
    next_runs: Mapping[str, str]
    held: tuple[Held, ...]
    objects: Mapping[str, Objects]
    leaving: tuple[Leaver, ...]
    failing: tuple[FailingOperation, ...]
    drift: int
    contended: tuple[Contended, ...]
    forms: tuple[KeptForm, ...]
    inbox: Inbox
    missed_events: int
    grades: Mapping[str, str]
    faces: FacesStanding


class Fields(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of an object under the names of the mapping; departments, parents and users are platform ids."""

    name: str
    account: str | msgspec.UnsetType = msgspec.UNSET
    phone: str | msgspec.UnsetType | None = msgspec.UNSET
    email: str | msgspec.UnsetType | None = msgspec.UNSET
    position: str | msgspec.UnsetType | None = msgspec.UNSET
    memo: str | msgspec.UnsetType | None = msgspec.UNSET
    department: str | msgspec.UnsetType | None = msgspec.UNSET
    parent: str | msgspec.UnsetType | None = msgspec.UNSET
    address: str | msgspec.UnsetType | None = msgspec.UNSET
    begin_time: str | msgspec.UnsetType | None = msgspec.UNSET
    end_time: str | msgspec.UnsetType | None = msgspec.UNSET
    capacity: str | msgspec.UnsetType | None = msgspec.UNSET
    size: str | msgspec.UnsetType | None = msgspec.UNSET
    longitude: str | msgspec.UnsetType | None = msgspec.UNSET
    latitude: str | msgspec.UnsetType | None = msgspec.UNSET
    radius: str | msgspec.UnsetType | None = msgspec.UNSET
    status: str | msgspec.UnsetType | None = msgspec.UNSET
    need_audit: str | msgspec.UnsetType | None = msgspec.UNSET
    permission: str | msgspec.UnsetType | None = msgspec.UNSET
    scene_image: str | msgspec.UnsetType | None = msgspec.UNSET
    users: str | msgspec.UnsetType | None = msgspec.UNSET


class Finding(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be known of an object; `reason` is a word for machines, `field` is "" for the whole object."""

    reason: str
    field: str
    message: str


class HistoryApproval(msgspec.Struct, forbid_unknown_fields=True):
    """Who let an operation pass its guards, when and why; `by` is null of approvals of former versions."""

    who: str
    at: str
    reason: str
    by: ActorDocument | None


class HistoryLine(msgspec.Struct, forbid_unknown_fields=True):
    """One operation on the object as a run left it; `changes` is empty where the run's plan is forgotten."""

    run: str
    operation: str
    at: str
    action: str
    outcome: str
    code: str
    message: str
    platform_id: str
    approved: bool
    changes: Mapping[str, Change]
    approval: HistoryApproval | None


class KnownFace(msgspec.Struct, forbid_unknown_fields=True):
    """What is known of a user's face; `sent` is the SHA-256 of the one that the platform took last."""

    state: Literal["sent", "refused", "unfit", "cleared", "failed"]
    at: str
    code: str
    message: str
    sent: str | None
    tries: int


class ExplanationDocument(msgspec.Struct, forbid_unknown_fields=True):
    """`syncd explain --json` (DESIGN 4); what nobody says or holds is null."""

    kind: Kind
    key: str | None
    source: str | None
    locator: str | None
    platform_id: str | None
    ownership: Literal["created", "adopted", "protected", "none"]
    state: Literal["active", "left", "locked", "parked", "unlinked", "absent"]
    entry: Mapping[str, tuple[str, ...]] | None
    desired: Fields | None
    shadow: Fields | None
    shadow_as_of: str | None
    shadow_origin: Literal["refresh", "event", "write"] | None
    operations: tuple[Operation, ...]
    findings: tuple[Finding, ...]
    history: tuple[HistoryLine, ...]
    face: KnownFace | None


def schemas() -> dict[str, dict[str, Any]]:
    """Give every schema by the name of its file."""
    return {
        "configuration.json": json_schema(),
        "explain.json": msgspec.json.schema(ExplanationDocument),
        "plan.json": msgspec.json.schema(PlanDocument),
        "run.json": msgspec.json.schema(RunDocument),
        "status.json": msgspec.json.schema(StatusDocument),
    }


def text(schema: Mapping[str, Any]) -> str:
    """Give a schema as its file has it."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def main(folder: Path) -> None:
    """Write every schema into a folder."""
    for name, schema in schemas().items():
        (folder / name).write_text(text(schema), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
