"""forget: take one person who is gone out of the store."""

import time
from typing import Annotated

import typer

from syncd.app.forget import Traces, forget, traces
from syncd.bootstrap.actors import acting
from syncd.cli.questions import is_somebody_there
from syncd.cli.session import deciding
from syncd.cli.terminal import ConfigOption, JsonOption, note, print_json, print_text, spoken
from syncd.errors import ConfigurationError
from syncd.report.forgetting import traces_form, traces_text


def forget_command(
    who: Annotated[str, typer.Argument(metavar="WHO", help="A key, platform id, account, DN or name.")],
    config: ConfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what the store has, and take nothing out.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take it out; nobody is asked.")] = False,
    json: JsonOption = False,
) -> None:
    """Take everything out of the store that tells of one person who is gone.

    Plans, journal and events are meant; what was done stays as a number, without who it was. It cannot be undone, nor
    can a run be reverted for them. Who is still in the directory or on the platform is not forgotten.

    Examples: `syncd forget wang.fang --dry-run`, `syncd forget 5f0d51e2-5b1c-103e-9a0b-8d3a4f1c2b77 --yes`
    """
    words = spoken()
    if not (dry_run or yes or is_somebody_there()):
        raise ConfigurationError(
            "forget cannot be undone, and there is nobody to ask: give --yes, or look with --dry-run"
        )
    with deciding(config) as (_, store):
        found = traces(store, who)
        if not (dry_run or yes):
            note(traces_text(found, words, is_done=False))
            if not typer.confirm(words.say("forget.ask"), err=True):
                note(words.say("forget.left"))
                return
        if not dry_run:
            found = forget(store, who, acting(), time.time())
    _tell(found, json=json, is_done=not dry_run)


def _tell(found: Traces, *, json: bool, is_done: bool) -> None:
    if json:
        print_json(traces_form(found, is_done=is_done))
        return
    print_text(traces_text(found, spoken(), is_done=is_done) + "\n")
