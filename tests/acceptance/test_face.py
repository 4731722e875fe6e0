"""`syncd face check` as its user runs it."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-m", "syncd", "face", "check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program


@pytest.fixture
def face(tmp_path: Path) -> Path:
    """Give a picture that the document allows."""
    path = tmp_path / "脸.png"
    Image.frombytes("RGB", (400, 300), hashlib.shake_256().digest(360_000)).save(path)
    return path


def test_a_picture_that_is_fit_is_said_to_be(face: Path) -> None:
    """With what it is; the exit code is 0."""
    result = run(face)
    size = face.stat().st_size
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{face}: fit as a face (png, 400 x 300 pixels, {size} bytes)\n"
    document = json.loads(run(face, "--json").stdout)
    assert document == {"format": "png", "width": 400, "height": 300, "size": size, "findings": []}


def test_a_picture_that_is_not_fit_is_said_not_to_be(face: Path) -> None:
    """With what to do; the exit code is 1, and JSON says the same."""
    face.write_bytes(face.read_bytes()[:100_000])
    result = run(face)
    first, *findings = result.stdout.splitlines()
    assert (result.returncode, first) == (1, f"{face}: not fit as a face (png, 400 x 300 pixels, 100000 bytes)")
    in_json = run(face, "--json")
    assert (in_json.returncode, json.loads(in_json.stdout)["findings"]) == (1, [one.strip() for one in findings])
    assert [one.split("(")[0].split(";")[0] for one in findings] == [
        "  It has 100000 bytes",
        "  It is damaged or cut off ",
    ]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """As every command does it."""
    result = run(tmp_path / "nowhere.jpg")
    assert (result.returncode, result.stdout) == (1, "")
    said = f"syncd: {tmp_path / 'nowhere.jpg'} cannot be read: No such file or directory"
    assert result.stderr == f"{said} (more: syncd error configuration_error)\n"
