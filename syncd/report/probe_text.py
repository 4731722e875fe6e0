"""A probe as people read it, and as JSON."""

from collections.abc import Iterator
from typing import Any

from syncd.app.probing.values import Observation, Probed

VERSION = 1


def observation_text(observation: Observation) -> str:
    """Give an observation as a line: what the installation does, what that means, and what to set."""
    meaning = f"; {observation.meaning}" if observation.meaning else ""
    setting = f"; set {observation.setting}" if observation.setting else ""
    return f"{observation.name}: {observation.observed}{meaning}{setting}\n"


def ending_text(probed: Probed) -> str:
    """Give how a probe ended: settings to take over, what is left behind, and why it ended early."""
    nothing = [] if probed.ended else ["Nothing has to be set for this platform."]
    lines = ["", *(_settings(probed) or nothing), ""]
    lines += [f"Ended early: {probed.ended}"] if probed.ended else []
    lines += [f"NOT REMOVED: {one}" for one in probed.left]
    lines += ["Everything that the probe had made is removed."] if not probed.left else []
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
