"""What the probe has made so far, and how it makes more: everything it makes is remembered before it is asked for."""

import asyncio
from collections.abc import Mapping
from typing import cast

from syncd.app.passwords import random_password
from syncd.app.probing.marks import Marks
from syncd.app.probing.port import RawPlatform
from syncd.app.probing.values import ID_ARGUMENT, Record, Said
from syncd.errors import Interrupted, Refused
from syncd.wire.arguments import Argument


class Scene:
    """The probe's objects on the platform; `below` is the department that they stand under.

    `made` has kind and id of whatever may exist, `strangers` those that were there before and are never in it,
    `department`, `room` and `users` the ids of those that observations work on.
    Calls raise `PlatformError`, and `Interrupted` once a stop was asked for: what is in flight is finished first, so
    that nothing is made behind the back of the sweep.
    """

    def __init__(self, platform: RawPlatform, marks: Marks, below: str, stop: asyncio.Event) -> None:
        self.platform, self.marks, self.below = platform, marks, below
        self.body = ""
        self.made: dict[tuple[str, str], None] = {}
        self.strangers: frozenset[tuple[str, str]] = frozenset()
        self.department = self.room = ""
        self.users: dict[str, str] = {}
        self.echoes: list[bool] = []
        self._stop = stop
        self._count = 0

    async def ask(self, call: str, **sent: object) -> Said:
        """Make a call."""
        if self._stop.is_set():
            raise Interrupted("interrupted; what the probe had made is being removed")
        return await self.platform.ask(call, cast("Mapping[str, Argument]", sent), self.body)

    async def get(self, kind: str, object_id: str) -> Record:
        """Read one object; raises `Refused` where it is not there."""
        return (await self.ask(f"{kind}/get", **{ID_ARGUMENT[kind]: object_id})).record

    async def listed(self, kind: str, **sent: object) -> list[Record]:
        """Read every object of a kind; raises `Refused` where there is no list."""
        said = await self.ask(f"{kind}/list", **sent)
        if not said.is_success or not isinstance(said.value, list):
            raise Refused(said.code, str(said.envelope.get("message") or "an answer without a list"))
        return said.value

    async def in_list(self, kind: str, object_id: str) -> Record:
        """Give one object as its list shows it, nothing where it does not."""
        found: Record = {}
        for one in await self.listed(kind):
            if str(one.get("id")) == object_id:
                found = one
        return found

    async def add(self, kind: str, **fields: object) -> Said:
        """Make an object under an id of its own, unless one is given."""
        wanted = (kind, str(fields.setdefault("id", self.new_id())))
        was_there = wanted in self.made
        self.made[wanted] = None
        said = await self.ask(f"{kind}/{'book' if kind == 'meeting' else 'add'}", **fields)
        given = (kind, str(said.record.get("id"))) if said.is_success else None
        if given != wanted and not was_there:
            del self.made[wanted]
        if given and given not in self.strangers:
            self.made[given] = None
        return said

    async def add_user(self, letter: str, **fields: object) -> Said:
        """Make a user in the probe's department, with a password that is not the public default."""
        usual = {"name": self.marks.name(letter), "account": self.marks.account(letter)}
        usual |= {"departmentId": self.department, "password": random_password()}
        return await self.add("user", **{**usual, **fields})

    async def user(self, letter: str) -> str:
        """Give the id of one of the probe's users, made when first wanted."""
        if letter not in self.users:
            self.users[letter] = str((await self.add_user(letter)).record["id"])
        return self.users[letter]

    def new_id(self) -> str:
        """Give an id that was not used before."""
        self._count += 1
        return self.marks.id(self._count)
