"""In which form values are kept: written by an update, read by a get, field by field."""

import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping

from syncd.app.probing.marks import Marks
from syncd.app.probing.scene import Scene
from syncd.app.probing.values import Observation
from syncd.wire.loose import text

FIELDS = ("account", "name", "phone", "email", "position", "memo")
CLEARED = ("phone", "email", "position", "memo")
LENGTHS = (300, 100, 50, 20)
END_OF_BMP = 0xFFFF
MEANING = "learned from a later read, and not written again for ever"
EMPTY = "a value that goes from the directory stays on the platform and is reported; phones and mails get a passing one"
Form = Callable[[str], str]
PLAIN: Mapping[str, Form] = {
    "taken off": str.strip,
    "lowered": str.lower,
    "raised": str.upper,
    "only the digits are kept": lambda value: "".join(one for one in value if one.isdecimal()),
    "half width": lambda value: unicodedata.normalize("NFKC", value),
    "? in its place": lambda value: "".join("?" if ord(one) > END_OF_BMP else one for one in value),
    "left out": lambda value: "".join(one for one in value if ord(one) <= END_OF_BMP),
}


def kept_as(sent: str, kept: str) -> str:
    """Say what became of a value, `""` where it is as it was sent."""
    if kept == sent:
        return ""
    for form, make in PLAIN.items():
        if kept and make(sent) == kept:
            return form
    for form in ("", *PLAIN):
        if kept and (PLAIN[form](sent) if form else sent).startswith(kept):
            return f"{form}{', ' if form else ''}cut to {len(kept)} characters"
    return f'as "{kept[:40]}"'


def tries(field: str, marks: Marks) -> dict[str, str]:
    """Give what is tried of a field, by what it shows; nothing here reaches anybody."""
    base = {"account": marks.account("f"), "phone": marks.phone(7), "email": marks.mail("f")}.get(field, "probe")
    found = {"blanks around": f" {base} "}
    if field == "phone":
        return {**found, "signs": f"+{base[:2]} ({base[2:4]}) {base[4:]}", "full width": "".join(map(_wide, base))}
    found["letter case"] = base.title()
    return found if field == "email" else {**found, "full width": f"{base}ＡＢ１２", "emoji": f"{base}安😀娜"}


async def observe_forms(scene: Scene) -> AsyncIterator[Observation]:
    """Try every form of every field of a user."""
    for field in FIELDS:
        found = [
            f"{what}: {became}"
            for what, value in tries(field, scene.marks).items()
            if (became := await _became(scene, field, value))
        ]
        length = await _length(scene, field)
        meaning = MEANING if found or "cut" in length else "compared as it is"
        yield Observation(f"form of {field}", "; ".join([*(found or ["kept as sent"]), length]), meaning)
        await _put_back(scene, field)


async def observe_echoes(scene: Scene) -> AsyncIterator[Observation]:
    """Say whether the answers of those updates showed what was sent or what is kept."""
    if not scene.echoes:
        observed = "cannot be told: every value that was taken is kept as it was sent"
    elif any(scene.echoes):
        observed = "what was sent, not what is kept"
    else:
        observed = "what is kept"
    yield Observation("answers of writes", observed, "what the platform makes of a value is learned from reads only")


async def observe_empty(scene: Scene) -> AsyncIterator[Observation]:
    """Clear each field by an empty argument, and leave it out of another update."""
    user_id, ignored, lost = await scene.user("f"), [], []
    for field in CLEARED:
        value = {"phone": scene.marks.phone(7), "email": scene.marks.mail("f")}.get(field, "probe")
        if (said := await scene.ask("user/update", id=user_id, **{field: value})).is_success:
            before = text((await scene.get("user", user_id)).get(field))
            await scene.ask("user/update", id=user_id, name=scene.marks.name("f"))
            lost += [field] if text((await scene.get("user", user_id)).get(field)) != before else []
        said = await scene.ask("user/update", id=user_id, **{field: ""})
        there = text((await scene.get("user", user_id)).get(field))
        ignored += [f"{field} stays" if said.is_success else f"{field} {said.outcome}"] if there else []
    yield Observation(
        "empty argument", "; ".join(ignored) or 'clears the field: "" is no value', EMPTY if ignored else ""
    )
    yield Observation(
        "absent argument",
        f"CLEARS {', '.join(lost)}" if lost else "leaves the field as it is",
        "DO NOT USE syncd here: it sends only what changes" if lost else "syncd sends only what changes",
    )


async def _became(scene: Scene, field: str, value: str) -> str:
    user_id = await scene.user("f")
    said = await scene.ask("user/update", id=user_id, **{field: value})
    if not said.is_success:
        return said.outcome
    kept = text((await scene.get("user", user_id)).get(field))
    if kept != value and isinstance(said.value, dict) and field in said.value:
        scene.echoes.append(text(said.value[field]) == value)
    return kept_as(value, kept)


async def _length(scene: Scene, field: str) -> str:
    """Say how much of a long value is kept, or how long one is refused."""
    refused = ""
    for length in LENGTHS:
        became = await _became(scene, field, _long(field, length, scene.marks))
        if not became.startswith("refused"):
            return f"{length} characters {became or 'are kept'}{refused}"
        refused = f", {length} are {became}"
    return refused.removeprefix(", ")


def _long(field: str, length: int, marks: Marks) -> str:
    base = {"account": marks.account("f"), "phone": marks.phone(7), "email": marks.mail("f")}.get(field, "")
    return ("0" * length + base)[-length:] if field == "phone" else ("x" * length + base)[-length:]


async def _put_back(scene: Scene, field: str) -> None:
    usual = {"account": scene.marks.account("f"), "name": scene.marks.name("f")}.get(field, "")
    await scene.ask("user/update", id=await scene.user("f"), **{field: usual})


def _wide(digit: str) -> str:
    return chr(ord(digit) + 0xFEE0)
