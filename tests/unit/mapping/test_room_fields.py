"""The values of a source become fields of rooms, or are named where they cannot."""

from syncd.mapping.desire import Moment, desire
from syncd.mapping.rules import Compiled, RoomRules, SourceRules
from syncd.model.desired import Desired
from syncd.model.source import Certificate, Entry, Grade, Snapshot

FIELDS = RoomRules().__struct_fields__
RULES = RoomRules(**{name: name for name in FIELDS if name != "separator"})


def desired(**values: str | tuple[str, ...]) -> Desired:
    """Map one room with these values."""
    given = {"name": "Hall", **values}
    attributes = {name: one if isinstance(one, tuple) else (one,) for name, one in given.items()}
    entry = Entry("r", "row r", attributes)
    snapshot = Snapshot("hr", Certificate(Grade.WHOLE), rooms=(entry,), key_attribute="no")
    return desire([snapshot], {"hr": Compiled(SourceRules(room=RULES))}, Moment(0.0))


FORMS = (
    ("begin_time", "7:00", "07:00"),
    ("end_time", "23:30:00", "23:30"),
    ("capacity", "12.0", "12"),
    ("longitude", "116.400", "116.4"),
    ("latitude", "-0.0", "0"),
    ("permission", "Yes", "1"),
    ("need_audit", "false", "0"),
    ("address", "  一楼\t东 ", "一楼 东"),
    ("capacity", " ", None),
    ("status", "", None),
    ("memo", "", ""),
    ("scene_image", " https://例.org/1.jpg?w=800 ", "https://例.org/1.jpg?w=800"),
    ("scene_image", "http://10.0.0.7:8080/1.jpg", "http://10.0.0.7:8080/1.jpg"),
    ("scene_image", "", None),
)
NO_VALUES = (
    ("begin_time", "24:00", "no_time"),
    ("end_time", "late", "no_time"),
    ("capacity", "2.5", "no_number"),
    ("size", "-1", "no_number"),
    ("radius", "inf", "no_number"),
    ("latitude", "91", "no_number"),
    ("status", "perhaps", "no_switch"),
    ("memo", "x" * 1001, "too_long"),
    ("scene_image", "rooms/1.jpg", "no_address"),
    ("scene_image", "file:///etc/passwd", "no_address"),
    ("scene_image", "https:///1.jpg", "no_address"),
    ("scene_image", "https://example.org:port/1.jpg", "no_address"),
    ("scene_image", "https://example.org/first floor.jpg", "no_address"),
    ("scene_image", "https://example.org/" + "x" * 1000, "too_long"),
)


def test_values_have_one_form() -> None:
    """A value of a room has one form, and a field that no call can clear is left where there is no value."""
    mapped = [(field, value, form, desired(**{field: value})) for field, value, form in FORMS]
    wrong = [
        (field, value, found)
        for field, value, form, found in mapped
        if found.skipped != () or getattr(found.rooms[0].fields, field) != form
    ]
    assert wrong == []


def test_value_that_is_none_is_named_and_left() -> None:
    """A value that is none for its field is named and left, and the rest of the room is mapped (I11)."""
    wrong = []
    for field, value, reason in NO_VALUES:
        found = desired(**{field: value})
        fields = found.rooms[0].fields
        named = [(skip.field, skip.reason) for skip in found.skipped]
        if named != [(field, reason)] or (fields.name, getattr(fields, field)) != ("Hall", None):
            wrong.append((field, value, found))
    assert wrong == []


def test_a_password_in_an_address_is_neither_sent_nor_said() -> None:
    """An address with a password in it is named, and the finding does not say the password (I8)."""
    (found,) = desired(scene_image="https://reader:geheim@example.org/1.jpg").skipped
    assert found.reason == "no_address"
    assert "geheim" not in found.message


def test_users_come_from_every_value_and_from_parts_of_one() -> None:
    """The users of a room come from every value and from the parts of one, each of them once."""
    assert desired(users=("a; b", "b;c;")).rooms[0].allowed == ("a", "b", "c")
    assert desired(users="").rooms[0].allowed == ()


def test_room_without_a_name_is_present_all_the_same() -> None:
    """A room without a name is named and is present (I12)."""
    found = desired(name="")
    assert (found.rooms, [one.reason for one in found.skipped]) == ((), ["no_value"])
    assert found.present_rooms == {("hr", "r")}
