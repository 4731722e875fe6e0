"""What the platform makes of a written value, and how that is told from somebody's change (DESIGN 6, three-way).

What a look after the write shows in a written field is the form that the platform keeps of it, if a known form explains
it, or if a second write of the same value ends in the same. Anything else is somebody's change.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

import msgspec

from syncd.model.links import Link
from syncd.model.objects import Department, Fields
from syncd.model.rooms import SCENE_IMAGE
from syncd.plan.draft import value_of

TIMES = 3
DAY = 86400.0
LAST_OF_BMP = 0xFFFF


class Form(StrEnum):
    """What became of a value, as `status` and `explain` name it."""

    TRIMMED = "trimmed"
    LOWER_CASE = "lower_case"
    WIDTH_FOLDED = "width_folded"
    DIGITS_ONLY = "digits_only"
    CUT = "cut"
    REPLACED_CHARACTERS = "replaced_characters"
    NOT_TAKEN = "not_taken"


def form_of(written: str, shown: str) -> Form:
    """Name the first known form that explains what is shown; `NOT_TAKEN` where none does."""
    return next((form for form, explains in _EXPLANATIONS if explains(written, shown)), Form.NOT_TAKEN)


def is_explained(written: str, have: str) -> bool:
    """Tell whether a known form explains a value; a clearing that shows something was not taken."""
    return written == "" or any(explains(written, have) for _, explains in _EXPLANATIONS)


def shows(there: Fields, sent: Mapping[str, str]) -> bool:
    """Tell whether an object stands where it was sent and holds every value, as it is or in a known form."""
    place = "parent" if isinstance(there, Department) else "department"
    values = {field: value for field, value in sent.items() if field not in (place, SCENE_IMAGE)}
    is_in_place = (value_of(there, place) or "") == sent.get(place, "")
    return is_in_place and all(is_explained(value, value_of(there, field) or "") for field, value in values.items())


def is_settled(link: Link, field: str, want: str, have: str) -> bool:
    """Tell whether the shown value is what the platform makes of the wanted one, which was written already."""
    if value_of(link.written, field) != want:
        return False
    if is_opaque(field, have):
        return True
    return link.kept.get(field) == have or (field in link.unseen and is_explained(want, have))


def is_opaque(field: str, have: str) -> bool:
    """Tell whether a shown value may stand for any that was written: the platform gives a picture its own address."""
    return field == SCENE_IMAGE and bool(have)


def has_drifted(link: Link, field: str, shown: Fields) -> bool:
    """Tell whether a field that we wrote shows neither that, nor what the platform makes of it, nor what is said."""
    written, have = value_of(link.written, field), value_of(shown, field) or ""
    known = (written, value_of(link.said, field))
    return written is not None and have not in known and not is_settled(link, field, written, have)


def seen(link: Link, shown: Fields) -> Link:
    """Give the link once looks after the write have shown the object: what differs is the platform's form."""
    return _learned(link, shown, lambda _written, _have: True)


def read_again(link: Link, shown: Fields) -> Link:
    """Give the link once the object was shown: only what a known form explains is the platform's form."""
    return _learned(link, shown, is_explained)


def unexplained(link: Link, shown: Fields) -> dict[str, str]:
    """Give the written values of the fields that no look had shown, and that show what no known form explains."""
    found = {}
    for field in link.unseen:
        written, have = value_of(link.written, field), value_of(shown, field) or ""
        if written is None or written == have or is_opaque(field, have):
            continue
        if not is_explained(written, have):
            found[field] = written
    return found


def is_contended(times: tuple[float, ...]) -> bool:
    """Tell whether somebody else keeps changing a field back: enforced three times within a day."""
    return len(times) >= TIMES and times[-1] - times[-TIMES] < DAY


def known_forms(links: Iterable[Link]) -> Mapping[tuple[str, str, Form], int]:
    """Count the objects of which the platform keeps a value in another form, by kind, field and form."""
    return Counter(
        (str(link.kind), field, form_of(value_of(link.written, field) or "", kept))
        for link in links
        for field, kept in link.kept.items()
    )


def never_empty(links: Iterable[Link]) -> frozenset[str]:
    """Give the fields that the platform does not let become empty: a clearing of them was not taken."""
    return frozenset(
        field for link in links for field, kept in link.kept.items() if kept and value_of(link.written, field) == ""
    )


def contended_fields(links: Iterable[Link]) -> tuple[tuple[Link, str], ...]:
    """Return the contended fields with the links of their objects, by key."""
    found = [(link, field) for link in links for field, times in link.enforced.items() if is_contended(times)]
    return tuple(sorted(found, key=lambda one: (one[0].key, one[1])))


def _learned(link: Link, shown: Fields, is_form: Callable[[str, str], bool]) -> Link:
    """Note the forms of the fields that no read had shown yet, and forget those that the platform no longer keeps."""
    kept = dict(link.kept)
    for field in {*link.unseen, *link.kept}:
        written, have = value_of(link.written, field), value_of(shown, field) or ""
        if written is None or written == have or is_opaque(field, have):
            kept.pop(field, None)
        elif field in link.unseen and is_form(written, have):
            kept[field] = have
    return msgspec.structs.replace(link, kept=kept, unseen=())


def _is_trimmed(written: str, have: str) -> bool:
    return "".join(written.split()) == "".join(have.split())


def _is_lower(written: str, have: str) -> bool:
    return _is_trimmed(written.casefold(), have.casefold())


def _is_folded(written: str, have: str) -> bool:
    return _is_lower(_folded(written), _folded(have))


def _is_digits(written: str, have: str) -> bool:
    return have.isdecimal() and "".join(one for one in _folded(written) if one.isdecimal()) == have


def _is_cut(written: str, have: str) -> bool:
    return bool(have.strip()) and _folded(written.strip()).casefold().startswith(_folded(have.strip()).casefold())


def _is_replaced(written: str, have: str) -> bool:
    """Tell whether characters outside the basic plane became question marks, or went."""
    return _without_rare(written) == have.replace("?", "").replace("\ufffd", "")


def _without_rare(text: str) -> str:
    return "".join(one for one in text if ord(one) <= LAST_OF_BMP and one not in "?\ufffd")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


_EXPLANATIONS: tuple[tuple[Form, Callable[[str, str], bool]], ...] = (
    (Form.TRIMMED, _is_trimmed),
    (Form.LOWER_CASE, _is_lower),
    (Form.WIDTH_FOLDED, _is_folded),
    (Form.DIGITS_ONLY, _is_digits),
    (Form.CUT, _is_cut),
    (Form.REPLACED_CHARACTERS, _is_replaced),
)
