"""revert: undo a run."""

from typing import Annotated

import typer

from syncd.app.draw_up import Drawn
from syncd.app.export import departments
from syncd.app.reconcile import Report, Request
from syncd.app.revert import draw_inverse, past, revert
from syncd.app.stopping import Stop
from syncd.app.world import World
from syncd.bootstrap.actors import acting
from syncd.bootstrap.configuring import note_in_use
from syncd.bootstrap.world import world
from syncd.cli.progress import ShownProgress
from syncd.cli.questions import is_somebody_there
from syncd.cli.reading import look
from syncd.cli.reporting import TERMINAL, FormatOption, chosen_format, print_report
from syncd.cli.running import ApproveOption, StrictOption, observing, report_and_leave
from syncd.cli.session import deciding
from syncd.cli.stopping import run_until_stopped
from syncd.cli.terminal import ConfigOption, JsonOption, leave, note, spoken
from syncd.report.contents import Subject


def revert_command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run, or the beginning of its name.")],
    config: ConfigOption = None,
    approve: ApproveOption = "",
    reason: Annotated[str, typer.Option("--reason", help="Why it is approved; kept with the approval.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be undone, and undo nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Undo it; nobody is asked.")] = False,
    form: FormatOption = TERMINAL,
    strict: StrictOption = False,
    json: JsonOption = False,
) -> None:
    """Undo a run: fields, departments and links as they were before it, as far as nobody has changed them since.

    Who was removed comes back without meetings, face and password. The plan is guarded like any other. What is undone
    is not done again by the next run until the directory changes or somebody approves it. On a terminal it shows the
    plan and asks first.

    Examples: `syncd revert 20261124T0815 --dry-run`, `syncd revert 20261124T0815 --approve FINGERPRINT`
    """
    form = chosen_format(form, json=json)
    request = Request(approve, acting(), reason)
    asks = is_somebody_there() and not (yes or approve or json)
    with deciding(config) as (loaded, store):
        words = spoken()
        shown = ""
        if dry_run or asks:
            undone = past(store, run)

            async def inverse(everything: World) -> Drawn:
                return await draw_inverse(everything, undone)

            drawn, signalled = look(loaded, store, inverse)
            shown = drawn.plan.fingerprint
            print_report(Subject(drawn.plan, departments(store)), form, words)
            if dry_run or signalled:
                leave(signalled)
                return
            if drawn.plan.operations and not typer.confirm(words.say("revert.ask"), err=True):
                note(words.say("revert.left"))
                return
        note_in_use(loaded, store, request.actor)
        with ShownProgress(words) as progress:
            observe = observing(progress, loaded, store, words, json=json, shown=shown)

            async def work(stop: Stop) -> Report:
                async with world(loaded, store) as everything:
                    return await revert(everything, run, request, stop, observe)

            report, signalled = run_until_stopped(loaded, work)
    report_and_leave(report, signalled, words, strict=strict, json=json)
