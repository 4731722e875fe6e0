"""Printing a plan or run in the form and language that are asked for."""

from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.terminal import print_bytes, print_json, print_text
from syncd.errors import ConfigurationError
from syncd.plan.json_form import to_json
from syncd.report.contents import Subject
from syncd.report.messages import Words
from syncd.report.plan_text import plan_text
from syncd.report.run_form import approvals_form, run_form, run_text
from syncd.report.run_summary import summary_form

TERMINAL, JSON = "terminal", "json"
PAPERS = ("html", "markdown", "csv")
SUFFIXES = {".html": "html", ".md": "markdown", ".csv": "csv"}
FORMATS = (TERMINAL, JSON, *PAPERS)
FormatOption = Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}")]


def chosen_format(form: str, *, json: bool) -> str:
    """Give the form that `--format` and `--json` ask for; raises `ConfigurationError` where there is no such form."""
    if form not in FORMATS:
        raise ConfigurationError(f"--format {form} is not known; it is one of {', '.join(FORMATS)}")
    return JSON if json else form


def form_of_file(file: Path, form: str) -> str:
    """Return the form in which a plan is written to a file, by its suffix; JSON for any other suffix.

    Raises `ConfigurationError` where `--format` asks for another one.
    """
    written = SUFFIXES.get(file.suffix.lower(), JSON)
    if form not in (TERMINAL, written):
        raise ConfigurationError(
            f"--out {file} is written as {written}, and --format asks for {form}; name a file with the suffix of that "
            f"form ({', '.join(SUFFIXES)}; anything else is JSON), or leave --format out"
        )
    return written


def report_bytes(subject: Subject, form: str, words: Words) -> bytes:
    """Return a plan as a file has it."""
    return to_json(subject.plan) if form == JSON else _paper(form, subject, words).encode()


def print_report(subject: Subject, form: str, words: Words) -> None:
    """Print a plan, or a run with its plan, on standard output; files are UTF-8 whatever the terminal's locale."""
    if form in PAPERS:
        print_bytes(_paper(form, subject, words).encode())
    elif form == TERMINAL:
        print_text(_text(subject, words))
    elif subject.run is not None:
        form_of_run = run_form(subject.run, subject.results) | approvals_form(subject.approvals)
        print_json(form_of_run | summary_form(subject.run, subject.plan, subject.results))
    else:
        print_bytes(to_json(subject.plan) + b"\n")


def _paper(form: str, subject: Subject, words: Words) -> str:
    """Return a plan or run in one of `PAPERS`, each of which is loaded where it is asked for."""
    if form == "html":
        from syncd.report.plan_html import plan_html  # noqa: PLC0415 - as said

        return plan_html(subject, words)
    if form == "markdown":
        from syncd.report.plan_markdown import plan_markdown  # noqa: PLC0415 - as said

        return plan_markdown(subject, words)
    from syncd.report.plan_csv import plan_csv  # noqa: PLC0415 - as said

    return plan_csv(subject)


def _text(subject: Subject, words: Words) -> str:
    names = {platform_id: one.name for platform_id, one in subject.departments.items()}
    text = plan_text(subject.plan, departments=names, words=words, is_part=subject.is_part)
    return (
        text
        if subject.run is None
        else text + run_text(subject.run, subject.plan, subject.results, words, subject.approvals)
    )
