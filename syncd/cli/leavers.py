"""leavers: who is in grace, why, and what happens when."""

import time

from syncd.app.leavers import leavers
from syncd.cli.session import opened
from syncd.cli.terminal import ConfigOption, JsonOption, print_json, print_text, spoken
from syncd.report.leavers import leaver_form, leaver_lines


def leavers_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List who is in grace: who is removed when, and why, unless they return.

    Examples: `syncd leavers`, `syncd leavers --json | jq '.[].account'`
    """
    with opened(config) as (loaded, store):
        found = leavers(store, loaded.settings.policy.remove_after, time.time())
    if json:
        print_json([leaver_form(leaver) for leaver in found.leaving])
        return
    words = spoken()
    lines = list(leaver_lines(found.leaving, words, found.decisions, shown=len(found.leaving)))
    print_text("\n".join(lines or [words.say("leaving.none")]) + "\n")
