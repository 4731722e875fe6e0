"""Making an object once, whatever becomes of an answer (I2, I3; DESIGN 6, derived ids and passwords)."""

from collections.abc import Callable, Mapping

import msgspec

from syncd.app.ports import Passwords, Platform
from syncd.errors import AnswerBroken, AnswerLost, Refused
from syncd.model.objects import Kind, Object, fields_of
from syncd.model.rooms import platform_values
from syncd.plan.forms import shows
from syncd.plan.values import Operation, Reason
from syncd.wire.codes import Code

Unsure = (AnswerLost, AnswerBroken)
LISTED = frozenset(str(int(code)) for code in Code if code is not Code.INVALID_ARGUMENTS)


class Origin(msgspec.Struct, frozen=True):
    """What a run knows of the objects to be made.

    `wanted_password` gives what the configuration says of a user's initial password, `account_before` the account
    that the platform shows of an object, `further_ids` the ids of the next generations, `known` the platform ids that
    were there before the run.
    """

    wanted_password: Callable[[Operation], str]
    account_before: Callable[[Operation], str]
    further_ids: Callable[[Operation], tuple[str, ...]]
    known: frozenset[str]


class Creations:
    """Makes objects and looks for them where an answer was lost; `ids` has what became of each planned id."""

    def __init__(self, platform: Platform, passwords: Passwords, origin: Origin) -> None:
        self._platform, self._passwords, self._origin = platform, passwords, origin
        self._honours_ids: bool | None = None
        self.ids: dict[str, str] = {}

    async def create(self, operation: Operation, fields: Mapping[str, str]) -> str:
        """Make one object and give its id on the platform; raises `PlatformError`.

        What is there already under the planned id is ours and gets the fields, never a password. An id that is refused
        though nothing bears it was a removed object's: the next generation's is tried.
        """
        if operation.reason is Reason.REMOVED_ON_PLATFORM and await look_at(
            self._platform, operation.kind, operation.platform_id
        ):
            return await self._renewed(operation, operation.platform_id, fields)
        first: Refused | None = None
        for object_id in (operation.platform_id, *self._origin.further_ids(operation)):
            try:
                return self._noted(operation, await self._made(operation, object_id, fields))
            except Refused as refusal:
                if await look_at(self._platform, operation.kind, object_id):
                    return self._noted(operation, await self._renewed(operation, object_id, fields))
                first = first or refusal
                if refusal.code in LISTED or str(refusal) != str(first):
                    break
        assert first is not None  # noqa: S101 - the loop ends with an object or a refusal
        raise first

    def _noted(self, operation: Operation, object_id: str) -> str:
        if object_id != operation.platform_id:
            self.ids[operation.platform_id] = object_id
        return object_id

    async def _made(self, operation: Operation, object_id: str, fields: Mapping[str, str]) -> str:
        """Make it; where the answer is lost look for it, and make it once more only if it is nowhere."""
        try:
            return await self._added(operation, object_id, fields)
        except Unsure:
            there = await self._found(operation, object_id, fields)
        if there is None:
            return await self._added(operation, object_id, fields)
        if operation.kind is Kind.USER:
            await self._platform.update_user(there, fields, self.initial(operation))
            return there
        return await self._renewed(operation, there, fields)

    async def _added(self, operation: Operation, object_id: str, fields: Mapping[str, str]) -> str:
        if operation.kind is Kind.DEPARTMENT:
            answered = (await self._platform.add_department(object_id, fields)).id
        elif operation.kind is Kind.ROOM:
            answered = (await self._platform.add_room(object_id, platform_values(fields))).id
        else:
            password = self.initial(operation)
            try:
                answered = (await self._platform.add_user(object_id, fields, password)).id
            except Refused:
                self.withdrawn(operation)
                raise
        self._honours_ids = answered == object_id
        return answered

    async def _renewed(self, operation: Operation, object_id: str, fields: Mapping[str, str]) -> str:
        if operation.kind is Kind.USER:
            await self._platform.update_user(object_id, fields)
        elif operation.kind is Kind.ROOM:
            await self._platform.update_room(object_id, platform_values(fields))
        else:
            await self._platform.update_department(object_id, fields)
        return object_id

    async def _found(self, operation: Operation, object_id: str, fields: Mapping[str, str]) -> str | None:
        """Give the id of what a lost answer was about: under the id that was sent, else a new object that is the same.

        A platform that chooses ids of its own shows it only in its lists.
        """
        if await look_at(self._platform, operation.kind, object_id) is not None:
            return object_id
        if self._honours_ids:
            return None
        listed = await _listed(self._platform, operation.kind)
        known = self._origin.known | frozenset(self.ids.values())
        same = [one.id for one in listed if one.id not in known and shows(fields_of(one), fields)]
        return same[0] if len(same) == 1 else None

    def initial(self, operation: Operation) -> str:
        """Give the initial password of the user that an operation makes, or brings back from a lock."""
        wanted = self._origin.wanted_password(operation)
        return self._passwords.initial(self._account(operation), operation.name, wanted)

    def withdrawn(self, operation: Operation) -> None:
        """Note that the platform refused it."""
        self._passwords.withdrawn(self._account(operation), operation.name)

    def _account(self, operation: Operation) -> str:
        change = operation.changes.get("account")
        return (change.after if change else "") or self._origin.account_before(operation)


async def look_at(platform: Platform, kind: Kind, object_id: str) -> Object | None:
    """Ask for one object of a kind; raises `PlatformError`."""
    if kind is Kind.USER:
        return await platform.user(object_id)
    return await (platform.room(object_id) if kind is Kind.ROOM else platform.department(object_id))


async def _listed(platform: Platform, kind: Kind) -> tuple[Object, ...]:
    if kind is Kind.USER:
        return await platform.users()
    return await (platform.rooms() if kind is Kind.ROOM else platform.departments())


def written(operation: Operation) -> dict[str, str]:
    """Give the values that an operation writes, by field."""
    return {field: change.after for field, change in operation.changes.items() if change.after is not None}
