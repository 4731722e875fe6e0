"""The tests run `syncd face check` as its user does."""

from pathlib import Path

import pytest

from syncd.testing.likenesses import likeness
from tests.kit.installation.site import Site
from tests.kit.pictures import noise


@pytest.fixture
def site(site: Site) -> Site:
    """Return an installation without a configuration, which the command does not need."""
    (site.folder / "syncd.toml").unlink()
    return site


@pytest.fixture
def face(tmp_path: Path) -> Path:
    """Return a picture that the document allows."""
    path = tmp_path / "脸.png"
    path.write_bytes(noise("png"))
    return path


def test_a_picture_that_is_fit_is_said_to_be(site: Site, face: Path) -> None:
    """A picture that is fit is shown as it is and as it is sent, with exit code 0, in text and in JSON."""
    result = site.run("face", "check", str(face))
    size = face.stat().st_size
    assert (result.code, result.err) == (0, "")
    first, last = result.out.splitlines()
    assert first == f"{face}: fit as a face (png, 400 x 300 pixels, {size} bytes)"
    document = site.run("face", "check", str(face), "--json").json
    sent = document["sent"]
    assert last == f"  sent as: jpeg, 400 x 300 pixels, {sent['size']} bytes"
    assert document == {
        "format": "png",
        "width": 400,
        "height": 300,
        "size": size,
        "findings": [],
        "finding": "",
        "notes": [],
        "sent": {"format": "jpeg", "width": 400, "height": 300, "size": sent["size"]},
    }


def test_a_picture_that_can_be_made_fit_is_shown_as_it_is_sent(site: Site, tmp_path: Path) -> None:
    """A picture that can be made fit is shown with its faults and what is done to it, with exit code 0."""
    path = tmp_path / "anna.jpg"
    path.write_bytes(likeness(1, 200, 200))
    result = site.run("face", "check", str(path))
    first, finding, sent, note = result.out.splitlines()
    assert (result.code, first.partition(" (")[0]) == (0, f"{path}: not fit as a face")
    assert finding.startswith("  It has ")
    assert sent.startswith("  sent as: jpeg, ")
    assert note == "  It has 200 x 200 pixels and is scaled up; it shows no more than before."


def test_a_picture_that_is_not_fit_is_said_not_to_be(site: Site, face: Path) -> None:
    """A picture that is not fit is shown with its findings and exit code 1, in text and in JSON."""
    face.write_bytes(face.read_bytes()[:100_000])
    result = site.run("face", "check", str(face))
    first, *findings, last = result.out.splitlines()
    assert last.startswith("  not sent: It is damaged or cut off (")
    assert (result.code, first) == (1, f"{face}: not fit as a face (png, 400 x 300 pixels, 100000 bytes)")
    in_json = site.run("face", "check", str(face), "--json")
    assert (in_json.code, in_json.json["findings"]) == (1, [finding.strip() for finding in findings])
    assert [finding.split("(")[0].split(";")[0] for finding in findings] == [
        "  It has 100000 bytes",
        "  It is damaged or cut off ",
    ]


def test_a_file_that_cannot_be_read_is_named(site: Site, tmp_path: Path) -> None:
    """A file that cannot be read ends the command with exit code 1 and one line that names it."""
    result = site.run("face", "check", str(tmp_path / "nowhere.jpg"))
    assert (result.code, result.out) == (1, "")
    said = f"syncd: {tmp_path / 'nowhere.jpg'} cannot be read: No such file or directory"
    assert result.err == f"{said} (more: syncd error configuration_error)\n"
