"""plan, reconcile, apply: the commands that read both sides."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from syncd.app.apply import Outcome, Progress
from syncd.app.draw_up import concerning, draw_up
from syncd.app.export import department_names, departments
from syncd.app.faces import FacesReport
from syncd.app.reconcile import Report, Request, reconcile
from syncd.app.stopping import Stop
from syncd.app.world import World
from syncd.bootstrap.actors import acting
from syncd.bootstrap.configuring import note_in_use
from syncd.bootstrap.faces import faces
from syncd.bootstrap.notifications import notification
from syncd.bootstrap.world import world
from syncd.cli.face_passes import faces_after
from syncd.cli.files import read_plan, write_private
from syncd.cli.notices import notices
from syncd.cli.progress import ShownProgress
from syncd.cli.reading import look
from syncd.cli.reporting import JSON, TERMINAL, FormatOption, chosen_format, form_of_file, print_report, report_bytes
from syncd.cli.session import deciding, opened
from syncd.cli.stopping import run_until_stopped
from syncd.cli.terminal import ConfigOption, JsonOption, abandon_output, leave, note, print_json, print_text, spoken
from syncd.config.loading import Loaded
from syncd.plan.values import Plan, is_unproven
from syncd.report.contents import Subject
from syncd.report.faces import faces_form
from syncd.report.faces_text import faces_text
from syncd.report.messages import Words
from syncd.report.plan_text import plan_text
from syncd.report.run_form import approvals_form, run_form, run_text, settled_results
from syncd.report.run_summary import summary_form
from syncd.service.notifying import faults_told, tell_of, tell_of_faces
from syncd.shadow.store import Store

CHANGES_PENDING = 2
SIGNALS = 128
HELD = 3
FOUND = 4
ApproveOption = Annotated[str, typer.Option("--approve", metavar="FINGERPRINT", help="Approve this plan in one go.")]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="WHO…",
        help="Only what concerns these, and what that waits for: key, account, DN, name or platform id.",
    ),
]
MoreWho = Annotated[list[str] | None, typer.Argument(hidden=True)]
StrictOption = Annotated[bool, typer.Option("--strict", help="Conflicts and skips are exit 4.")]


def plan_command(
    config: ConfigOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write it to a file (0600): .html, .md, .csv; else JSON.")
    ] = None,
    form: FormatOption = TERMINAL,
    json: JsonOption = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 2 if changes are pending, 3 if held.")] = False,
    strict: StrictOption = False,
    only: OnlyOption = None,
    more: MoreWho = None,
) -> None:
    """The dry run: what `reconcile` would do, without a writing call.

    Examples: `syncd plan`, `syncd plan --json | jq .summary`, `syncd plan --out plan.json && syncd apply plan.json`,
    `syncd plan --format html > plan.html`
    """
    form = chosen_format(form, json=json)
    written = form_of_file(out, form) if out else form
    chosen = _whom(only, more)
    with opened(config) as (loaded, store):

        async def plan_of(everything: World) -> Plan:
            drawn = await draw_up(everything)
            return concerning(drawn, chosen) if chosen else drawn.plan

        plan, signalled = look(loaded, store, plan_of)
        known = departments(store)
    told = notices(loaded.settings, plan, spoken())
    subject = Subject(plan, known, is_part=bool(chosen), notices=told)
    if out is not None:
        write_private(out, report_bytes(subject, written, spoken()))
        note(spoken().say("note.plan_written" if written == JSON else "note.report_written", file=out))
    print_report(subject, form, spoken())
    for notice in told:
        note(notice)
    waits = any(operation.held_by for operation in plan.operations) or (not plan.operations and is_unproven(plan))
    pending = HELD if waits else CHANGES_PENDING if plan.operations else 0
    is_found = strict and (plan.conflicts or plan.skipped)
    leave(signalled or (FOUND if is_found else pending if exit_code else 0))


def reconcile_command(
    config: ConfigOption = None,
    approve: ApproveOption = "",
    reason: Annotated[str, typer.Option("--reason", help="Why it is approved; kept with the approval.")] = "",
    only: OnlyOption = None,
    more: MoreWho = None,
    no_faces: Annotated[bool, typer.Option("--no-faces", help="Send no faces afterwards.")] = False,
    strict: StrictOption = False,
    json: JsonOption = False,
) -> None:
    """Read both sides, plan, and apply what no guard holds; then the faces, where any is mapped.

    Examples: `syncd reconcile`, `syncd reconcile --approve FINGERPRINT --reason "new office"`,
    `syncd reconcile --only zhang.wei --only uid=li,ou=people,dc=example,dc=org`
    """
    request = Request(approve, acting(), reason, only=_whom(only, more))
    _reconcile(config, request, strict=strict, json=json, has_faces=not no_faces)


def apply_command(
    file: Annotated[Path, typer.Argument(help="A plan written by `syncd plan --out`.")],
    config: ConfigOption = None,
    approve: ApproveOption = "",
    strict: StrictOption = False,
    json: JsonOption = False,
) -> None:
    """Carry out the operations of a plan file that a fresh plan has too.

    Example: `syncd plan --out plan.json`, look at it, then `syncd apply plan.json`
    """
    _reconcile(config, Request(approve, acting(), "", read_plan(file)), strict=strict, json=json)


def _whom(only: list[str] | None, more: list[str] | None) -> tuple[str, ...]:
    """Give whom `--only` names; what follows its first value belongs to it too."""
    if more and not only:
        raise typer.BadParameter(f"{more[0]} stands alone; whom a plan is about is said by --only {more[0]}")
    return (*(only or ()), *(more or ()))


def _reconcile(config: Path | None, request: Request, *, strict: bool, json: bool, has_faces: bool = False) -> None:
    is_whole = request.only_plan is None and not request.only
    with deciding(config) as (loaded, store):
        note_in_use(loaded, store, request.actor)
        people = notification(loaded.settings, store) if is_whole else None
        words = spoken()

        async def work(stop: Stop) -> tuple[Report, FacesReport | None]:
            async with world(loaded, store) as everything:
                given = faces(loaded, everything) if has_faces else None
                with ShownProgress(words) as progress:
                    observe = observing(progress, loaded, store, words, json=json, is_part=not is_whole)
                    report = await reconcile(everything, request, stop, observe)
                tell_of(people, report, note)
                if given is None or stop.is_set():
                    return report, None
                done = await faces_after(everything, given, stop, request.only)
                if done is not None:
                    tell_of_faces(people, done, note)
                return report, done

        with faults_told(people, note):
            (report, given), signalled = run_until_stopped(loaded, work)
    report_and_leave(report, signalled, words, strict=strict, json=json, given=given)


def observing(
    progress: ShownProgress,
    loaded: Loaded,
    store: Store,
    words: Words,
    *,
    json: bool,
    is_part: bool = False,
    shown: str = "",
) -> Callable[[Plan | Progress], None]:
    """Show the plan on standard output and the progress of carrying it out.

    The plan is left out where the result is JSON, and where it is the one that is `shown` already, by its fingerprint.
    """

    def observe(step: Plan | Progress) -> None:
        if isinstance(step, Progress):
            progress.show(step)
            return
        if not json and step.fingerprint != shown:
            print_text(plan_text(step, departments=department_names(store), words=words, is_part=is_part))
        for notice in notices(loaded.settings, step, words):
            note(notice)

    return observe


def report_and_leave(
    report: Report, signalled: int, words: Words, *, strict: bool, json: bool, given: FacesReport | None = None
) -> None:
    """Print how a run ended, and end the command with its exit code; that of the faces counts too."""
    _tell(report, settled_results(report.results), words, given, json=json)
    code = max(report.run.exit or 0, given.record.exit if given and given.record.exit < SIGNALS else 0)
    if not signalled and report.run.outcome == "interrupted":
        note("syncd: " + next(one.message for one in report.results if one.outcome == Outcome.PENDING))
    if signalled and "interrupted" in (report.run.outcome, given.record.outcome if given else ""):
        leave(signalled)
    is_unfit = bool(given and given.record.counts.get("unfit"))
    if strict and code in (0, HELD) and (report.plan.conflicts or report.plan.skipped or is_unfit):
        code = 4
    leave(code)


def _tell(
    report: Report, results: list[dict[str, str]], words: Words, given: FacesReport | None, *, json: bool
) -> None:
    """Print how a run ended; where nobody takes it, what was done is done all the same, and so is its exit code."""
    try:
        if json:
            faces = {"faces": faces_form(given.record)} if given else {}
            told = run_form(report.run, results) | summary_form(report.run, report.plan, results)
            print_json(told | approvals_form(report.approvals) | faces)
        else:
            text = run_text(report.run, report.plan, results, words)
            print_text(text + (faces_text(given, words) if given else ""))
    except OSError as error:
        abandon_output()
        note(words.say("note.unprinted", error=error.strerror, run=report.run.run))
