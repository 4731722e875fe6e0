"""history: the latest runs."""

from typing import Annotated

import typer

from syncd.cli.session import opened
from syncd.cli.terminal import ConfigOption, JsonOption, print_json, print_text, spoken
from syncd.report.run_form import approvals_form, run_form, run_line


def history_command(
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many runs, newest first.")] = 20,
    json: JsonOption = False,
) -> None:
    """The latest runs, newest first.

    Example: `syncd history -n 5`
    """
    with opened(config) as (_, store), store.reading() as work:
        runs = work.runs.latest(limit)
        approvals = work.approvals.used_by(runs)
    if json:
        print_json([run_form(run, []) | approvals_form(approvals.get(run.run, ())) for run in runs])
    else:
        words = spoken()
        lines = [run_line(run, words, approvals.get(run.run, ())) for run in runs]
        print_text("\n".join(lines or [words.say("history.none")]) + "\n")
