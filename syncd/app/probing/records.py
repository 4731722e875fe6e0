"""How objects look in answers: fields, ids, the root, times."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable

from syncd.app.probing.scene import Scene
from syncd.app.probing.values import Observation, Record, shown
from syncd.wire.meetings import MEETING_NAMES
from syncd.wire.rooms import ROOM_NAMES

ADMIN_FIELDS = ("admin", "isAdmin")
OPTIONAL = ("phone", "faceUrl", "position", "email", "memo")
TEXTS = ("name", "account", "phone", "faceUrl", "position", "email", "memo")
DOCUMENTED = {
    "user": frozenset(("id", *TEXTS, "status", "createdTime", "departmentId", *ADMIN_FIELDS)),
    "dept": frozenset(("id", "name", "parentId", "createdTime")),
    "room": frozenset(("id", "createdTime", *ROOM_NAMES.values())),
    "meeting": frozenset(("id", "createdTime", "lastUpdateTime", "checkedTime", *MEETING_NAMES.values())),
}


async def observe_users(scene: Scene) -> AsyncIterator[Observation]:
    """See how users look: the administrator's mark, status, fields without a value."""
    user_id = await scene.user("a")
    users, own = await scene.listed("user"), await scene.get("user", user_id)
    names = [name for name in ADMIN_FIELDS if any(name in one for one in users)]
    first = next((one for one in users if str(one.get("id")) == "1"), {})
    shown = ", ".join(f"{name} of id 1 is {_shape(first, name)}" for name in names)
    marked = sum(any(_is_yes(one.get(name)) for name in ADMIN_FIELDS) for one in users)
    yield Observation(
        "administrator",
        f"{shown or 'no field says it'}; {marked} of {len(users)} users are marked",
        "marked users and id 1 are protected"
        if marked
        else "nobody but id 1 is protected by itself: name the administrators",
        "" if marked else 'policy.protected = ["ACCOUNT"]',
    )
    yield Observation("status", f"of a new user: {_shape(own, 'status')}", "a missing status is unknown, not disabled")
    yield Observation("fields without a value", _emptiness(own), "all of them mean: no value")
    yield beside_the_document("user", own)


async def observe_departments(scene: Scene) -> AsyncIterator[Observation]:
    """See how departments look, and what stands for the root."""
    departments = await scene.listed("dept")
    roots = Counter(_shape(one, "parentId") for one in departments if one.get("parentId") in ("", "0", 0, None))
    observed = ", ".join(f"{form} ({count})" for form, count in sorted(roots.items()))
    meaning = 'every form is the root; syncd sends ""'
    yield Observation("root", observed or "no department stands at the root, so it cannot be seen", meaning)
    yield beside_the_document("dept", await scene.get("dept", scene.department))


async def observe_id_types(scene: Scene) -> AsyncIterator[Observation]:
    """See whether ids are texts or numbers."""
    found = [*await scene.listed("user"), *await scene.listed("dept")]
    types = Counter("numbers" if isinstance(one.get("id"), int) else "texts" for one in found)
    observed = ", ".join(f"{count} {kind}" for kind, count in sorted(types.items()))
    yield Observation("ids", observed, "a number and the text of its digits are one id")


async def observe_list_times(scene: Scene) -> AsyncIterator[Observation]:
    """See whether a list shows the same times as `get`, and whether a time changes by being asked for."""
    user_id = await scene.user("a")
    alone, listed = await scene.get("user", user_id), await scene.in_list("user", user_id)
    times = alone.get("createdTime"), listed.get("createdTime")
    updated = (await scene.ask("dept/update", id=scene.department, name=scene.marks.name("a"))).record
    kept = await scene.get("dept", scene.department)
    moves = updated.get("createdTime") != kept.get("createdTime")
    yield Observation("times in lists", _times(*times), "no time of the platform is compared")
    yield Observation(
        "createdTime of dept/update", "another one than is kept" if moves else "the one that is kept", "never read"
    )


def _times(alone: object, listed: object) -> str:
    if not isinstance(alone, int) or not isinstance(listed, int):
        return f"get answers {alone!r}, the list {listed!r}"
    if alone == listed:
        return "the same as in get" if alone % 1000 else "the same as in get, without milliseconds in both"
    return "without their milliseconds" if alone // 1000 * 1000 == listed else "another time than in get"


def _is_yes(value: object) -> bool:
    return value is True or str(value).lower() in ("1", "true")


def _emptiness(record: Record) -> str:
    forms: dict[str, list[str]] = {}
    for name in OPTIONAL:
        forms.setdefault(_shape(record, name), []).append(name)
    return "; ".join(f"{form}: {', '.join(names)}" for form, names in forms.items())


def _shape(record: Record, name: str) -> str:
    return shown(record[name]) if name in record else "missing"


def beside_the_document(kind: str, record: Record) -> Observation:
    """Say which fields an object has that the document does not name."""
    names: Iterable[str] = sorted(set(record) - DOCUMENTED[kind])
    return Observation(f"fields of {kind} beside the document's", ", ".join(names) or "none", "ignored")
