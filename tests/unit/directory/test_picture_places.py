"""Pictures come from files and addresses, which lead nowhere else and fail one by one or all at once."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from syncd.directory.picture_files import MOST_BYTES, FilePictures
from syncd.directory.picture_urls import MOST_FAULTS, Fetching, UrlPictures
from syncd.directory.pictures import ValuePictures
from syncd.errors import ConfigurationError, PictureUnreadable, SourceBroken, SourceUnreachable
from syncd.mapping.faces import face_rule
from syncd.mapping.joining import Joins
from syncd.model.faces import Picture, Sought
from syncd.model.source import Entry
from syncd.testing.likenesses import likeness
from tests.kit.servers.hr_service import HrService
from tests.kit.servers.picture_server import PictureServer, picture_server

ANNA = likeness(1, 150, 150)


def sought(place: str = "", **values: str | bytes) -> Sought:
    """Give where one person's picture is: in an entry with these values, or at a place."""
    return Sought("1", Entry("1", "people.csv:2", {name: (value,) for name, value in values.items()}), place)


@pytest.fixture
def web() -> Iterator[PictureServer]:
    """Give a server of pictures."""
    with picture_server() as server:
        yield server


def anna(web: PictureServer) -> Sought:
    """Give the address of one picture."""
    return sought(web.url + "/p/anna.jpg")


def test_a_text_is_base64_or_told() -> None:
    """A picture that is a text is read as base64; a text that is none is named with its place."""
    import base64  # noqa: PLC0415 - only here

    good = sought(photo=base64.encodebytes(ANNA).decode())
    assert ValuePictures("photo").picture(good, "").content == ANNA
    bad = sought(photo="photos/anna.jpg")
    with pytest.raises(PictureUnreadable, match=r'people.csv:2: its face is the text "photos/anna.jpg", no picture'):
        ValuePictures("photo").picture(bad, "")


def test_of_several_pictures_it_is_always_the_same_one() -> None:
    """Of several pictures the same one is taken, in whatever order the directory gives them."""
    one, other = likeness(1, 130, 130), likeness(2, 130, 130)
    found = [
        ValuePictures("jpegPhoto").picture(Sought("1", Entry("1", "uid=anna", {"jpegphoto": values})), "").content
        for values in ((one, other), (other, one))
    ]
    assert found[0] == found[1]


def folder(tmp_path: Path) -> Path:
    """Give a folder of pictures, with one beside it that is nobody's business."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "anna.jpg").write_bytes(ANNA)
    (tmp_path / "secret.jpg").write_bytes(likeness(9, 150, 150))
    return tmp_path


@pytest.mark.parametrize("place", ["photos/../secret.jpg", "photos/link.jpg", "photos/sub/../../secret.jpg"])
def test_no_value_and_no_link_leads_out_of_the_folder(tmp_path: Path, place: str) -> None:
    """A value or link that leads out of the folder is not read, nor does it count as no picture."""
    base = folder(tmp_path)
    (base / "photos" / "link.jpg").symlink_to(base / "secret.jpg")
    (base / "photos" / "sub").mkdir()
    pictures = FilePictures("photos/", base)
    assert pictures.marks([sought(place)]).keys() == {"1"}
    with pytest.raises(PictureUnreadable, match=r"leads out of"):
        pictures.picture(sought(place), "")


@pytest.mark.parametrize("is_empty", [True, False])
def test_a_folder_that_is_not_mounted_is_a_broken_read(tmp_path: Path, is_empty: object) -> None:
    """A folder of pictures that is empty or missing is a broken read, so nobody's face is taken away for it."""
    if is_empty:
        (tmp_path / "photos").mkdir()
    pictures = FilePictures("photos/", tmp_path)
    with pytest.raises(SourceBroken if is_empty else SourceUnreachable, match="the folder of pictures"):
        pictures.marks([sought("photos/anna.jpg")])


def test_another_file_of_the_same_size_and_time_is_another_picture(tmp_path: Path) -> None:
    """Two files of the same size and time have different marks, so that a changed place is looked at."""
    base = folder(tmp_path)
    (base / "photos" / "otto.jpg").write_bytes(ANNA)
    for name in ("anna", "otto"):
        os.utime(base / "photos" / f"{name}.jpg", (1, 1))
    marks = [FilePictures("photos/", base).marks([sought(f"photos/{name}.jpg")])["1"] for name in ("anna", "otto")]
    assert marks[0] != marks[1]


def test_no_more_of_a_file_is_read_than_may_be_a_picture(tmp_path: Path) -> None:
    """At most one byte more of a file is read than a picture may have."""
    base = folder(tmp_path)
    os.truncate(base / "photos" / "anna.jpg", 1 << 34)
    found = FilePictures("photos/", base).picture(sought("photos/anna.jpg"), "")
    assert len(found.content) == MOST_BYTES + 1


def test_each_value_is_percent_encoded_in_an_address(web: PictureServer) -> None:
    """Each value is percent-encoded in an address, so that it cannot become another question to the server."""
    web.pictures = {"/p/王?芳&x=1#y.jpg": ANNA}
    rule, entry = face_rule(web.url + "/p/{{ uid }}.jpg"), sought(uid="王?芳&x=1#y").entry
    found = rule.sought(entry, Joins({}, ()), "staff", "")
    assert found is not None
    assert UrlPictures(Fetching(5.0)).picture(found, "").content == ANNA


@pytest.mark.parametrize("status", [301, 302, 401, 403, 500, 503])
def test_whatever_is_no_picture_and_no_absence_is_a_fault_of_one(web: PictureServer, status: int) -> None:
    """A redirect, which is not followed, or an error of the server is a fault of that one picture."""
    web.pictures = {"/p/anna.jpg": ANNA, "/elsewhere.jpg": ANNA}
    web.status = status
    with pytest.raises(PictureUnreadable, match=rf"127.0.0.1: no picture of people.csv:2: HTTP {status}"):
        UrlPictures(Fetching(5.0)).picture(anna(web), "")
    assert web.asked == [("/p/anna.jpg", status)]


@pytest.mark.parametrize("status", [404, 410])
def test_an_address_without_a_picture_says_that_there_is_none(web: PictureServer, status: int) -> None:
    """An address that answers 404 or 410 says that there is no picture."""
    web.status = status
    assert UrlPictures(Fetching(5.0)).picture(anna(web), "") == Picture()


def test_a_server_without_marks_is_asked_each_time(web: PictureServer) -> None:
    """A picture of a server that sends no marks has no mark, so that its content tells whether it changed."""
    web.pictures, web.has_marks = {"/p/anna.jpg": ANNA}, False
    assert UrlPictures(Fetching(5.0)).picture(anna(web), "") == Picture(ANNA, "")


def test_an_answer_without_end_is_left(web: PictureServer) -> None:
    """An answer without end is left after as many bytes as are looked at."""
    web.pictures, web.is_endless = {"/p/anna.jpg": ANNA}, True
    assert MOST_BYTES < len(UrlPictures(Fetching(5.0)).picture(anna(web), "").content) < MOST_BYTES + (2 << 20)


def test_an_answer_that_drips_is_left(web: PictureServer) -> None:
    """An answer that drips is left after a time, though no single step of it takes long."""
    web.pictures, web.is_endless, web.drip = {"/p/anna.jpg": b""}, True, 0.05
    pictures = UrlPictures(Fetching(5.0, most_seconds=0.2))
    with pytest.raises(PictureUnreadable, match="it takes longer than"):
        pictures.picture(anna(web), "")


def test_a_server_that_is_away_is_not_asked_for_everybody(web: PictureServer) -> None:
    """After several faults in a row the whole source is unreachable."""
    web.status = 503
    pictures = UrlPictures(Fetching(5.0))
    for _ in range(MOST_FAULTS - 1):
        with pytest.raises(PictureUnreadable):
            pictures.picture(anna(web), "")
    with pytest.raises(SourceUnreachable, match=f"nor of {MOST_FAULTS - 1} others before"):
        pictures.picture(anna(web), "")
    assert len(web.asked) == MOST_FAULTS


def test_a_server_is_known_by_the_authority_of_the_source(tmp_path: Path) -> None:
    """A server is trusted by the source's own authority, and gives no picture without it."""
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with HrService(tls=tls) as secure:
        secure.pictures = {"/anna.jpg": ANNA}
        place = sought(f"{secure.url}/anna.jpg")
        with pytest.raises(PictureUnreadable, match=r"no picture of people.csv:2: the authority of its certificate"):
            UrlPictures(Fetching(5.0)).picture(place, "")
        trusting = UrlPictures(Fetching(5.0, ca_file=str(tmp_path / "ca.pem")))
        assert trusting.picture(place, "").content == ANNA
        trusting.close()


def test_certificates_that_cannot_be_used_are_named(web: PictureServer, tmp_path: Path) -> None:
    """A file of certificates that cannot be used is named by the key of its source."""
    pictures = UrlPictures(Fetching(5.0, ca_file=str(tmp_path / "none.pem"), source="hr"))
    with pytest.raises(ConfigurationError, match=r"source.hr.ca_file: .* cannot be used as PEM certificates"):
        pictures.picture(anna(web), "")


def test_a_tag_counts_for_its_own_address_alone(web: PictureServer) -> None:
    """A server's mark counts for its own address alone."""
    web.pictures = {"/p/anna.jpg": ANNA, "/p/otto.jpg": ANNA}
    pictures = UrlPictures(Fetching(5.0))
    mark = pictures.picture(anna(web), "").mark
    assert pictures.picture(anna(web), mark) == Picture(mark=mark, is_same=True)
    other = pictures.picture(sought(web.url + "/p/otto.jpg"), mark)
    assert (other.content, other.mark != mark) == (ANNA, True)
