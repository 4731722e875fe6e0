"""A probe as people read it, and as JSON."""

from collections.abc import Iterator
from typing import Any

from syncd.app.probing.values import Observation, Probed
from syncd.report.messages import ENGLISH, Words

VERSION = 1


def observation_text(observation: Observation, words: Words = ENGLISH) -> str:
    """Give an observation as a line: what the installation does, what that means, and what to set."""
    meaning = words.say("probe.meaning", message=observation.meaning) if observation.meaning else ""
    setting = words.say("probe.setting", setting=observation.setting) if observation.setting else ""
    return f"{observation.name}: {observation.observed}{meaning}{setting}\n"


def ending_text(probed: Probed, words: Words = ENGLISH) -> str:
    """Give how a probe ended: settings to take over, what is left behind, and why it ended early."""
    nothing = [] if probed.ended else [words.say("probe.nothing")]
    lines = ["", *(_settings(probed) or nothing), ""]
    lines += [words.say("probe.ended", message=probed.ended)] if probed.ended else []
    lines += [words.say("probe.left", message=one) for one in probed.left]
    lines += [words.say("probe.removed")] if not probed.left else []
    return "\n".join(lines) + "\n"


def probe_form(probed: Probed) -> dict[str, Any]:
    """Give a probe as a JSON object."""
    return {
        "version": VERSION,
        "observations": list(probed.observations),
        "settings": [one.setting for one in probed.observations if one.setting],
        "left": list(probed.left),
        "ended": probed.ended,
    }


def _settings(probed: Probed) -> list[str]:
    """Give the settings as the configuration has them: each key below the name of its table."""
    tables: dict[str, list[str]] = {}
    for one in probed.observations:
        if one.setting:
            table, _, line = one.setting.partition(".")
            tables.setdefault(table, []).append(line)
    return list(_lines(tables))


def _lines(tables: dict[str, list[str]]) -> Iterator[str]:
    for table, lines in tables.items():
        yield from (f"[{table}]", *lines)
