"""The tests sync a company whose directory is two CSV files, whole and damaged ones."""

import threading
from collections.abc import Callable

import pytest

from syncd.testing.company import Company, hard_day
from tests.kit.installation.settings import APPLY_AT_ONCE, REMOVE_AT_ONCE
from tests.kit.installation.site import Site
from tests.kit.installation.tables import CSV_SOURCE, write_tables
from tests.kit.long_ago import write_long_ago

Change = Callable[[bytes], bytes]


def employ(site: Site, company: Company, change: Change = bytes) -> None:
    """Write the files of this company as if a while ago, with `change` made to the people's."""
    write_tables(site, company)
    write_long_ago(site.folder / "people.csv", change(company.csv()["people.csv"]))


@pytest.fixture
def settled(site: Site, company: Company) -> Site:
    """Return an installation whose platform holds the company."""
    site.configure(CSV_SOURCE, tail=REMOVE_AT_ONCE)
    employ(site, company)
    assert site.settle().code == 0
    return site


def backwards(content: bytes) -> bytes:
    """Return the rows of a file in reverse order, with a byte order mark and another delimiter."""
    header, *rows = content.decode().splitlines(keepends=True)
    return "".join(["\ufeff", header, *reversed(rows)]).replace(",", ";").encode()


def test_the_platform_becomes_and_stays_what_the_files_say(settled: Site, company: Company) -> None:
    """The platform shows what the files say, also after a hard day, and another form of the files changes nothing."""
    assert settled.shown == settled.wanted(company)
    day = hard_day(company, 120)
    employ(settled, day)
    assert settled.settle().code == 0
    assert settled.shown == settled.wanted(day)
    assert settled.refused == []
    calls = len(settled.sandbox.calls)
    employ(settled, day, backwards)
    again = settled.run("reconcile", "--json")
    assert (again.code, again.json["results"], len(settled.sandbox.calls)) == (0, [], calls)
    assert settled.run("plan", "--exit-code").code == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: content[: len(content) // 2], "cut off"),
        (lambda content: content.replace(b"mobile", b"telephone"), "which mapping.user.phone names"),
        (lambda content: content + b'x,"unfinished', "the quoting is wrong"),
        (lambda content: content.replace("王".encode(), b"\xff", 1), "is not UTF-8, which the rest of the file is"),
    ],
    ids=["cut", "without a column", "an open quote", "damaged"],
)
def test_a_file_that_is_not_whole_is_exit_1_with_its_line(
    settled: Site, company: Company, change: Change, words: str
) -> None:
    """A file that is not whole ends a run with exit code 1, writes nothing (I4), and does not spoil the next run."""
    calls = len(settled.sandbox.calls)
    employ(settled, company, change)
    broken = settled.run("reconcile")
    assert (broken.code, broken.fault.startswith("syncd: people.csv:"), words in broken.fault) == (1, True, True)
    assert len(settled.sandbox.calls) == calls
    employ(settled, company)
    assert settled.run("reconcile").code == 0


@pytest.mark.parametrize("left", [0, 1], ids=["empty", "only a header"])
def test_a_file_without_people_is_held(settled: Site, company: Company, left: int) -> None:
    """A file without people is held, for it does not prove that all have left (DESIGN 6, certificate)."""
    calls = len(settled.sandbox.calls)
    employ(settled, company, lambda content: b"".join(content.splitlines(keepends=True)[:left]))
    held = settled.run("reconcile")
    assert (held.code, "HELD by certificate" in held.out, len(settled.sandbox.calls)) == (3, True, calls)


def test_a_file_that_is_being_written_is_read_when_it_is_whole(site: Site, company: Company) -> None:
    """A run waits until a file is written to its end, and then takes all of it."""
    site.configure(CSV_SOURCE, tail=APPLY_AT_ONCE)
    employ(site, company)
    rows = company.csv()["people.csv"].splitlines(keepends=True)
    path = site.folder / "people.csv"
    path.write_bytes(b"".join(rows[:10]))
    ended = threading.Event()

    def write() -> None:
        for start in range(10, len(rows), 20):
            ended.wait(0.4)
            with path.open("ab") as file:
                file.write(b"".join(rows[start : start + 20]))

    writer = threading.Thread(target=write)
    writer.start()
    done = site.run("reconcile")
    ended.set()
    writer.join()
    assert done.code == 0, done.err
    assert site.shown == site.wanted(company)


def test_init_writes_a_configuration_that_says_which_columns_it_wants(site: Site, platform_flags: list[str]) -> None:
    """`init` maps columns that are named like the fields; where a file has others, `check` lists them."""
    people = "id,account,name,phone,email,position,department\n1,wang.fang,王芳,13800000001,,,研发部/一组\n"
    write_long_ago(site.folder / "staff.csv", people)
    flags = ["--source", "csv", "--path", "staff.csv", "--key", "id", *platform_flags]
    assert site.run("init", *flags).code == 0
    checked = site.run("check")
    assert (checked.code, "mapping: 1 users and 2 departments mapped" in checked.out) == (0, True), checked.out
    assert "--key is missing" in site.run("init", *flags[:4], "--out", "other.toml").fault
    write_long_ago(site.folder / "units.csv", "department,title\nD1,研发部\n")
    assert site.run("init", *flags, "--departments", "units.csv", "--out", "other.toml").code == 0
    wrong = site.run("--config", "other.toml", "check")
    assert wrong.code == 1
    assert 'units.csv:1: there is no column "name", which mapping.department.name names; the columns are' in wrong.out
