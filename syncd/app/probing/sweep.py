"""Taking away what a probe made, this one or a former one that was killed, and nothing else."""

from collections.abc import Iterable, Mapping

from syncd.app.probing.marks import Marks
from syncd.app.probing.port import RawPlatform
from syncd.app.probing.values import ID_ARGUMENT, MISSING, Record
from syncd.errors import PlatformError
from syncd.wire.codes import Code
from syncd.wire.loose import place

TAKING = {"meeting": "meeting/cancel", "room": "room/remove", "user": "user/remove", "dept": "dept/remove"}
INVALID = str(int(Code.INVALID_ARGUMENTS))
Lists = Mapping[str, list[Record]]


class Sweep:
    """Removes in the order that leaves nothing referred to; `made` has kind and id of what a list may not show yet."""

    def __init__(self, platform: RawPlatform, marks: Marks, body: str, made: Iterable[tuple[str, str]]) -> None:
        self._platform, self._marks, self._body, self._made = platform, marks, body, set(made)
        self._left: list[str] = []

    async def run(self) -> tuple[str, ...]:
        """Remove, and give a sentence for each thing that could not be removed."""
        for kind in ("meeting", "room", "user"):
            for object_id in self._ours(kind, await self._listed(kind)):
                await self._remove(kind, object_id)
        await self._remove_departments()
        return tuple(self._left)

    async def _remove_departments(self) -> None:
        """Remove the deepest first; one that holds anybody else's is left, for a platform might remove that too."""
        lists = {kind: await self._listed(kind) for kind in ("user", "dept", "room")}
        waiting = self._ours("dept", lists["dept"])
        held_by_others = {place_of(one): one for one in _all(lists) if not self._is_ours(one)}
        while waiting:
            parents = {place(one.get("parentId")) for one in lists["dept"] if str(one.get("id")) in waiting}
            for object_id in [one for one in waiting if one not in parents] or list(waiting):
                waiting.remove(object_id)
                if (other := held_by_others.get(object_id)) is not None:
                    what = f'it holds "{other.get("name")}" ({other.get("id")}), which is not the probe\'s'
                    self._leave("dept", object_id, f"{what}; move that away and probe again")
                else:
                    await self._remove("dept", object_id)

    async def _listed(self, kind: str) -> list[Record]:
        """Read a list; where the platform gives none, what was made is known all the same."""
        try:
            said = await self._platform.ask(f"{kind}/list", {}, self._body)
        except PlatformError:
            return []
        return said.value if said.is_success and isinstance(said.value, list) else []

    def _is_ours(self, record: Record) -> bool:
        known = {object_id for _, object_id in self._made}
        return self._marks.is_ours(record) or str(record.get("id")) in known

    def _ours(self, kind: str, listed: list[Record]) -> list[str]:
        found = [str(one["id"]) for one in listed if self._is_ours(one)]
        return list(dict.fromkeys([*found, *sorted(one for made, one in self._made if made == kind)]))

    async def _remove(self, kind: str, object_id: str) -> None:
        try:
            said = await self._platform.ask(TAKING[kind], {ID_ARGUMENT[kind]: object_id}, self._body)
            if kind == "meeting" and said.code == INVALID:
                # One that has begun cannot be cancelled (Open API, meeting/cancel).
                said = await self._platform.ask("meeting/finish", {ID_ARGUMENT[kind]: object_id}, self._body)
            if said.is_success and kind != "meeting":
                there = await self._platform.ask(f"{kind}/get", {ID_ARGUMENT[kind]: object_id}, self._body)
                if there.is_success:
                    self._leave(kind, object_id, f"{TAKING[kind]} was answered with success, and it is still there")
            elif not said.is_success and said.code != str(int(MISSING[kind])):
                self._leave(kind, object_id, f"{TAKING[kind]} was {said.outcome}")
        except PlatformError as error:
            self._leave(kind, object_id, str(error))

    def _leave(self, kind: str, object_id: str, why: str) -> None:
        self._left.append(f"{kind} {object_id}: {why}")


def place_of(record: Record) -> str:
    """Give the department that an object stands in, or under."""
    return place(record.get("departmentId")) or place(record.get("parentId"))


def _all(lists: Lists) -> list[Record]:
    return [one for listed in lists.values() for one in listed]
