"""What the process counts, as Prometheus metrics in a registry of their own; docs/reference/metrics.md lists them.

No label holds anything of a person, and none takes values that a stranger chooses: the series stay as many as they are.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.process_collector import ProcessCollector

from syncd.app.apply import Outcome
from syncd.app.face_giving import Outcome as FaceOutcome
from syncd.app.faces import FacesReport
from syncd.app.receiving import Receipt
from syncd.app.reconcile import Report
from syncd.app.run_ends import run_seconds
from syncd.app.standing import Standing
from syncd.model.objects import Kind
from syncd.plan.values import Action
from syncd.telemetry.certificate import CertificateCollector
from syncd.telemetry.store_metrics import StoreCollector
from syncd.telemetry.unreadable import Told, log_unreadable
from syncd.wire.codes import Code

CALL_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
RUN_SECONDS = (1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
OTHER = "other"
"""Stands for every code that the platform's document does not list."""
ENDS = ("done", "held", "unproven", "partial", "failed", "interrupted")
WITHOUT_ENVELOPE = ("unreachable", "lost", "busy", "server_fault", "broken", "unusable")
CODES = frozenset({*(str(int(code)) for code in Code), *WITHOUT_ENVELOPE})


class Metrics:
    """Subscribes to what the daemon does, and counts it; every method is quick, and may be called from any thread.

    It is an observer of the client (`call`, `waited`, `token_renewed`). `registry` is what `/metrics` shows: whatever
    else is to be shown there registers with it.
    """

    def __init__(self, version: str, schema: str) -> None:
        """Make every metric; `version` is that of syncd, `schema` that of the store."""
        self.version = version
        self._unreadable: Told = set()
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        build = Info("syncd_build", "Version of syncd, and of the store's schema.", registry=registry)
        build.info({"version": version, "schema": schema})
        self._count_calls()
        self._count_runs()
        self._count_changes()
        self._count_requests()
        self._certificate, self._store = CertificateCollector(), StoreCollector()
        registry.register(self._certificate)
        registry.register(self._store)
        self._begin()

    def _count_calls(self) -> None:
        self._calls = self._histogram(
            "platform_call_duration_seconds",
            "Exchanges with the platform: how many and how long, by call and by what came of it.",
            CALL_SECONDS,
            ("endpoint", "code"),
        )
        self._waited = self._counter(
            "platform_rate_wait_seconds", "Seconds that calls waited for their turn (platform.rate, Retry-After)."
        )
        self._tokens = self._counter("platform_token_renewals", "Access tokens that the platform gave.")

    def _count_runs(self) -> None:
        self._runs = self._histogram(
            "run_duration_seconds",
            "Runs of this process: how many and how long, by duty and outcome.",
            RUN_SECONDS,
            ("duty", "outcome"),
        )
        self._faults = self._counter(
            "duty_failures", "Duties of this process that ended with an error, by duty and error.", "duty", "error"
        )
        self._operations = self._counter(
            "operations",
            "Operations of the runs of this process, by kind, action and outcome.",
            *("kind", "action", "outcome"),
        )
        self._faces = self._counter("faces", "Faces in the passes of this process, by what became of them.", "outcome")
        self._leads = self._gauge("leader", "1 while this process makes the scheduled runs, 0 while it stands by.")

    def _count_changes(self) -> None:
        self._changes = self._counter(
            "incremental_changes",
            "Objects that a change in a directory between two whole passes made desired otherwise.",
        )
        self._missed_changes = self._counter(
            "incremental_missed", "Such changes that a whole pass found and the directory had not told of."
        )

    def _count_requests(self) -> None:
        self._callbacks = self._counter("callbacks", "Requests to the listener, by what became of them.", "receipt")
        self._passed_over = self._counter(
            "looks_passed_over",
            "Objects that only stale or repeated events named and that are left to the next refresh, for such events"
            " may ask so much an hour.",
        )
        self._restarts = self._counter("listener_restarts", "Times that the listener was started again after a fault.")
        self._ready = self._gauge(
            "ready", "1 if the store takes a write, and the listener accepts, as /readyz says; 0 if not.", "part"
        )

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"syncd_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"syncd_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: Sequence[float], labels: Sequence[str]) -> Histogram:
        return Histogram(f"syncd_{name}", meaning, labels, buckets=buckets, registry=self.registry)

    def _begin(self) -> None:
        """Begin at 0 what alerts wait for: a series that appears with its first failure has not grown by it."""
        for receipt in Receipt:
            self._callbacks.labels(receipt)
        for kind, action, outcome in itertools.product(Kind, Action, Outcome):
            self._operations.labels(kind, action, outcome)
        for became in FaceOutcome:
            self._faces.labels(became)
        for duty, ended in itertools.product(("reconcile", "small_plan", "incremental", "faces"), ENDS):
            self._runs.labels(duty, ended)

    def call(self, endpoint: str, code: str, seconds: float) -> None:
        """Count an exchange with the platform, such as `user/add`."""
        self._calls.labels(endpoint, code if code in CODES else OTHER).observe(seconds)

    def waited(self, seconds: float) -> None:
        """Count how long a call waited for its turn."""
        self._waited.inc(seconds)

    def token_renewed(self) -> None:
        """Count a new token."""
        self._tokens.inc()

    def unreadable(self, endpoint: str, object_id: str, why: str) -> None:
        """Log an object of the platform that cannot be read, once for each."""
        log_unreadable(self._unreadable, endpoint, object_id, why)

    def run_ended(self, report: Report, duty: str = "reconcile", began: float | None = None) -> None:
        """Count a run and its operations; `duty` is what made it: `reconcile`, `small_plan` or `incremental`.

        `began` is when its reading began, in seconds since the epoch; else it is as long as its plan was carried out.
        """
        self._runs.labels(duty, report.run.outcome).observe(run_seconds(report.run, began))
        for one in report.results:
            operation = one.operation
            self._operations.labels(operation.kind, operation.action, one.outcome).inc()

    def faces_ended(self, report: FacesReport) -> None:
        """Count a pass of faces, and the people by what became of their faces."""
        record = report.record
        self._runs.labels("faces", record.outcome).observe(record.finished_at - record.started_at)
        for outcome, count in record.counts.items():
            self._faces.labels(outcome).inc(count)

    def followed(self, changed: int, missed: int) -> None:
        """Count what a look at changes of directories has found, and what it should have found before."""
        self._changes.inc(changed)
        self._missed_changes.inc(missed)

    def duty_failed(self, duty: str, error: Exception) -> None:
        """Count a duty that ended with an error, such as a directory that cannot be read; its class is what counts."""
        self._faults.labels(duty, type(error).__name__).inc()

    def receipt(self, receipt: Receipt, count: int = 1) -> None:
        """Count requests to the listener."""
        self._callbacks.labels(receipt).inc(count)

    def receipts(self, counts: Mapping[Receipt, int]) -> None:
        """Count requests to the listener, by what became of them: those since the last time."""
        for receipt, count in counts.items():
            self.receipt(receipt, count)

    def passed_over(self, objects: int) -> None:
        """Count objects that were not looked at, for what stale and repeated events may ask was used up."""
        self._passed_over.inc(objects)

    def listener_restarted(self) -> None:
        """Count a listener that was started again."""
        self._restarts.inc()

    def leads(self, is_leader: bool) -> None:  # noqa: FBT001 - the one thing that there is to say
        """Note whether this process makes the scheduled runs."""
        self._leads.set(is_leader)

    def ready(self, part: str, *, is_ready: bool) -> None:
        """Note whether a part of what `/readyz` asks for, `store` or `listener`, is ready."""
        self._ready.labels(part).set(is_ready)

    def store(self, look: Callable[[], Standing], clock: Callable[[], float]) -> None:
        """Show from now on how things stand as `look` gives it, or raises `StoreError`; `clock` is epoch seconds."""
        self._store.look, self._store.clock = look, clock

    def certificate(self, path: str) -> None:
        """Show from now on until when this certificate is valid: a PEM file, or `""` where the listener has none."""
        self._certificate.path = path
