"""The daemon's duties: whole passes, the platform's lists, and forgetting."""

import asyncio
from collections.abc import Mapping
from functools import partial

import structlog

from syncd.app.apply import Progress
from syncd.app.faces import Faces, failed, give_faces
from syncd.app.mirroring import mirror_platform
from syncd.app.notification import FAILED, Notification
from syncd.app.pruning import Pruned, Retention, prune
from syncd.app.reconcile import Report, Request, reconcile
from syncd.app.stopping import Stop, unless_stopped
from syncd.app.world import World
from syncd.errors import RunCut, SyncdError
from syncd.plan.values import Plan
from syncd.service.duties import Do, Duty, OperationsFailed
from syncd.service.following_sources import FollowingSources
from syncd.service.notifying import OF_THE_MOMENT, faults_told, tell_of, tell_of_faces
from syncd.telemetry.face_logs import log_faces
from syncd.telemetry.metrics import Metrics
from syncd.telemetry.runs import log_run

RECENT = 300.0  # seconds for which lists that a pass has read are not read again just to be looked at


class Passes:
    """Does the duties of one configuration; a pass is what `syncd reconcile` does."""

    def __init__(
        self,
        world: World,
        people: Notification | None,
        retention: Retention,
        metrics: Metrics,
        faces: Faces | None = None,
        following: FollowingSources | None = None,
    ) -> None:
        self._world, self._people, self._retention, self._metrics = world, people, retention, metrics
        self._faces, self._following = faces, following
        self._read_at = float("-inf")

    @property
    def duties(self) -> Mapping[Duty, Do]:
        """Give what is to be done, by name; faces where one is mapped, changes where a source tells of them."""
        usual: dict[Duty, Do] = {Duty.RECONCILE: self.reconcile, Duty.REFRESH: self.refresh, Duty.PRUNE: self.prune}
        if self._following:
            usual[Duty.INCREMENTAL] = self._following.look
        if self._faces:
            usual[Duty.FACES] = partial(self._give_faces, self._faces)
        return usual

    async def reconcile(self, stop: Stop) -> None:
        """Make a pass and tell people; raises what `reconcile` raises, and `RunCut` where its lock was lost."""
        began = self._world.clock()
        # The way to people may be a program or a server that takes its time.
        before = self._world.last.directory
        if self._following:
            await self._following.before_pass(stop)
        report = await self._told(stop)
        if self._following:
            self._following.after_pass(before, self._world.last.directory)
        self._read_at = began
        log_run(report, began=began)
        self._metrics.run_ended(report, began=began)
        await asyncio.to_thread(tell_of, self._people, report, not_notified)
        if report.run.outcome == "interrupted" and not stop.is_set():
            raise RunCut("the run was cut short, for its lock was lost; the next one goes on")
        if report.run.outcome in FAILED and (count := report.run.counts.get("failed", 0)):
            raise OperationsFailed(f"run {report.run.run}: {count} operations failed")

    async def _told(self, stop: Stop) -> Report:
        with faults_told(self._people, not_notified):
            return await reconcile(self._world, Request(), stop, _nothing)

    async def refresh(self, stop: Stop) -> None:
        """Read the platform's lists into the shadow, unless a pass just did."""
        now = self._world.clock()
        if now - self._read_at < RECENT:
            return
        await unless_stopped(stop, mirror_platform(self._world))
        self._read_at = now
        structlog.get_logger().info("refreshed", action="refreshed")

    async def prune(self, _stop: Stop) -> None:
        """Forget what is too old."""
        done = await asyncio.to_thread(prune, self._world.store, self._retention, self._world.clock())
        if done != Pruned():
            structlog.get_logger().info(
                "pruned",
                action="pruned",
                events=done.events,
                runs=done.runs,
                pictures=done.pictures,
                records=done.records,
            )

    async def _give_faces(self, faces: Faces, stop: Stop) -> None:
        began = self._world.clock()
        try:
            report = await give_faces(self._world, faces, stop)
        except OF_THE_MOMENT:
            raise
        except SyncdError as error:
            ended = failed(error, began, self._world.clock())
            await asyncio.to_thread(tell_of_faces, self._people, ended, not_notified)
            raise
        log_faces(report)
        self._metrics.faces_ended(report)
        await asyncio.to_thread(tell_of_faces, self._people, report, not_notified)
        if report.record.outcome == "interrupted" and not stop.is_set():
            raise RunCut("the pass of faces was cut short, for its lock was lost; the next one goes on")


def not_notified(text: str) -> None:
    """Log that people could not be told."""
    structlog.get_logger().warning("nobody was told", action="not_notified", why=text)


def _nothing(_: Plan | Progress) -> None:
    """Let nobody watch; the run is in the journal."""
