"""What a command loads: the libraries that it uses, and no other."""

import json
import os
import subprocess
import sys

from syncd.testing.company import Company
from tests.kit.installation.site import Site

RUN = """
import json, sys
from syncd.cli.main import main
try:
    main()
finally:
    loaded = [name for name in json.loads(sys.stdin.read()) if sys.modules.get(name)]
    print("loaded: " + json.dumps(loaded), file=sys.stderr)
"""
NOT_FOR_A_RUN = (
    *("alembic", "mako", "PIL", "jinja2", "structlog", "rich", "click", "httpx._main", "prometheus_client"),
    *("apscheduler", "starlette", "uvicorn", "python_calamine", "sqlalchemy.dialects.postgresql"),
    *("syncd.sandbox", "syncd.testing", "syncd.events", "syncd.service.daemon"),
)
SOURCES = tuple(f"syncd.directory.{name}_source" for name in ("ldap", "ldif", "csv", "sql", "http"))
BOTH_SIDES = ("aiohttp", "httpx", "syncd.platform.client", "stamina", "ldap3", *SOURCES)
STORE = ("sqlalchemy", "sqlalchemy.dialects.sqlite")
CSV = '[source.hr]\ntype = "csv"\nkey = "entryUUID"\n[source.hr.users]\npath = "people.csv"\n'


def loaded(site: Site, *arguments: str) -> tuple[int, list[str]]:
    """Return the exit code of a command, and what it loaded of all that some command does not need."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", RUN, *arguments],
        input=json.dumps([*NOT_FOR_A_RUN, *BOTH_SIDES, *STORE]),
        cwd=site.folder,
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("SYNCD_")},
    )
    return done.returncode, json.loads(done.stderr.rpartition("loaded: ")[2])


def test_a_command_that_only_reads_the_store_loads_neither_side_nor_what_runs_need(
    site: Site, company: Company
) -> None:
    """Commands that ask the store load SQLAlchemy with its dialect alone, others not even that, pages Jinja besides."""
    site.employ(company)
    assert site.run("plan", "--out", "plan.json").code == 0
    assert site.settle().code == 0
    run = site.run("history", "--json").json[0]["run"]
    store = [*STORE]
    expected = {
        ("status",): (0, store),
        ("history",): (0, store),
        ("show", run): (0, store),
        ("show", run, "--json"): (0, store),
        ("show", run, "--format", "csv"): (0, store),
        ("show", run, "--format", "html"): (0, ["jinja2", *store]),
        ("show", "plan.json"): (0, store),
        ("export",): (0, store),
        ("approve", "--list"): (0, store),
        ("approve", "0123456789abcdef"): (3, store),
        ("events", "list"): (0, store),
        ("unlink", "nobody"): (1, store),
        ("db", "current"): (0, store),
        ("db", "backup"): (0, store),
        ("error", "71006"): (0, []),
        ("init", "--out", "syncd.toml"): (1, []),
        ("face", "check", "plan.json"): (1, ["PIL"]),
    }
    assert {arguments: loaded(site, *arguments) for arguments in expected} == expected


def test_a_command_that_reads_both_sides_loads_the_client_and_the_source_in_use(site: Site, company: Company) -> None:
    """`explain`, `plan`, `check`, `link` and `reconcile` load the client and the kind of source that is configured."""
    site.employ(company)
    who = next(iter(company.people.values())).account
    assert site.settle().code == 0
    both = ["aiohttp", "httpx", "syncd.platform.client", "stamina"]
    # The filters of files are parsed by ldap3.
    ldif = [*both, "ldap3", "syncd.directory.ldif_source", *STORE]
    expected = {
        ("explain", who): (0, ldif),
        ("plan",): (0, ldif),
        ("check",): (0, ldif),
        ("link", "nobody", "nothing"): (1, ldif),
        ("reconcile",): (0, ldif),
    }
    assert {arguments: loaded(site, *arguments) for arguments in expected} == expected
    site.configure(CSV)
    (site.folder / "people.csv").write_bytes(company.csv()["people.csv"])
    assert loaded(site, "check") == (0, [*both, "syncd.directory.csv_source", *STORE])
