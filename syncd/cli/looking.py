"""check, status, history, show, export: the commands that only look."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from syncd.app.check import Finding, Known, check, events_finding
from syncd.app.export import departments, export_lines, managed_kinds
from syncd.app.face_checking import check_faces
from syncd.app.standing import standing
from syncd.app.stopping import Stop, unless_stopped
from syncd.bootstrap.decisions import decisions, moment
from syncd.bootstrap.faces import faces_of
from syncd.bootstrap.platforms import client
from syncd.bootstrap.sources import sources
from syncd.bootstrap.stores import opened_store
from syncd.cli.files import read_plan
from syncd.cli.probing import probe_platform
from syncd.cli.reporting import TERMINAL, FormatOption, chosen_format, print_report
from syncd.cli.session import configured, configured_if_there, opened, run_until_stopped
from syncd.cli.terminal import ConfigOption, JsonOption, leave, note, print_bytes, print_json, print_text, spoken
from syncd.config.loading import Loaded
from syncd.errors import ConfigurationError, StoreError, SyncdError
from syncd.model.objects import Department, Kind
from syncd.plan.json_form import from_json
from syncd.plan.values import Plan
from syncd.report.check_text import finding_text
from syncd.report.contents import Subject
from syncd.report.run_form import iso, run_form, run_line, stored_results
from syncd.report.status_form import status_form, status_text
from syncd.shadow import schema
from syncd.shadow.store import Store


def check_command(
    config: ConfigOption = None,
    platform_probe: Annotated[
        bool,
        typer.Option(
            "--platform-probe",
            help="Instead: WRITE a few objects to the platform, see what it does with them, and remove them.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="The probe may write; nobody is asked.")] = False,
    json: JsonOption = False,
) -> None:
    """Prove configuration, directory, mapping, platform and store, a line each.

    Examples: `syncd check && syncd plan`, `syncd check --platform-probe` once before the first run
    """
    if platform_probe:
        probe_platform(config, yes=yes, json=json)
        return
    if yes:
        raise ConfigurationError("--yes belongs to --platform-probe; a check by itself writes nothing")
    loaded = configured(config)
    findings: list[Finding] = []

    async def look(stop: Stop) -> None:
        await unless_stopped(stop, prove())

    async def prove() -> None:
        async for finding in _findings(loaded):
            findings.append(finding)
            if not json:
                print_text(finding_text(finding, spoken()))

    _, signalled = run_until_stopped(look)
    if json:
        print_json(findings)
    leave(signalled or (0 if all(one.ok for one in findings) else 1))


async def _findings(loaded: Loaded) -> AsyncIterator[Finding]:
    yield Finding("configuration", True, str(loaded.path))
    settings = loaded.settings
    async with client(settings) as platform:
        everything = check(
            tuple(sources(settings, {})), platform, decisions(loaded), moment(settings), lambda: _known(loaded)
        )
        async for finding in everything:
            yield finding
    async for finding in _faces(loaded):
        yield finding
    for finding in await asyncio.to_thread(_callback, loaded):
        yield finding


async def _faces(loaded: Loaded) -> AsyncIterator[Finding]:
    """Look who has a picture, where a face is mapped; none is read."""
    found = faces_of(loaded, tuple(sources(loaded.settings, {})), {})
    if found is not None:
        async for finding in check_faces(found, decisions(loaded), moment(loaded.settings)):
            yield finding


def _callback(loaded: Loaded) -> list[Finding]:
    """Ask our own listener, by the way that the platform's events take where that is known; nothing without keys."""
    chosen = loaded.settings.platform.callback
    if not chosen.token.get_secret_value():
        return []
    from syncd.bootstrap.daemon import listener_settings  # noqa: PLC0415 - a server is no matter of the other commands
    from syncd.events import self_check, serving  # noqa: PLC0415 - likewise

    settings = listener_settings(loaded.settings)
    url = chosen.url or serving.own_address(settings)
    try:
        taken = self_check.ask(url, settings.keys[0], is_ours=not chosen.url)
    except self_check.NobodyListens as error:
        return [Finding("callback", not chosen.url, str(error))]
    except SyncdError as error:
        return [Finding("callback", False, str(error))]
    return [Finding("callback", True, f"{url} answers a signed check_url after {taken * 1000:.0f} ms")]


def _known(loaded: Loaded) -> Known:
    """Look at the store without making one (DESIGN 6, store)."""
    url = loaded.settings.store.url.get_secret_value()
    path = schema.sqlite_path(url)
    if path is not None and not path.exists():
        return Known(f"{path} is not there yet; the first `syncd plan` or `syncd reconcile` makes it")
    with opened_store(loaded.settings) as store, store.reading() as work:
        facts, links = work.facts.all(), work.links.all()
        told = f"{schema.shown(url)}: schema {schema.head()}"
        return Known(told, facts, links, events_finding(store, time.time()))


def status_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """How things stand: last run, held plans, what is linked.

    Example: `syncd status --json | jq .held`
    """
    with opened(config) as (_, store):
        found = standing(store)
        name = store.name
    if json:
        print_json(status_form(found, name, time.time()))
    else:
        print_text(status_text(found, name, time.time(), spoken()))


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
    if json:
        print_json([run_form(run, []) for run in runs])
    else:
        words = spoken()
        print_text("\n".join([run_line(run, words) for run in runs] or [words.say("history.none")]) + "\n")


def show_command(
    what: Annotated[str, typer.Argument(metavar="RUN|FILE", help="A run, a held plan's fingerprint, or a plan file.")],
    config: ConfigOption = None,
    form: FormatOption = TERMINAL,
    json: JsonOption = False,
) -> None:
    """A run with its plan and outcomes, a held plan, or a plan file.

    Examples: `syncd show 20261124T0815`, `syncd show plan.json`, `syncd show plan.json --format html > plan.html`
    """
    form = chosen_format(form, json=json)
    if (file := Path(what)).is_file():
        plan = read_plan(file)
        loaded = configured_if_there(config)
        print_report(Subject(plan, _departments_of(plan, loaded)), form, spoken())
        return
    with opened(config) as (loaded, store):
        subject = _looked_up(what, store)
    print_report(subject, form, spoken())


def _departments_of(plan: Plan, loaded: Loaded | None) -> Mapping[str, Department]:
    """Give the departments that the store of a plan knows; none where this installation's store is another one."""
    if loaded is None:
        return {}
    path = schema.sqlite_path(loaded.settings.store.url.get_secret_value())
    if path is not None and not path.exists():
        return {}
    try:
        with opened_store(loaded.settings) as store:
            return departments(store) if store.name == plan.store else {}
    except StoreError as error:
        note(spoken().say("note.by_ids", error=error))
        return {}


def _looked_up(what: str, store: Store) -> Subject:
    """Give the held plan or the run that is meant."""
    known = departments(store)
    with store.reading() as work:
        if (held := work.held.get(what)) is not None:
            return Subject(from_json(held.plan), known)
        if (found := work.runs.get(what)) is None:
            raise ConfigurationError(f"{what} is no file, no held plan and no run; `syncd history` names the runs")
        record, text = found
        plan = from_json(text)
        return Subject(plan, known, record, stored_results(plan, work.runs.results(record.run)))


def export_command(
    config: ConfigOption = None,
    kind: Annotated[str, typer.Option("--kind", help="user, department or room; else all that are managed")] = "",
    json: Annotated[bool, typer.Option("--json", help="Taken for sameness: it is JSON in any case.")] = False,
) -> None:
    """The shadow with its links, a JSON object a line.

    Example: `syncd export --kind user | jq -r .shadow.account`
    """
    del json
    if kind not in ("", *Kind):
        raise ConfigurationError(f"--kind {kind} is not known; it is one of {', '.join(Kind)}")
    with opened(config) as (_, store):
        for line in export_lines(store, (Kind(kind),) if kind else managed_kinds(store)):
            print_bytes(msgspec.json.encode({**line, "shadow_as_of": iso(line["shadow_as_of"])}) + b"\n")
