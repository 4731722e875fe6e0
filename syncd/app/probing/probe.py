"""The whole probe: leftovers of a former one away, everything tried, everything away again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from syncd.app.probing.adding import observe_existing_ids, observe_own_ids, observe_removed_ids
from syncd.app.probing.envelopes import (
    observe_arguments,
    observe_bodies,
    observe_envelope,
    observe_tokens,
    observe_unknown_ids,
)
from syncd.app.probing.forms import observe_echoes, observe_empty, observe_forms
from syncd.app.probing.holding import (
    observe_full_departments,
    observe_meetings,
    observe_room_pictures,
    observe_rooms,
)
from syncd.app.probing.marks import Marks
from syncd.app.probing.port import RawPlatform
from syncd.app.probing.records import observe_departments, observe_id_types, observe_list_times, observe_users
from syncd.app.probing.scene import Scene
from syncd.app.probing.sweep import Sweep
from syncd.app.probing.uniqueness import observe_department_names, observe_duplicates
from syncd.app.probing.values import Observation, Probed, Record
from syncd.errors import AnswerBroken, AnswerLost, Interrupted, PlatformBusy, PlatformError, Refused

WRITES = (
    "a department with up to four departments in it, up to six users in it with phones and mails that reach nobody,"
    " a room, and a meeting two weeks from now"
)
Observing = Callable[[Scene], AsyncIterator[Observation]]
AFTERWARDS: tuple[Observing, ...] = (
    observe_existing_ids,
    observe_removed_ids,
    observe_users,
    observe_departments,
    observe_id_types,
    observe_list_times,
    observe_forms,
    observe_echoes,
    observe_empty,
    observe_duplicates,
    observe_department_names,
    observe_full_departments,
    observe_rooms,
    observe_room_pictures,
    observe_meetings,
    observe_unknown_ids,
    observe_arguments,
    observe_tokens,
)
PASSING = (Refused, PlatformBusy, AnswerBroken, AnswerLost)


async def probe(
    platform: RawPlatform, marks: Marks, below: str, stop: asyncio.Event, observe: Callable[[Observation], None]
) -> Probed:
    """Try everything below a department, telling each observation as it is made, and take everything away again.

    An observation that fails is told as such, and the others go on. A stop or a platform that is gone ends the trying,
    never the taking away. Raises `PlatformError` where the platform cannot be used before anything was written.
    """
    scene, seen = Scene(platform, marks, below, stop), list[Observation]()

    def tell(observation: Observation) -> None:
        seen.append(observation)
        observe(observation)

    async for observation in observe_bodies(scene):
        tell(observation)
    async for observation in observe_envelope(scene):
        tell(observation)
    await _know_strangers(scene)
    await Sweep(platform, marks, scene.body, ()).run()
    ended = await _tried(scene, tell)
    left = await Sweep(platform, marks, scene.body, scene.made).run()
    return Probed(tuple(seen), left, ended)


async def _know_strangers(scene: Scene) -> None:
    """Remember who was there before, so that nothing of theirs is ever taken for the probe's."""
    lists = {"user": await scene.listed("user"), "dept": await scene.listed("dept"), "room": list[Record]()}
    with contextlib.suppress(Refused):  # an installation without rooms
        lists["room"] = await scene.listed("room")
    everybody = ((kind, one) for kind, listed in lists.items() for one in listed)
    scene.strangers = frozenset((kind, str(one.get("id"))) for kind, one in everybody if not scene.marks.is_ours(one))


async def _tried(scene: Scene, tell: Callable[[Observation], None]) -> str:
    """Make every observation; give why the trying ended early, if it did after something was made."""
    try:
        async for observation in observe_own_ids(scene):
            tell(observation)
        for observing in AFTERWARDS:
            await _observed(scene, observing, tell)
    except (PlatformError, Interrupted) as error:
        if not scene.made:
            raise
        return str(error)
    return ""


async def _observed(scene: Scene, observing: Observing, tell: Callable[[Observation], None]) -> None:
    try:
        async for observation in observing(scene):
            tell(observation)
    except PASSING as error:
        name = observing.__name__.removeprefix("observe_").replace("_", " ")
        tell(Observation(name, f"not found out: {error}", "try this by hand"))
