"""The contract suite's own department on a platform, be it a sandbox or a real one, and what makes more in it."""

import time
from contextlib import aclosing

from syncd.app.probing.marks import Marks
from syncd.app.probing.sweep import Sweep
from syncd.platform import Attendance, Booking, Client, ClientSettings
from syncd.platform.raw import RawCalls

OWNER = "contract suite"
WEEK, HOUR = 7 * 86_400_000, 3_600_000
PASSWORD = "Geheim-1aZ"


class Ground:
    """Ids, accounts and names are known by their marks, so that all of it is found and removed at the end.

    `below` is the department under which the suite's own stands, `""` the root.
    """

    def __init__(self, settings: ClientSettings, below: str = "") -> None:
        self.settings, self._below = settings, below
        self.marks = Marks.of(OWNER, int(time.time() * 1000))
        self.department = ""
        self._count = 0

    def new_id(self) -> str:
        """Give an id that nobody has."""
        return self.marks.id(self._next())

    def name(self) -> str:
        """Give a name that nobody has."""
        return self.marks.name(str(self._next()))

    def account(self) -> str:
        """Give an account that nobody has."""
        return self.marks.account(str(self._next()))

    def phone(self) -> str:
        """Give a phone that nobody has."""
        return self.marks.phone(self._next())

    def mail(self) -> str:
        """Give a mail address that nobody has."""
        return self.marks.mail(str(self._next()))

    async def add_department(self, client: Client) -> str:
        """Make a department."""
        fields = {"name": self.name(), "parent": self.department}
        return (await client.add_department(self.new_id(), fields)).id

    async def add_user(self, client: Client, **fields: str) -> str:
        """Make a user."""
        usual = {"name": self.name(), "account": self.account(), "department": self.department}
        return (await client.add_user(self.new_id(), {**usual, **fields}, PASSWORD)).id

    async def add_room(self, client: Client) -> str:
        """Make a room."""
        return (await client.add_room(self.new_id(), {"name": self.name(), "department": self.department})).id

    async def add_meeting(self, client: Client, begin: int = 0) -> str:
        """Book a meeting in a room of its own."""
        booking = self.booking(await self.add_room(client), await self.add_user(client), begin)
        return (await client.book_meeting(booking)).id

    def booking(self, room: str, booker: str, begin: int = 0) -> Booking:
        """Give a booking of two hours, next week unless said otherwise, with a guest from outside."""
        begin = begin or int(time.time() * 1000) + WEEK
        guest = Attendance(name=self.name())
        return Booking(room, self.name(), self.name(), begin, begin + 2 * HOUR, booker, (guest,), id=self.new_id())

    async def prepare(self) -> None:
        """Remove what a former run left, and make the department."""
        assert await self.clear() == (), "a former run left what cannot be removed"
        async with Client(self.settings) as client:
            self.department = self._below
            self.department = await self.add_department(client)

    async def clear(self) -> tuple[str, ...]:
        """Remove whatever the suite ever made; give what could not be removed, a sentence each."""
        async with aclosing(RawCalls(self.settings)) as raw:
            return await Sweep(raw, self.marks, "", ()).run()

    def _next(self) -> int:
        self._count += 1
        return self._count
