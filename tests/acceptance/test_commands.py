"""The tests run every command as its user does, and check output, exit code, JSON and what it leaves behind."""

import json
import os
import stat
import subprocess

import msgspec
import pytest

from syncd.report.schemas import schemas, text
from syncd.sandbox.faults import Fault, Order
from syncd.shadow.schema import head
from syncd.testing.company import Company, Person, Unit, key_of
from tests.kit.installation.settings import APPLY_AT_ONCE
from tests.kit.installation.site import SECRET, Result, Site
from tests.kit.schema_checks import SCHEMAS, valid


def test_the_schemas_are_those_of_the_types() -> None:
    """The files in `syncd/schemas` are those that `make schemas` writes from the types."""
    assert {path.name: path.read_text() for path in SCHEMAS.glob("*.json")} == {
        name: text(schema) for name, schema in schemas().items()
    }


def test_check_proves_everything_and_makes_nothing(site: Site, company: Company) -> None:
    """`check` prints a line for each part of the installation and makes no store (DESIGN 6, store)."""
    site.employ(company)
    result = site.run("check")
    assert result.code == 0
    assert [line.split(":")[0] for line in result.out.splitlines()] == [
        *("ok   configuration", "ok   directory file", "ok   mapping", "ok   platform", "ok   store")
    ]
    assert not (site.folder / "syncd.db").exists()
    assert site.sandbox.calls == []
    assert [part["ok"] for part in site.run("check", "--json").json] == [True] * 5


def test_check_names_each_thing_that_is_wrong(site: Site) -> None:
    """`check` names every faulty part, goes on to the next one and ends with exit code 1."""
    site.configure(secret="wrong")
    (site.folder / "syncd.db").write_bytes(b"not a database, and long enough to be taken for the header of one" * 4)
    result = site.run("check")
    assert result.code == 1
    assert "FAIL directory file:" in result.out
    assert "company.ldif: the LDIF file cannot be read: No such file" in result.out
    assert "FAIL platform: the platform refused with code 71001" in result.out
    assert "FAIL store:" in result.out


def test_plan_is_a_dry_run(site: Site, company: Company) -> None:
    """`plan` prints text and JSON, writes a private file, has exit codes on request and changes nothing (I10)."""
    site.employ(company)
    result = site.run("plan", "--out", "plan.json")
    assert result.code == 0
    assert "Plan: 20 departments to create, 120 users to create." in result.out
    assert stat.S_IMODE((site.folder / "plan.json").stat().st_mode) == 0o600
    document = valid(site.run("plan", "--json").json, "plan.json")
    assert document["summary"] == {"user": {"create": 120}, "department": {"create": 20}}
    assert (
        valid(json.loads((site.folder / "plan.json").read_text()), "plan.json")["fingerprint"]
        == document["fingerprint"]
    )
    assert site.run("plan", "--format", "json").json["fingerprint"] == document["fingerprint"]
    assert site.run("plan", "--exit-code").code == 3
    assert site.sandbox.calls == []
    status = site.run("status", "--json").json
    assert (status["last_run"], status["held"], status["company"]) == (None, [], "")
    site.configure(tail=APPLY_AT_ONCE)
    assert site.run("plan", "--exit-code").code == 2
    assert site.run("reconcile").code == 0
    assert site.run("plan", "--exit-code").code == 0
    assert "is not known" in site.run("plan", "--format", "pdf").fault


def test_a_whole_life(site: Site, company: Company) -> None:
    """A plan is held, shown, approved and carried out, and history, status and export tell of it."""
    site.employ(company)
    held = site.run("reconcile", "--json")
    assert held.code == 3
    run = valid(held.json, "run.json")
    assert (run["outcome"], run["exit"], run["counts"]) == ("held", 3, {"held": 140})
    status = valid(site.run("status", "--json").json, "status.json")
    (waiting,) = status["held"]
    assert waiting["guards"] == ["configuration"]
    assert valid(site.run("show", waiting["fingerprint"], "--json").json, "plan.json")["fingerprint"] == run["plan"]
    assert "HELD by configuration" in site.run("show", run["run"]).out
    assert "syncd approve" in site.run("status").out
    assert site.run("approve", waiting["fingerprint"], "--reason", "gelesen").code == 0
    assert "gelesen" in site.run("approve", "--list", "--json").out
    done = site.run("reconcile", "--json")
    assert done.code == 0
    assert {operation["outcome"] for operation in valid(done.json, "run.json")["results"]} == {"done"}
    shown = valid(site.run("show", done.json["run"], "--json").json, "run.json")
    assert shown["results"] == done.json["results"]
    assert [run["outcome"] for run in site.run("history", "--json").json] == ["done", "held"]
    assert len(site.run("history", "-n", "1").out.splitlines()) == 1
    after = valid(site.run("status", "--json").json, "status.json")
    assert (after["held"], after["drift"]) == ([], 0)
    assert after["objects"]["user"] == {"linked": 120, "unmanaged": 1, "leaving": 0}
    assert after["last_run"]["outcome"] == "done"
    lines = [json.loads(line) for line in site.run("export").out.splitlines()]
    assert {line["kind"] for line in lines} == {"user", "department"}
    assert len(site.run("export", "--kind", "department").out.splitlines()) == 20
    ours = next(line for line in lines if line["shadow"] and line["shadow"].get("account") == "user000000")
    assert (ours["key"], ours["ownership"], ours["state"], ours["shadow_origin"]) == (
        *(key_of("person", 0), "created", "active"),
        ours["shadow_origin"],
    )
    assert "is not known" in site.run("export", "--kind", "meeting").fault


def test_a_plan_file_can_be_applied(site: Site, company: Company) -> None:
    """`apply` carries out a plan file, ends with 4 where nothing applies any more, and refuses any other file."""
    site.employ(company)
    assert site.run("plan", "--out", "plan.json").code == 0
    fingerprint = json.loads((site.folder / "plan.json").read_text())["fingerprint"]
    assert site.run("apply", "plan.json", "--approve", fingerprint).code == 0
    assert site.shown == site.wanted(company)
    assert site.run("apply", "plan.json").code == 4
    (site.folder / "plan.json").write_text("{}")
    assert "plan.json: this is not a plan file" in site.run("apply", "plan.json").fault
    assert "cannot be read" in site.run("apply", "nothing.json").fault


def test_init_writes_a_configuration_that_writes_nothing(
    site: Site, company: Company, platform_flags: list[str]
) -> None:
    """`init` writes a private, read-only configuration from its flags, and replaces none that is there."""
    site.employ(company)
    flags = ["--source", "ldif", "--path", "company.ldif", "--base", "ou=people,dc=example,dc=com", *platform_flags]
    assert site.run("init", *flags).code == 0
    assert stat.S_IMODE((site.folder / "syncd.toml").stat().st_mode) == 0o600
    assert site.run("check").code == 0
    looked = site.run("reconcile")
    assert looked.code == 3
    assert "HELD by read_only: platform.read_only is true, so nothing is written; set it to false" in looked.out
    assert site.sandbox.calls == []
    assert "is there already" in site.run("init", *flags).fault
    assert "--source is missing" in site.run("init", "--out", "other.toml").fault


def test_the_store_is_upgraded_on_request(site: Site, company: Company) -> None:
    """`db current` makes no store, and `db upgrade` makes one that only its owner can read."""
    site.employ(company)
    assert site.run("db", "current").out == f"schema none, this program knows {head()}\n"
    assert not (site.folder / "syncd.db").exists()
    assert site.run("db", "upgrade").out == f"schema {head()}\n"
    assert site.run("db", "current").out == f"schema {head()}, this program knows {head()}\n"
    assert stat.S_IMODE((site.folder / "syncd.db").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["db"],
        ["plan", "--nope"],
        ["frobnicate"],
        ["show"],
        ["explain"],
        ["history", "-n", "0"],
        ["approve"],
        ["--config", "no.toml", "plan"],
        ["sandbox", "--port", "99999"],
        ["demo", "--folder", "/proc/nowhere"],
    ],
)
def test_wrong_usage_is_one_line_and_exit_1(site: Site, arguments: list[str]) -> None:
    """A command that is used wrongly ends with exit code 1 and one line, without a traceback."""
    result = site.run(*arguments)
    assert result.code == 1
    assert not result.fault.startswith("syncd: ;")


def test_every_command_has_help_with_an_example(site: Site) -> None:
    """The help of each command that is listed here shows an example."""
    commands = [
        "init",
        "check",
        "plan",
        "reconcile",
        "apply",
        "approve",
        "status",
        "history",
        "show",
        "export",
        "explain",
        "db upgrade",
        "db current",
        "sandbox",
        "demo",
    ]
    for command in commands:
        result = site.run(*command.split(), "--help", COLUMNS="200")
        assert result.code == 0
        assert "xample" in result.out or "curl" in result.out, command


def test_findings_are_exit_4_only_if_asked_for(site: Site) -> None:
    """A bad entry stops only itself, is named by its DN, and makes the exit code 4 only with `--strict` (I11)."""
    site.configure(tail=APPLY_AT_ONCE)
    people = {
        "p1": Person("anna", "Anna", "1", "", "", ""),
        "p2": Person("ANNA", "Double", "", "", "", "d"),
        "p3": Person("cleo", "n" * 10_000, "", "", "", ""),
        "p4": Person("dora", "Dora", "1", "", "", ""),
        "p5": Person("emil", "Emil", "5", "", "", ""),
    }
    company = Company({"d": Unit("A")}, people)
    site.employ(company)
    result = site.run("reconcile", "--strict")
    assert result.code == 4
    assert "conflict duplicate_value" in result.out
    assert "Findings: 2 conflicts, 1 skipped." in result.out
    assert "uid=cleo,ou=people,dc=example,dc=com: name: it has 10000 characters" in result.out
    assert set(site.shown) == {"dora", "emil"} | (set(site.shown) & {"anna", "ANNA"})
    assert site.refused == []
    assert site.run("reconcile").code == 0


def test_a_store_that_is_locked_of_another_version_or_read_only(site: Site, company: Company) -> None:
    """A store that is newer than this program or locked ends a run with one line, and nothing is written."""
    import sqlite3  # noqa: PLC0415 - used here only

    site.employ(company)
    assert site.run("db", "upgrade").code == 0
    with sqlite3.connect(site.folder / "syncd.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "which is newer than this syncd" in site.run("reconcile").fault
    with sqlite3.connect(site.folder / "syncd.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.execute("BEGIN EXCLUSIVE")
    locked = site.run("reconcile")
    connection.rollback()
    connection.close()
    assert locked.code == 1
    assert "locked" in locked.fault
    assert site.sandbox.calls == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"dn: uid=a,dc=x\nuid: a\ncn: A", "company.ldif:3: the file ends in the middle of a line"),
        (b"dn: uid=a,dc=x\nuid:: YQ=\n", "company.ldif:2: the value after :: is not base64"),
        (b"dn: uid=a,dc=x\nchangetype: delete\n", "is a change record"),
        (b"\xff\xfe\n", "this is UTF-16"),
    ],
)
def test_a_damaged_file_is_a_broken_read(site: Site, content: bytes, words: str) -> None:
    """A damaged LDIF file ends a run with a line that says what is wrong, and nothing is written (I4)."""
    (site.folder / "company.ldif").write_bytes(content)
    assert words in site.run("reconcile").fault
    assert site.sandbox.calls == []


def test_a_platform_that_answers_with_a_page_is_one_line(site: Site, company: Company) -> None:
    """A platform that answers with a web page, as a proxy does, ends a run with one line."""
    site.employ(company)
    site.sandbox.faults.order(Order(Fault.HTML, "", -1))
    assert "is not the document's envelope" in site.run("reconcile").fault


def test_chinese_text_survives_a_terminal_that_knows_none(site: Site, company: Company) -> None:
    """A terminal that knows no Chinese shows escapes in its place, and the command does not fail."""
    site.employ(company)
    plain = site.run("plan", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert plain.code == 0
    assert "\\u90e8\\u95e8" in plain.out
    assert "部门 1" in site.run("plan", PYTHONUTF8="1").out


def test_no_secret_is_in_any_output_or_file(site: Site, company: Company) -> None:
    """Appsecret, tokens and passwords stand in no output and in no file but those that are meant for them (I8)."""
    site.configure(platform='handover = "handover.csv"')
    site.employ(company)
    said = [
        site.run("check"),
        site.run("plan", "--out", "plan.json"),
        site.settle(),
        site.run("status"),
        site.run("export"),
    ]
    site.sandbox.faults.order(Order(Fault.CUT, "user/list", 2))
    said.append(site.run("reconcile"))
    handover = (site.folder / "handover.csv").read_text()
    secrets = {SECRET, *site.sandbox.tokens.given, *(line.split(",")[2] for line in handover.splitlines())}
    assert len(secrets) > 120
    texts = [result.out + result.err for result in said]
    texts += [
        path.read_bytes().decode("utf-8", errors="replace")
        for path in site.folder.iterdir()
        if path.name not in ("handover.csv", "syncd.toml")
    ]
    found = [secret for secret in secrets for content in texts if secret in content]
    assert found == []


def test_the_day_of_a_company_shows_in_its_export(site: Site, company: Company) -> None:
    """A person who is renamed and moved keeps the same platform id in `export`."""
    site.configure(tail=APPLY_AT_ONCE)
    site.employ(company)
    assert site.run("reconcile").code == 0
    before = {line["key"]: line["platform_id"] for line in map(json.loads, site.run("export").out.splitlines())}
    key = key_of("person", 5)
    renamed = msgspec.structs.replace(
        company.people[key], name="新名字", account="renamed", department=key_of("unit", 2)
    )
    site.employ(msgspec.structs.replace(company, people={**company.people, key: renamed}))
    assert site.run("reconcile").code == 0
    after = {line["key"]: line["platform_id"] for line in map(json.loads, site.run("export").out.splitlines())}
    assert before == after
    assert "renamed" in site.shown
    assert company.people[key].account not in site.shown


def test_a_store_that_may_not_be_written_is_one_line(site: Site, company: Company) -> None:
    """A store that may not be written ends a command with exit code 1 and one line, and nothing is written."""
    site.employ(company)
    assert site.run("db", "upgrade").code == 0
    for path in (*site.folder.iterdir(), site.folder):
        path.chmod(0o500 if path.is_dir() else 0o400)
    # Root may pass over modes, and is therefore kept from it.
    bound = ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []
    for command in ("reconcile", "plan"):
        arguments = [*bound, *site.command(command)]
        done = Result(subprocess.run(arguments, cwd=site.folder, capture_output=True, check=False))  # noqa: S603 - our own program
        assert done.code == 1
        assert "writ" in done.fault
    site.folder.chmod(0o700)
    assert site.sandbox.calls == []


def test_who_cannot_be_handed_over_is_not_made(site: Site, company: Company) -> None:
    """A user whose password cannot be handed over is not created; the run goes on and ends with exit code 4."""
    site.configure(platform='handover = "/dev/full"', tail=APPLY_AT_ONCE)
    site.employ(company)
    before = set(site.sandbox.company.state.users)
    result = site.run("reconcile", "--json")
    assert result.code == 4
    failed = [operation["message"] for operation in result.json["results"] if operation["outcome"] == "failed"]
    assert failed
    assert all("platform.handover: /dev/full cannot be written: No space left" in message for message in failed)
    assert set(site.sandbox.company.state.users) == before
    assert site.sandbox.company.state.departments


def test_a_plan_makes_no_handover_file(site: Site, company: Company) -> None:
    """Neither `plan` nor `check` makes the file of handed-over passwords (I10)."""
    site.configure(platform='handover = "handover.csv"')
    site.employ(company)
    assert site.run("plan").code == site.run("check").code == 0
    assert not (site.folder / "handover.csv").exists()


@pytest.mark.parametrize("command", [["error", "71006"], ["error"], ["face", "check", "x.jpg"]])
def test_every_command_takes_a_configuration(site: Site, command: list[str]) -> None:
    """Commands that need no configuration take `--config` too, and that file need not exist."""
    assert "No such option" not in site.run(*command, "--config", "nowhere.toml").err


def test_a_wrong_choice_is_told_in_words_of_ours(site: Site) -> None:
    """A value that an option does not know is refused in one line that lists the values it knows."""
    fault = site.run("link", "--by", "name").fault
    assert fault.startswith("syncd: Invalid value for '--by': 'name' is not one of 'account', 'email', 'phone'")


def test_a_strict_plan_tells_of_conflicts_and_skips_by_its_exit_code(site: Site, company: Company) -> None:
    """`plan --strict` ends with exit code 4 where an entry is skipped, also together with `--exit-code`."""
    site.employ(company)
    assert site.run("plan", "--strict", "--exit-code").code == 3
    nameless = msgspec.structs.replace(company.people[key_of("person", 1)], account="")
    site.employ(Company(company.units, {**company.people, key_of("person", 1): nameless}))
    assert [site.run("plan", *flags).code for flags in ([], ["--strict"], ["--strict", "--exit-code"])] == [0, 4, 4]
