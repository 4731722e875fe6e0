"""What the document leaves open, and how this platform does it: each quirk switchable while it runs."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from syncd.sandbox.switches import meanings, replaced
from syncd.wire.codes import Code

FIELDS = ("account", "address", "email", "memo", "name", "phone", "position", "speaker", "subject")
Field = Literal["account", "address", "email", "memo", "name", "phone", "position", "speaker", "subject"]
Fields = tuple[Field, ...]
Limit = Annotated[int, Meta(ge=1)]


class Quirks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the platform does what its document leaves open; every description is that of the guide's table."""

    admin_field: Annotated[
        Literal["admin", "isAdmin", "both", "none"],
        Meta(description="The field of answers that says who is an administrator."),
    ] = "admin"
    event_admin_field: Annotated[
        Literal["admin", "isAdmin", "both", "none"],
        Meta(description="The field of events that says who is an administrator."),
    ] = "isAdmin"
    first_is_admin: Annotated[
        bool, Meta(description="Is user 1 shown as an administrator? The document's examples say no.")
    ] = False
    root: Annotated[
        Literal["", "0", "null", "missing"], Meta(description="How the root stands in `parentId` and `departmentId`.")
    ] = ""
    empty_fields: Annotated[
        Literal["shown", "null", "missing"], Meta(description="How optional fields without a value are answered.")
    ] = "shown"
    extra_fields: Annotated[bool, Meta(description="Every object has fields that the document does not name.")] = False
    field_errors: Annotated[
        Literal["{}", "[]", "objects", "missing"], Meta(description="What `fieldErrors` is in every answer.")
    ] = "{}"
    codes_as_text: Annotated[bool, Meta(description='`code` is a text: `"10000"`.')] = False
    reasons: Annotated[
        bool,
        Meta(description="The message of 71001 says which rule was broken; the document's says no more than that."),
    ] = False
    numeric_ids: Annotated[bool, Meta(description="Ids made of digits, such as `1`, are answered as numbers.")] = False
    list_seconds: Annotated[
        bool,
        Meta(
            description="Times are kept in seconds: `createdTime` and `lastUpdateTime` have milliseconds in the answer"
            " and the event of the call that sets them, and nowhere else."
        ),
    ] = True
    volatile_times: Annotated[
        bool,
        Meta(
            description="`checkedTime` and `signTime` of what was neither checked nor signed, and `createdTime` in"
            " the answer of `dept/update`, are the moment of answering."
        ),
    ] = True
    echo: Annotated[bool, Meta(description="Answers of `add` and `update` repeat what was sent, not what is kept.")] = (
        False
    )
    body: Annotated[
        Literal["both", "form", "json"], Meta(description="Which bodies are taken; another one is answered 71001.")
    ] = "both"
    ignores_ids: Annotated[bool, Meta(description="`add` and `book` give ids of their own, whatever was asked.")] = (
        False
    )
    existing_id: Annotated[
        Literal["refused", "answered"],
        Meta(description="An `add` with an id that exists: 71001, or success with the object as it is."),
    ] = "refused"
    removed_ids: Annotated[
        Literal["free", "refused"], Meta(description="May an id of a removed object be used again? Else 71001.")
    ] = "free"
    one_token: Annotated[bool, Meta(description="A token ends when the next one is given.")] = False
    token_dies_after: Annotated[
        float, Meta(ge=0, description="Seconds after which a token is expired, whatever it says; 0: as it says.")
    ] = 0.0
    trimmed: Annotated[Fields, Meta(description="Fields kept without the blanks around them.")] = ()
    lower_case: Annotated[Fields, Meta(description="Fields kept in lower case.")] = ()
    digits_only: Annotated[Fields, Meta(description="Fields of which only the digits are kept.")] = ()
    width_folded: Annotated[Fields, Meta(description="Fields kept in NFKC: full width becomes half width.")] = ()
    bmp_only: Annotated[
        Fields, Meta(description="Fields in which a character outside the BMP, such as an emoji, becomes `?`.")
    ] = ()
    cut: Annotated[dict[Field, Limit], Meta(description="Fields kept up to so many characters.")] = {}
    empty_ignored: Annotated[
        Fields, Meta(description="Fields that an update with an empty value leaves as they are.")
    ] = ()
    department_names: Annotated[
        Literal["free", "unique"], Meta(description="May one parent hold two departments of a name? Else 71001.")
    ] = "free"
    mail_code: Annotated[
        int | None,
        Meta(
            description="The code of a mail that is taken, for which the document has none of its own; null: mails need"
            " not be unique."
        ),
    ] = int(Code.INVALID_ARGUMENTS)
    case_matters: Annotated[bool, Meta(description="Values that differ in letter case alone are two.")] = False
    error_status: Annotated[Literal[200, 400], Meta(description="The HTTP status of answers with an error code.")] = 200
    used_objects: Annotated[
        Literal["removable", "refused"],
        Meta(description="Removal of a user with a meeting to come or in a room's `userIds`, or of a room with one."),
    ] = "removable"
    faces: Annotated[
        Literal["taken", "tenth_refused"],
        Meta(description="Are all faces taken? Else one picture of ten, always the same ones, is refused with 71001."),
    ] = "taken"
    scene_images: Annotated[
        Literal["kept", "hosted", "refused"],
        Meta(
            description="Does a room show the address of its picture as it was sent, or one of the platform's own? Or"
            " is every picture refused with 71001?"
        ),
    ] = "kept"


def descriptions() -> dict[str, str]:
    """Give what each quirk means, by its name."""
    return meanings(Quirks)


def changed(quirks: Quirks, changes: object) -> Quirks:
    """Give the quirks with a JSON object's changes; raises `BadQuirk` with the name and what it may be."""
    return replaced(quirks, changes, "quirk")


def from_texts(quirks: Quirks, texts: Mapping[str, str]) -> Quirks:
    """Give the quirks with changes as a command line has them: lists as `a,b`, limits as `a:20,b:5`."""
    return replaced(quirks, {name: _read(name, value) for name, value in texts.items()}, "quirk", strict=False)


def _read(name: str, value: str) -> object:
    default = getattr(Quirks(), name, None)
    if isinstance(default, tuple):
        return [one for one in value.split(",") if one]
    if isinstance(default, dict):
        return dict(one.partition(":")[::2] for one in value.split(",") if one)
    return value
