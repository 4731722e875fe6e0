"""Metrics in which everything has happened once: what documentation, dashboard and alerts are held to."""

import msgspec
from prometheus_client import CollectorRegistry

from syncd.app.faces import FacesReport
from syncd.app.ports import Settled
from syncd.app.receiving import Receipt
from syncd.app.reconcile import Report
from syncd.app.records import FacesRecord, RunRecord
from syncd.app.refreshing import Missed
from syncd.app.standing import Standing
from syncd.errors import PlatformUnreachable
from syncd.model.faces import FaceState
from syncd.model.objects import Kind
from syncd.plan.values import Action, Leaver, NextStep, Operation, Plan, Reason
from syncd.telemetry.metrics import Metrics

RUN = RunRecord("R", 1.0, "F", 2.0, "done", 0, {"done": 1})
STANDING = Standing(
    company="C",
    last_run=RUN,
    held=(),
    objects={"user": {"linked": 1, "unmanaged": 1, "leaving": 1}},
    drift=1,
    contended=(),
    forms={},
    inbox={},
    oldest_pending=1.0,
    missed=Missed(),
    grades={"ldap": "whole"},
    states={"user": {"active": 1}},
    good_at=2.0,
    next_runs={"reconcile": 9.0},
    faces={FaceState.SENT: 1},
    leaving=(
        Leaver(
            kind=Kind.USER,
            key="K",
            platform_id="I",
            account="a",
            name="A",
            since="2026-11-24T16:03:15+00:00",
            reason=Reason.LEFT,
            next=NextStep(Action.REMOVE, "2026-12-01T16:03:15+00:00"),
        ),
    ),
)


class Shown(msgspec.Struct, frozen=True):
    """A metric as a scrape shows it: its type, its labels, what it means, and the names of its series."""

    kind: str
    labels: tuple[str, ...]
    meaning: str
    series: frozenset[str]


def everything(certificate: str) -> CollectorRegistry:
    """Give the registry of a process in which all has happened; `certificate` is a PEM file."""
    metrics = Metrics("1.0", "1")
    metrics.store(lambda: STANDING, lambda: 3.0)
    operation = Operation("O", Kind.USER, Action.CREATE, "K", "ldap", "I", "", "", {}, Reason.NEW)
    plan = Plan("F", "", "", "", "", (), (operation,))
    metrics.run_ended(Report(RUN, plan, (Settled(operation, "done"),)))
    metrics.faces_ended(FacesReport(FacesRecord(1.0, 2.0, "done", 0, {"sent": 1})))
    metrics.duty_failed("reconcile", PlatformUnreachable("no"))
    metrics.call("user/list", "10000", 0.1)
    metrics.waited(0.1)
    metrics.token_renewed()
    metrics.receipt(Receipt.STORED)
    metrics.listener_restarted()
    metrics.leads(True)
    metrics.ready("store", is_ready=True)
    metrics.certificate(certificate)
    return metrics.registry


def shown(registry: CollectorRegistry) -> dict[str, Shown]:
    """Give every metric by the name that queries use: a counter's ends with _total."""
    found = {}
    for family in registry.collect():
        samples = [one for one in family.samples if not one.name.endswith("_created")]
        labels = {label: None for one in samples for label in one.labels if label != "le"}
        name = {"counter": f"{family.name}_total", "info": f"{family.name}_info"}.get(family.type, family.name)
        series = frozenset(one.name for one in samples)
        found[name] = Shown(family.type, tuple(labels), family.documentation, series)
    return found
