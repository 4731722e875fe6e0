"""One company on the platform: every call of the Open API as a method, as strict as its document allows."""

from collections.abc import Callable, Mapping

from syncd.sandbox.arguments import Arguments, Record, Rejected
from syncd.sandbox.departments import Departments
from syncd.sandbox.meetings import Meetings
from syncd.sandbox.quirks import Quirks
from syncd.sandbox.registry import Action, Change, Kind, Observer, Registry
from syncd.sandbox.rooms import Rooms
from syncd.sandbox.state import State
from syncd.sandbox.users import ADMINISTRATOR, Users, new_user

__all__ = ["Action", "Arguments", "Change", "Company", "Kind", "Record", "Rejected"]
Answer = Record | list[Record] | None
Call = Callable[[Arguments], Answer]


class Company:
    """What one company holds, and its rules; `clock` gives seconds since the epoch.

    Methods take the document's arguments and give what is kept, before any quirk of answering; a call that breaks a
    rule raises `Rejected`. Every rule is checked by an index, so a call costs the same in a company of any size.
    """

    def __init__(self, clock: Callable[[], float], state: State | None = None, quirks: Quirks | None = None) -> None:
        self.clock = clock
        self.state = State() if state is None else state
        if ADMINISTRATOR not in self.state.users and f"{Kind.USER}/{ADMINISTRATOR}" not in self.state.removed:
            admin = new_user(ADMINISTRATOR, {"name": "admin", "account": "admin"}, int(clock() * 1000))
            self.state.users[ADMINISTRATOR] = admin
        self.registry = registry = Registry(clock, self.state, quirks or Quirks())
        users, departments, rooms = Users(registry), Departments(registry), Rooms(registry)
        meetings = Meetings(registry, users, rooms)
        self.list_users, self.get_user, self.add_user = users.list_all, users.get, users.add
        self.update_user, self.remove_user = users.update, users.remove
        self.update_face, self.clear_face = users.update_face, users.clear_face
        self.list_departments, self.get_department = departments.list_all, departments.get
        self.add_department, self.update_department = departments.add, departments.update
        self.remove_department = departments.remove
        self.list_rooms, self.get_room, self.add_room = rooms.list_all, rooms.get, rooms.add
        self.update_room, self.remove_room = rooms.update, rooms.remove
        self.list_meetings, self.get_meeting = meetings.list_chosen, meetings.get
        self.book_meeting, self.update_meeting = meetings.book, meetings.update
        self.cancel_meeting, self.finish_meeting = meetings.cancel, meetings.finish
        self.calls: Mapping[str, Call] = {
            "user/list": lambda _: users.list_all(),
            "user/get": users.get,
            "user/add": users.add,
            "user/update": users.update,
            "user/updateFace": users.update_face,
            "user/clearFace": users.clear_face,
            "user/remove": users.remove,
            "dept/list": lambda _: departments.list_all(),
            "dept/get": departments.get,
            "dept/add": departments.add,
            "dept/update": departments.update,
            "dept/remove": departments.remove,
            "room/list": lambda _: rooms.list_all(),
            "room/get": rooms.get,
            "room/add": rooms.add,
            "room/update": rooms.update,
            "room/remove": rooms.remove,
            "meeting/list": meetings.list_chosen,
            "meeting/get": meetings.get,
            "meeting/book": meetings.book,
            "meeting/update": meetings.update,
            "meeting/cancel": meetings.cancel,
            "meeting/finish": meetings.finish,
        }

    @property
    def quirks(self) -> Quirks:
        """Give how this company does what the document leaves open; it can be replaced at any time."""
        return self.registry.quirks

    @quirks.setter
    def quirks(self, quirks: Quirks) -> None:
        self.registry.quirks = quirks

    def observe(self, observer: Observer) -> None:
        """Call `observer(kind, action, record)` after every change; a removed object is given as it last was."""
        self.registry.observers.append(observer)
