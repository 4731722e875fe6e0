"""What every source of pictures gives: attributes of a server, values of a file, files of a folder, addresses."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ldap3 import MODIFY_REPLACE

from syncd.app.ports import Pictures
from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_pictures import STAMPS, LdapPictures
from syncd.directory.ldap_source import LdapSource
from syncd.directory.ldif_source import LdifSource
from syncd.directory.picture_files import FilePictures
from syncd.directory.picture_urls import Fetching, UrlPictures
from syncd.directory.pictures import ValuePictures
from syncd.directory.reading import Selection, TreeSettings
from syncd.mapping.faces import face_rule
from syncd.model.faces import Picture, Survey
from syncd.model.source import Entry
from syncd.testing.likenesses import likeness
from syncd.testing.picture_server import picture_server
from syncd.testing.sample import PEOPLE, sample_ldif
from syncd.testing.slapd import Slapd

TREE = TreeSettings("company", Selection("(objectClass=inetOrgPerson)", (PEOPLE,)))
ANNA, OTHER = likeness(1, 200, 200), likeness(2, 200, 200)
ACCOUNT = "anna.schmidt"
Put = Callable[[bytes | None], None]
Place = tuple[Pictures, Put]


@pytest.fixture(params=["ldap", "ldif", "files", "urls"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Give a source of pictures, and what puts or takes away the one of Anna; nobody else has one."""
    if request.param == "ldap":
        server: Slapd = request.getfixturevalue("slapd")
        yield from of_server(server)
        return
    file = tmp_path / "company.ldif"
    file.write_bytes(sample_ldif())
    source = LdifSource(TREE, file)
    if request.param == "ldif":
        yield ValuePictures(source, face_rule("jpegPhoto")), lambda content: in_ldif(file, content)
    elif request.param == "files":
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos" / "readme.txt").write_text("so that it is not empty")
        put = lambda content: in_folder(tmp_path / "photos" / f"{ACCOUNT}.jpg", content)  # noqa: E731 - short
        yield FilePictures(source, face_rule("photos/{{ uid }}.jpg"), tmp_path), put
    else:
        with picture_server() as web:
            path = f"/photos/{ACCOUNT}.jpg"

            def put_there(content: bytes | None) -> None:
                web.pictures = {path: content} if content else {}

            pictures = UrlPictures(source, face_rule(web.url + "/photos/{{ uid }}.jpg"), Fetching())
            yield pictures, put_there
            pictures.close()


def of_server(server: Slapd) -> Iterator[Place]:
    """Give the pictures of a directory server."""
    settings = LdapSettings((server.url,), page_size=50)
    reader = LdapSource(TREE, settings, STAMPS | {"uid"}, frozenset())
    pictures = LdapPictures(reader, settings, TREE.users, face_rule("jpegPhoto"))
    anna = next(one.locator for one in reader.read().users if one.attributes["uid"] == (ACCOUNT,))

    def put(content: bytes | None) -> None:
        change = [(MODIFY_REPLACE, [content])] if content else [(MODIFY_REPLACE, [])]
        with server.connection() as connection:
            connection.modify(anna, {"jpegPhoto": change})  # type: ignore[no-untyped-call]

    yield pictures, put
    put(None)
    pictures.close()


def in_ldif(file: Path, content: bytes | None) -> None:
    """Write the file with a picture in it."""
    head, name, tail = sample_ldif().decode().partition(f"\nuid: {ACCOUNT}\n")
    line = f"jpegPhoto:: {base64.b64encode(content).decode()}\n" if content else ""
    file.write_text(f"{head}{name}{line}{tail}")


def in_folder(file: Path, content: bytes | None) -> None:
    """Write a file, or take it away."""
    if content:
        file.write_bytes(content)
    else:
        file.unlink(missing_ok=True)


def anna_of(survey: Survey) -> Entry:
    """Give Anna's entry."""
    return next(one for one in survey.snapshot.users if one.attributes["uid"] == (ACCOUNT,))


def test_a_picture_is_there_as_it_was_put(place: Place) -> None:
    """Byte for byte; and who has one is known without reading it, or by asking."""
    pictures, put = place
    put(ANNA)
    survey = pictures.survey()
    anna = anna_of(survey)
    assert survey.snapshot.certificate.grade == "whole"
    assert anna.key in survey.marks
    assert pictures.picture(anna, "").content == ANNA


def test_the_same_picture_is_not_read_twice(place: Place) -> None:
    """Its mark tells."""
    pictures, put = place
    put(ANNA)
    anna = anna_of(pictures.survey())
    first = pictures.picture(anna, "")
    again = pictures.survey()
    assert first.mark
    assert again.marks[anna.key] in (first.mark, "?")
    assert pictures.picture(anna_of(again), first.mark) == Picture(mark=first.mark, is_same=True)


def test_another_picture_has_another_mark(place: Place) -> None:
    """So it is read again."""
    pictures, put = place
    put(ANNA)
    first = pictures.picture(anna_of(pictures.survey()), "")
    put(OTHER)
    survey = pictures.survey()
    assert survey.marks[anna_of(survey).key] != first.mark
    second = pictures.picture(anna_of(survey), first.mark)
    assert (second.content, second.is_same) == (OTHER, False)


def test_who_has_no_picture_has_none(place: Place) -> None:
    """Neither from the start nor once it was taken away; nobody else gets hers."""
    pictures, put = place
    put(ANNA)
    before = pictures.picture(anna_of(pictures.survey()), "")
    put(None)
    survey = pictures.survey()
    anna = anna_of(survey)
    bare = [one for one in survey.snapshot.users if one.key not in survey.marks]
    assert anna in bare or not pictures.picture(anna, before.mark).content
    others = [one for one in survey.snapshot.users if one.key in survey.marks]
    assert [one for one in others if pictures.picture(one, "").content] == []


def test_a_picture_that_goes_between_two_looks_is_none(place: Place) -> None:
    """And no fault."""
    pictures, put = place
    put(ANNA)
    anna = anna_of(pictures.survey())
    put(None)
    if isinstance(pictures, ValuePictures):
        assert pictures.picture(anna, "").content == ANNA, "it was read with the file"
    else:
        assert pictures.picture(anna, "") in (Picture(), Picture(mark=pictures.picture(anna, "").mark))
