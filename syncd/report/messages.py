"""The language of reports: words by key, in English or Chinese; the JSON never changes with it."""

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec

from syncd.model.visible import shortened, visible
from syncd.report import (
    checks_chinese,
    checks_english,
    chinese,
    chinese_codes,
    commands_chinese,
    commands_english,
    english,
    english_codes,
    explanation_chinese,
    explanation_english,
    faces_chinese,
    faces_english,
    findings_chinese,
    findings_english,
    standing_chinese,
    standing_english,
    status_chinese,
    status_english,
)

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
LANGUAGE_OF_PLANS = "en"
UTC = "UTC"


class Words(msgspec.Struct, frozen=True):
    """The words of one language; `lang` is its tag as HTML wants it (BCP 47).

    Times are told in `zone`, a name of the IANA time zone database, and with that name.
    """

    lang: str
    texts: Mapping[str, str]
    zone: str = UTC

    def say(self, key: str, /, **values: object) -> str:
        """Return the text of a key with these values in it; raises `KeyError` where there is no such key.

        Values come from directories and platforms: what steers a terminal in them is shown as an escape.
        """
        return self.texts[key].format_map({name: _shown(value) for name, value in values.items()})

    def word(self, group: str, code: str) -> str:
        """Give the word for a code of the JSON; the code itself where a newer program made it."""
        return self.texts.get(f"{group}.{code}", code)

    def field(self, kind: str, field: str) -> str:
        """Give the word for a field of a user, department or room."""
        return self.texts.get(f"field.{kind}.{field}") or self.word("field", field)

    def listed(self, group: str, codes: tuple[str, ...]) -> str:
        """Give the words for several codes, in their order."""
        return self.texts["list.comma"].join(self.word(group, code) for code in codes)

    def moment(self, at: float | str | None, timespec: str = "seconds") -> str:
        """Return a time, in seconds since the epoch or as ISO 8601, as people write it; what is no time as it is."""
        if at is None:
            return ""
        try:
            found = dt.datetime.fromisoformat(at) if isinstance(at, str) else dt.datetime.fromtimestamp(at, dt.UTC)
            return f"{found.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None).isoformat(' ', timespec)} {self.zone}"
        except (ValueError, OverflowError, OSError):
            return str(at)

    @property
    def translates(self) -> bool:
        """Tell whether the sentences that the plan itself holds are in another language than these words."""
        return self.lang != LANGUAGE_OF_PLANS


def _shown(value: object) -> object:
    return value if isinstance(value, int | float) else shortened(visible(str(value)))


TABLES: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "en": (
        english.TEXTS,
        findings_english.TEXTS,
        english_codes.TEXTS,
        checks_english.TEXTS,
        commands_english.TEXTS,
        explanation_english.TEXTS,
        standing_english.TEXTS,
        status_english.TEXTS,
        faces_english.TEXTS,
    ),
    "zh": (
        chinese.TEXTS,
        findings_chinese.TEXTS,
        chinese_codes.TEXTS,
        checks_chinese.TEXTS,
        commands_chinese.TEXTS,
        explanation_chinese.TEXTS,
        standing_chinese.TEXTS,
        status_chinese.TEXTS,
        faces_chinese.TEXTS,
    ),
}


def _whole(language: str) -> Mapping[str, str]:
    return {key: text for table in TABLES[language] for key, text in table.items()}


ENGLISH = Words(LANGUAGE_OF_PLANS, _whole("en"))
CHINESE = Words("zh-CN", _whole("zh"))


def words_for(lang: str, environ: Mapping[str, str], zone: str = UTC) -> Words:
    """Give the words that `[log] lang` asks for; `auto` is the terminal's language, as POSIX finds it.

    `zone` is the time zone in which times are told.
    """
    if lang == "auto":
        lang = next((value for name in VARIABLES if (value := environ.get(name))), "")
    words = CHINESE if lang.lower().startswith("zh") else ENGLISH
    return words if zone == words.zone else msgspec.structs.replace(words, zone=zone)
