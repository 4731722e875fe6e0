"""Pictures of files and addresses: what they must not lead to, and what a fault of one, or of all, is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.directory.picture_files import MOST_BYTES, FilePictures
from syncd.directory.picture_urls import MOST_FAULTS, Fetching, UrlPictures
from syncd.directory.pictures import ValuePictures
from syncd.errors import PictureUnreadable, SourceBroken, SourceUnreachable
from syncd.mapping.faces import face_rule
from syncd.model.faces import Picture
from syncd.model.source import Certificate, Entry, Grade, Snapshot
from syncd.testing.likenesses import likeness
from syncd.testing.picture_server import PictureServer, picture_server

ANNA = likeness(1, 150, 150)


class Table:
    """A source with one person."""

    name = "staff"

    def __init__(self, **values: str | bytes) -> None:
        attributes = {name: (value,) for name, value in values.items()}
        self.entry = Entry("1", "people.csv:2", attributes)

    def read(self) -> Snapshot:
        """Give it."""
        return Snapshot(self.name, Certificate(Grade.WHOLE), (self.entry,))


@pytest.fixture
def web() -> Iterator[PictureServer]:
    """Give a server of pictures."""
    with picture_server() as server:
        yield server


def at(web: PictureServer, table: Table, seconds: float = 5.0) -> UrlPictures:
    """Give the pictures of a server."""
    return UrlPictures(table, face_rule(web.url + "/p/{{ uid }}.jpg"), Fetching(seconds))


def test_a_text_is_base64_or_told() -> None:
    """A service that knows only text has it so; a path is written as a template."""
    import base64  # noqa: PLC0415 - only here

    good = Table(photo=base64.encodebytes(ANNA).decode())
    assert ValuePictures(good, face_rule("photo")).picture(good.entry, "").content == ANNA
    bad = Table(photo="photos/anna.jpg")
    with pytest.raises(PictureUnreadable, match=r'people.csv:2: its face is the text "photos/anna.jpg", no picture'):
        ValuePictures(bad, face_rule("photo")).picture(bad.entry, "")


def test_of_several_pictures_it_is_always_the_same_one() -> None:
    """A directory gives them in any order."""
    table = Table()
    one, other = likeness(1, 130, 130), likeness(2, 130, 130)
    pictures = ValuePictures(table, face_rule("jpegPhoto"))
    found = [
        pictures.picture(Entry("1", "uid=anna", {"jpegphoto": values}), "").content
        for values in ((one, other), (other, one))
    ]
    assert found[0] == found[1]


def folder(tmp_path: Path) -> Path:
    """Give a folder of pictures, with one beside it that is nobody's business."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "anna.jpg").write_bytes(ANNA)
    (tmp_path / "secret.jpg").write_bytes(likeness(9, 150, 150))
    return tmp_path


@pytest.mark.parametrize("value", ["../secret", "link", "sub/../../secret"])
def test_no_value_and_no_link_leads_out_of_the_folder(tmp_path: Path, value: str) -> None:
    """What it leads to is not read; nor does it count as no picture, which would take a face away."""
    base = folder(tmp_path)
    (base / "photos" / "link.jpg").symlink_to(base / "secret.jpg")
    table = Table(uid=value)
    pictures = FilePictures(table, face_rule("photos/{{ uid }}.jpg"), base)
    assert pictures.survey().marks.keys() == {"1"}
    with pytest.raises(PictureUnreadable, match=r"leads out of"):
        pictures.picture(table.entry, "")


@pytest.mark.parametrize("is_empty", [True, False])
def test_a_folder_that_is_not_mounted_is_a_broken_read(tmp_path: Path, is_empty: object) -> None:
    """Nobody's face is taken away for it."""
    if is_empty:
        (tmp_path / "photos").mkdir()
    pictures = FilePictures(Table(uid="anna"), face_rule("photos/{{ uid }}.jpg"), tmp_path)
    with pytest.raises(SourceBroken if is_empty else SourceUnreachable, match="the folder of pictures"):
        pictures.survey()


def test_no_more_of_a_file_is_read_than_may_be_a_picture(tmp_path: Path) -> None:
    """Whatever somebody puts there."""
    base = folder(tmp_path)
    os.truncate(base / "photos" / "anna.jpg", 1 << 34)
    table = Table(uid="anna")
    found = FilePictures(table, face_rule("photos/{{ uid }}.jpg"), base).picture(table.entry, "")
    assert len(found.content) == MOST_BYTES + 1


def test_each_value_is_percent_encoded_in_an_address(web: PictureServer) -> None:
    """It cannot become another question to the server."""
    web.pictures = {"/p/王?芳&x=1#y.jpg": ANNA}
    table = Table(uid="王?芳&x=1#y")
    assert at(web, table).picture(table.entry, "").content == ANNA


@pytest.mark.parametrize("status", [301, 302, 401, 403, 500, 503])
def test_whatever_is_no_picture_and_no_absence_is_a_fault_of_one(web: PictureServer, status: int) -> None:
    """A redirect is not followed, and an error of the server takes no face away."""
    web.pictures = {"/p/anna.jpg": ANNA, "/elsewhere.jpg": ANNA}
    web.status = status
    table = Table(uid="anna")
    with pytest.raises(PictureUnreadable, match=rf"127.0.0.1: no picture of people.csv:2: HTTP {status}"):
        at(web, table).picture(table.entry, "")
    assert web.asked == [("/p/anna.jpg", status)]


@pytest.mark.parametrize("status", [404, 410])
def test_an_address_without_a_picture_says_that_there_is_none(web: PictureServer, status: int) -> None:
    """That may take a face away."""
    web.status = status
    table = Table(uid="anna")
    assert at(web, table).picture(table.entry, "") == Picture()


def test_a_server_without_marks_is_asked_each_time(web: PictureServer) -> None:
    """The content then tells."""
    web.pictures, web.has_marks = {"/p/anna.jpg": ANNA}, False
    table = Table(uid="anna")
    assert at(web, table).picture(table.entry, "") == Picture(ANNA, "")


def test_an_answer_without_end_is_left(web: PictureServer) -> None:
    """After as many bytes as are looked at."""
    web.pictures, web.is_endless = {"/p/anna.jpg": ANNA}, True
    table = Table(uid="anna")
    assert MOST_BYTES < len(at(web, table).picture(table.entry, "").content) < MOST_BYTES + (2 << 20)


def test_an_answer_that_drips_is_left(web: PictureServer) -> None:
    """After a time that no step of it exceeds."""
    web.pictures, web.is_endless, web.drip = {"/p/anna.jpg": b""}, True, 0.05
    table = Table(uid="anna")
    pictures = UrlPictures(table, face_rule(web.url + "/p/{{ uid }}.jpg"), Fetching(5.0, most_seconds=0.2))
    with pytest.raises(PictureUnreadable, match="it takes longer than"):
        pictures.picture(table.entry, "")


def test_a_server_that_is_away_is_not_asked_for_everybody(web: PictureServer) -> None:
    """After some in a row the source is unreachable."""
    web.status = 503
    table = Table(uid="anna")
    pictures = at(web, table)
    for _ in range(MOST_FAULTS - 1):
        with pytest.raises(PictureUnreadable):
            pictures.picture(table.entry, "")
    with pytest.raises(SourceUnreachable, match=f"nor of {MOST_FAULTS - 1} others before"):
        pictures.picture(table.entry, "")
    assert len(web.asked) == MOST_FAULTS
