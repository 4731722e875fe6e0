"""show: a run, a held plan, or a plan file."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from syncd.app.approve import held_plan
from syncd.app.export import departments
from syncd.bootstrap.stores import opened_store
from syncd.cli.files import read_plan
from syncd.cli.reporting import TERMINAL, FormatOption, chosen_format, print_report
from syncd.cli.session import configured_if_there, opened
from syncd.cli.terminal import ConfigOption, JsonOption, note, spoken
from syncd.config.loading import Loaded
from syncd.errors import ConfigurationError, StoreError
from syncd.model.objects import Department
from syncd.plan.alteration import is_altered
from syncd.plan.json_form import from_json
from syncd.plan.values import Plan
from syncd.report.contents import Subject
from syncd.report.run_form import stored_results
from syncd.shadow import schema
from syncd.shadow.store import Store


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
        altered: tuple[str, ...] = ()
        if is_altered(plan):
            altered = (spoken().say("notice.altered", file=file, fingerprint=plan.fingerprint),)
            plan = msgspec.structs.replace(plan, fingerprint="")
            note(altered[0])
        print_report(Subject(plan, _departments_of(plan, loaded), notices=altered), form, spoken())
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
        if (held := held_plan(work, what)) is not None:
            return Subject(held, known)
        if (found := work.runs.get(what)) is None:
            raise ConfigurationError(f"{what} is no file, no held plan and no run; `syncd history` names the runs")
        record, text = found
        plan = from_json(text)
        results = stored_results(plan, work.runs.results(record.run))
        approvals = work.approvals.used(record.started_at, record.finished_at or math.inf)
        return Subject(plan, known, record, results, approvals=approvals)
