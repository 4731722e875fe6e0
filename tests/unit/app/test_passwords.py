"""Initial passwords and the handover file."""

import csv
from pathlib import Path

import pytest

from syncd.app.passwords import LENGTH, PUBLIC_DEFAULT, InitialPasswords

ANNA = ("anna", "安娜, A")


def test_a_refused_creation_adds_a_line_without_a_password(tmp_path: Path) -> None:
    """Each line is on disk at once, after what was there before (DESIGN 6, passwords)."""
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
    """Never the public default, and no file is needed; a lock's is as random."""
    passwords = InitialPasswords(None, lambda: "")
    found = {passwords.initial(*ANNA, wanted), passwords.initial(*ANNA, wanted), passwords.fresh(), passwords.fresh()}
    assert {len(one) for one in found} == {LENGTH}
    assert len(found) == 4
    passwords.withdrawn(*ANNA)
    passwords.close()
