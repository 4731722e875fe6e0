"""The tests ask for plans and runs in every form and language."""

import csv
import io
import json
from collections.abc import Callable

import msgspec
import pytest

from syncd.testing.company import Company, key_of
from syncd.testing.plans import HOSTILE
from tests.kit.installation.site import Site

HTML, MARKDOWN, CSV = "html", "markdown", "csv"
IS_FORM: dict[str, Callable[[str], bool]] = {
    "terminal": lambda text: "departments to create" in text,
    "json": lambda text: "operations" in json.loads(text) or "results" in json.loads(text),
    HTML: lambda text: text.startswith("<!doctype html>") and text.rstrip().endswith("</html>"),
    MARKDOWN: lambda text: text.startswith("# "),
    CSV: lambda text: len(list(csv.DictReader(io.StringIO(text), strict=True))) > 120,
}
CHINESE = {"LC_ALL": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8"}


@pytest.mark.parametrize("form", IS_FORM)
def test_a_plan_is_shown_in_every_form_wherever_it_stands(site: Site, company: Company, form: str) -> None:
    """A plan has every form when it is new, in a file, held and done, and only the run writes (I10)."""
    site.employ(company)
    assert site.run("plan", "--out", "plan.json").code == 0
    made = site.run("plan", "--format", form)
    assert IS_FORM[form](made.out)
    shown = site.run("show", "plan.json", "--format", form)
    assert IS_FORM[form](shown.out)
    fingerprint = json.loads((site.folder / "plan.json").read_text())["fingerprint"]
    assert site.run("reconcile").code == 3
    held = site.run("show", fingerprint, "--format", form)
    assert IS_FORM[form](held.out)
    assert site.sandbox.calls == []
    run = site.run("reconcile", "--json", "--approve", fingerprint).json["run"]
    calls = list(site.sandbox.calls)
    carried_out = site.run("show", run, "--format", form)
    assert IS_FORM[form](carried_out.out)
    assert "done" in carried_out.out
    assert [result.code for result in (made, shown, held, carried_out)] == [0, 0, 0, 0]
    assert site.sandbox.calls == calls


def test_an_unknown_form_names_those_that_are(site: Site, company: Company) -> None:
    """An unknown form ends a command with exit code 1 and one line that lists the known forms."""
    site.employ(company)
    for command in (("plan",), ("show", "plan.json")):
        done = site.run(*command, "--format", "pdf")
        assert done.code == 1
        assert "--format pdf is not known; it is one of terminal, json, html, markdown, csv" in done.fault


def test_a_file_is_shown_without_a_configuration(site: Site, company: Company) -> None:
    """A plan file is shown without a configuration and without a store, and no store is made."""
    site.employ(company)
    assert site.run("plan", "--out", "plan.json").code == 0
    for name in ("syncd.db", "syncd.toml"):
        (site.folder / name).unlink()
    done = site.run("show", "plan.json", "--format", HTML)
    assert (done.code, IS_FORM[HTML](done.out)) == (0, True)
    assert "no configuration is in use" in done.err
    assert "cannot be read" in site.run("show", "plan.json", "--config", "other.toml").fault
    site.configure()
    assert site.run("show", "plan.json", "--format", HTML).code == 0
    assert not (site.folder / "syncd.db").exists()


def test_departments_are_shown_by_path_and_id(site: Site, company: Company) -> None:
    """Departments are shown by path and id, also those that the plan does not touch."""
    site.employ(company)
    assert site.settle().code == 0
    key = key_of("person", 0)
    person = company.people[key]
    target = next(unit for unit in company.units if unit != person.department)
    people = {**company.people, key: msgspec.structs.replace(person, department=target)}
    site.employ(msgspec.structs.replace(company, people=people))
    assert site.run("plan", "--out", "plan.json").code == 0
    plan = site.run("plan", "--format", CSV)
    (line,) = (row for row in csv.DictReader(io.StringIO(plan.out)) if row["field"] == "department")
    assert line["after_path"] == " / ".join(company.path(target))
    assert line["before_path"] == " / ".join(company.path(person.department))
    shown = site.run("show", "plan.json", "--format", MARKDOWN).out
    assert f"{line['before_path']} ({line['before']}) → {line['after_path']} ({line['after']})" in shown


def test_the_language_is_the_terminals_or_the_configured_one(site: Site, company: Company) -> None:
    """Reports are in the configured language or the terminal's, and JSON and CSV are the same in all of them."""
    site.employ(company)
    assert "计划：新建部门 20 个、新建用户 120 个。" in site.run("plan", **CHINESE).out
    assert '<html lang="zh-CN">' in site.run("plan", "--format", HTML, **CHINESE).out
    assert '<html lang="en">' in site.run("plan", "--format", HTML).out
    assert "运行 " in site.run("reconcile", **CHINESE).out
    site.configure(tail='[log]\nlang = "zh"\n')
    assert site.run("plan", "--format", MARKDOWN).out.startswith("# 20")
    assert "## 摘要" in site.run("plan", "--format", MARKDOWN).out
    site.configure(tail='[log]\nlang = "en"\n')
    assert "Plan: 20 departments to create, 120 users to create." in site.run("plan", **CHINESE).out
    assert site.run("plan", "--format", CSV, **CHINESE).out == site.run("plan", "--format", CSV).out
    site.configure(tail='[log]\nlang = "zh"\n')
    english, chinese = (site.run("plan", "--json", **environ).json for environ in ({"LC_ALL": "C.UTF-8"}, CHINESE))
    assert english | {"as_of": ""} == chinese | {"as_of": ""}


def test_a_page_is_utf8_whatever_the_terminal_is(site: Site, company: Company) -> None:
    """HTML, Markdown and CSV are UTF-8 even where the terminal takes only ASCII."""
    site.employ(company)
    for form in (HTML, MARKDOWN, CSV):
        done = site.run("plan", "--format", form, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
        assert "部门 0" in done.out


def test_no_report_holds_a_password_or_carries_a_name_out(site: Site, company: Company) -> None:
    """No report shows an initial password, and no name brings a script into a page (I8)."""
    site.configure(platform='handover = "handover.csv"\ninitial_password = "{{ \'Anfang-\' ~ uid }}"')
    key = key_of("person", 0)
    people = {**company.people, key: msgspec.structs.replace(company.people[key], name=HOSTILE)}
    site.employ(msgspec.structs.replace(company, people=people))
    said = [site.run("plan", "--format", form).out for form in IS_FORM]
    assert site.settle().code == 0
    run = site.run("history", "--json").json[0]["run"]
    said += [site.run("show", run, "--format", form).out for form in IS_FORM]
    assert "Anfang-" in (site.folder / "handover.csv").read_text()
    assert [text for text in said if "Anfang-" in text] == []
    assert [text for text in said if "<!doctype" in text and "<script" in text] == []


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("plan.html", b"<!doctype html>"),
        ("plan.md", b"# "),
        ("plan.csv", b"operation,"),
        ("plan.json", b"{"),
        ("p", b"{"),
    ],
)
def test_a_plan_is_written_in_the_form_that_its_suffix_says(
    site: Site, company: Company, name: str, begins: bytes
) -> None:
    """`--out` writes a page, Markdown, CSV or JSON by the suffix, for its owner's eyes only."""
    site.employ(company)
    assert site.run("plan", "--out", name).code == 0
    path = site.folder / name
    assert path.read_bytes().startswith(begins)
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_form_than_the_suffix_says_is_an_error(site: Site, company: Company) -> None:
    """`--format` beside an `--out` of another suffix is an error, and one that agrees is not."""
    site.employ(company)
    refused = site.run("plan", "--out", "plan.html", "--format", "markdown")
    assert refused.code == 1
    assert "is written as html, and --format asks for markdown" in refused.fault
    assert not (site.folder / "plan.html").exists()
    assert site.run("plan", "--out", "plan.html", "--format", "html").code == 0
    assert site.run("plan", "--out", "plan.json", "--json").code == 0
