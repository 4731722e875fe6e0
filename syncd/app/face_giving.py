"""One face after the other: read, made fit, compared with what was sent last, sent, recorded."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from syncd.app.ports import Pictures
from syncd.app.stopping import Stop
from syncd.app.world import World
from syncd.errors import (
    ConfigurationError,
    LeaseLost,
    PictureUnreadable,
    PlatformError,
    Refused,
    SourceError,
    StoreError,
    SyncdError,
)
from syncd.model.faces import Face, FaceState, Fitted, Picture
from syncd.plan.faces import Bearer, is_to_be_cleared
from syncd.wire.codes import Code

AT_ONCE = 4
"""Pictures in memory at a time, of which one is decoded; calls wait for the platform, not for the processor."""
MOST_FAULTS = 5
"""So many calls in a row without an answer, and the platform is not asked for the rest of the pass."""
MOST_AGAIN = 3
"""So often one picture is sent again that the platform no longer shows; then it counts as refused."""
MOST_TROUBLES = 20
FITTING = b"1"
"""Raised when pictures are made fit by other rules: what was unfit is then looked at again."""
OTHER_FAULT = frozenset(
    str(int(code)) for code in (Code.TOKEN_MISSING, Code.TOKEN_ILLEGAL, Code.TOKEN_EXPIRED, Code.USER_MISSING)
)
"""Refusals that say nothing of the picture."""


class Outcome(StrEnum):
    """What became of one person's face in a pass.

    `same`: there was nothing to send; `unfit` and `refused` count once, in the pass that found it; `held` waits for a
    person before it is taken away; `pending` was not come to.
    """

    SENT = "sent"
    SAME = "same"
    CLEARED = "cleared"
    UNFIT = "unfit"
    REFUSED = "refused"
    FAILED = "failed"
    HELD = "held"
    PENDING = "pending"


class Trouble(msgspec.Struct, frozen=True):
    """Somebody whose face was not given, and why."""

    key: str
    locator: str
    outcome: Outcome
    code: str
    message: str


class Tally:
    """How many faces ended how, and the first who were not given theirs."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.troubles: list[Trouble] = []

    def count(self, outcome: Outcome, number: int = 1) -> None:
        """Count people."""
        if number:
            self.counts[outcome] += number

    def ended(self, why: str) -> None:
        """Note why the rest was not come to."""
        self.troubles.insert(0, Trouble("", "", Outcome.FAILED, "", why))

    def trouble(self, bearer: Bearer, outcome: Outcome, code: str, message: str) -> None:
        """Count somebody whose face was not given."""
        self.count(outcome)
        if len(self.troubles) < MOST_TROUBLES:
            self.troubles.append(Trouble(bearer.entry.key, bearer.entry.locator, outcome, code, message))


class Giving:
    """Gives faces; each outcome is durable before the next one of the same worker begins (I7)."""

    def __init__(
        self, world: World, pictures: Mapping[str, Pictures], fit: Callable[[bytes], Fitted], *, keeps: bool
    ) -> None:
        self._world, self._pictures, self._fit, self._keeps = world, pictures, fit, keeps
        self._reading, self._fitting = asyncio.Lock(), asyncio.Lock()
        self._faults = 0
        self._ends: SyncdError | None = None
        self.tally = Tally()

    async def all(self, new: Sequence[Bearer], stop: Stop, observe: Callable[[int, int], None]) -> list[Bearer]:
        """Give each of these a face, until told to stop; give those who turn out to have no picture.

        A source that ends in the middle ends it too, what is in flight is finished. Raises `StoreError`.
        """
        absent: list[Bearer] = []
        waiting = iter(new)
        done = 0

        async def work() -> None:
            nonlocal done
            for one in waiting:
                if self._is_over(stop) or not await self._come_to(one, absent):
                    self.tally.count(Outcome.PENDING)
                    continue
                done += 1
                observe(done, len(new))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, self._world.decisions.concurrency, len(new))):
                group.create_task(work())
        if isinstance(self._ends, StoreError):
            raise self._ends
        if self._ends:
            self.tally.ended(str(self._ends))
        return [one for one in absent if is_to_be_cleared(one, self._world.decisions.policy)]

    def _is_over(self, stop: Stop) -> bool:
        return stop.is_set() or self._ends is not None or self._faults >= MOST_FAULTS

    async def _come_to(self, bearer: Bearer, absent: list[Bearer]) -> bool:
        """Deal with one person; tell whether it came to an end."""
        try:
            if not await self._given(bearer):
                absent.append(bearer)
        except LeaseLost:
            return False
        except (StoreError, SourceError, ConfigurationError) as error:
            # Also what was right when people were read: a password that is changed, a token that is no longer given.
            self._ends = error
            return False
        return True

    async def clear(self, going: Iterable[Bearer], approvals: Mapping[str, str], stop: Stop) -> None:
        """Take faces away; `approvals` has, by platform id, the operations that a person approved."""
        for one in going:
            if self._is_over(stop):
                self.tally.count(Outcome.PENDING)
                continue
            known = one.known or _unknown(one)
            try:
                await self._world.platform.clear_face(one.platform_id)
            except LeaseLost:
                self.tally.count(Outcome.PENDING)
                continue
            except PlatformError as error:
                self._faults += not isinstance(error, Refused)
                await self._failed(one, known, _code(error), str(error))
                continue
            self._faults = 0
            face = msgspec.structs.replace(
                known, state=FaceState.CLEARED, mark="", original="", sent="", code="", message="", tries=0
            )
            await self._note(face, used=approvals.get(one.platform_id, ""))
            self.tally.count(Outcome.CLEARED)

    async def _given(self, bearer: Bearer) -> bool:
        """Give one face; tell whether there was a picture at all."""
        known = bearer.known or _unknown(bearer)
        is_tried = bearer.known is not None and bearer.known.state is not FaceState.FAILED and not bearer.is_lost
        try:
            picture = await self._read(bearer, known.mark if is_tried else "")
        except PictureUnreadable as error:
            await self._failed(bearer, known, "", str(error))
            return True
        if not picture.content and not picture.is_same:
            return False
        original = hashlib.sha256(FITTING + picture.content).hexdigest()
        if picture.is_same or (is_tried and known.original == original):
            if picture.mark != known.mark:
                await self._note(msgspec.structs.replace(known, mark=picture.mark), at=known.at)
            self.tally.count(Outcome.SAME)
            return True
        if bearer.is_lost and known.original == original and known.tries >= MOST_AGAIN:
            why = f"the platform took it and lost it again, {known.tries} times; find out who takes it away there"
            await self._settled(bearer, known, FaceState.REFUSED, "", why)
            return True
        again = known.tries + 1 if bearer.is_lost and known.original == original else 0
        found = msgspec.structs.replace(known, mark=picture.mark, original=original, tries=again)
        async with self._fitting:
            made = await asyncio.to_thread(self._fit, picture.content)
        await self._sent(bearer, found, made, is_certain=is_tried)
        return True

    async def _read(self, bearer: Bearer, mark: str) -> Picture:
        if (sought := bearer.sighting.sought) is None:
            raise PictureUnreadable(bearer.sighting.fault)
        async with self._reading:
            return await asyncio.to_thread(self._pictures[bearer.source].picture, sought, mark)

    async def _sent(self, bearer: Bearer, face: Face, made: Fitted, *, is_certain: bool) -> None:
        """Send a picture that is fit; `is_certain` says that the platform surely has the one that `face` says."""
        if not made.content:
            await self._settled(bearer, face, FaceState.UNFIT, "", made.finding)
            return
        digest, again = hashlib.sha256(made.content).hexdigest(), face.tries if bearer.is_lost else 0
        notes = " ".join(made.notes)
        if is_certain and face.sent == digest:
            await self._note(_as(face, FaceState.SENT, "", notes))
            self.tally.count(Outcome.SAME)
            return
        try:
            await self._world.platform.update_face(bearer.platform_id, made.content)
        except Refused as error:
            if error.code in OTHER_FAULT:
                await self._failed(bearer, face, error.code, str(error))
            else:
                await self._settled(bearer, face, FaceState.REFUSED, error.code, error.platform_message or str(error))
        except PlatformError as error:
            # It may have been carried out: whoever loses the picture now loses the face too.
            self._faults += 1
            await self._failed(bearer, msgspec.structs.replace(face, sent=digest), _code(error), str(error))
        else:
            self._faults = 0
            sent = msgspec.structs.replace(_as(face, FaceState.SENT, "", notes), sent=digest, tries=again)
            await self._note(sent, made.content if self._keeps else None)
            self.tally.count(Outcome.SENT)

    async def _settled(self, bearer: Bearer, face: Face, state: FaceState, code: str, message: str) -> None:
        """Remember what is not tried again until the picture is another one."""
        self._faults = 0
        await self._note(_as(face, state, code, message))
        self.tally.trouble(bearer, Outcome(state), code, message)

    async def _failed(self, bearer: Bearer, face: Face, code: str, message: str) -> None:
        """Note what the next pass tries again."""
        tries = face.tries + 1
        face = msgspec.structs.replace(face, state=FaceState.FAILED, code=code, message=message, tries=tries)
        await self._note(face)
        self.tally.trouble(bearer, Outcome.FAILED, code, message)

    async def _note(self, face: Face, picture: bytes | None = None, at: float | None = None, used: str = "") -> None:
        face = msgspec.structs.replace(face, at=self._world.clock() if at is None else at)
        await asyncio.to_thread(self._noted, face, picture, used)

    def _noted(self, face: Face, picture: bytes | None, used: str) -> None:
        with self._world.store.unit_of_work() as work:
            work.faces.put(face)
            if picture or face.state is FaceState.CLEARED:
                work.faces.keep(face, picture)
            if used:
                work.approvals.use([used], face.at)
            work.commit()


def _unknown(bearer: Bearer) -> Face:
    return Face(bearer.source, bearer.entry.key, bearer.platform_id, FaceState.FAILED)


def _as(face: Face, state: FaceState, code: str, message: str) -> Face:
    return msgspec.structs.replace(face, state=state, code=code, message=message, tries=0)


def _code(error: PlatformError) -> str:
    return error.code if isinstance(error, Refused) else ""
