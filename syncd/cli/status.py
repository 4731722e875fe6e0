"""status: how things stand."""

import time

from syncd.app.standing import standing
from syncd.cli.session import opened
from syncd.cli.terminal import ConfigOption, JsonOption, print_json, print_text, spoken
from syncd.report.status_form import status_form, status_text


def status_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """How things stand: last run, held plans, what is linked.

    Example: `syncd status --json | jq .held`
    """
    with opened(config) as (loaded, store):
        found = standing(store, loaded.settings.policy.remove_after, time.time())
        name = store.name
    if json:
        print_json(status_form(found, name, time.time()))
    else:
        print_text(status_text(found, name, time.time(), spoken()))
