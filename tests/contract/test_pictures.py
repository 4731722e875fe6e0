"""Every source of pictures gives the same: attributes of a server, values of a file, files of a folder, addresses."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from ldap3 import MODIFY_REPLACE

from syncd.app.ports import Pictures, Source
from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_pictures import STAMPS, LdapPictures
from syncd.directory.ldap_source import LdapSource
from syncd.directory.ldif_source import LdifSource
from syncd.directory.picture_files import FilePictures
from syncd.directory.picture_urls import Fetching, UrlPictures
from syncd.directory.pictures import ValuePictures
from syncd.directory.reading import Selection, TreeSettings
from syncd.mapping.faces import face_rule
from syncd.mapping.joining import Joins
from syncd.model.faces import Picture, Sought
from syncd.testing.likenesses import likeness
from syncd.testing.sample import PEOPLE, sample_ldif
from syncd.testing.slapd import Slapd
from tests.kit.servers.picture_server import PictureServer, picture_server

TREE = TreeSettings("company", Selection("(objectClass=inetOrgPerson)", (PEOPLE,)))
ANNA, OTHER = likeness(1, 200, 200), likeness(2, 200, 200)
ACCOUNT = "anna.schmidt"
Put = Callable[[bytes | None], None]


class Look(msgspec.Struct, frozen=True):
    """What one look saw: where everybody's picture is to be looked for, by key, and the marks; `anna` is a key."""

    sought: dict[str, Sought]
    marks: dict[str, str]
    anna: str


class Place:
    """A source of people, their pictures by a rule, and what puts or takes away the one of Anna."""

    def __init__(self, source: Source, rule: str, pictures: Pictures, put: Put) -> None:
        self._source, self._rule, self.pictures, self.put = source, face_rule(rule), pictures, put

    def look(self) -> Look:
        """Read who there is, and look who has a picture."""
        users = self._source.read().users
        found = (self._rule.sought(one, Joins({}, ()), self._source.name, "") for one in users)
        sought = {one.key: one for one in found if one}
        anna = next(one.key for one in users if one.attributes["uid"] == (ACCOUNT,))
        return Look(sought, dict(self.pictures.marks(list(sought.values()))), anna)

    def picture(self, look: Look, mark: str = "") -> Picture:
        """Read the picture of Anna."""
        return self.pictures.picture(look.sought[look.anna], mark)


@pytest.fixture(scope="module")
def web() -> Iterator[PictureServer]:
    """Return a web server, which takes half a second to stop."""
    with picture_server() as server:
        yield server


@pytest.fixture(params=["ldap", "ldif", "files", "urls"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Return a source of pictures, and what puts or takes away the one of Anna; nobody else has one."""
    if request.param == "ldap":
        server: Slapd = request.getfixturevalue("slapd")
        yield from of_server(server)
        return
    file = tmp_path / "company.ldif"
    file.write_bytes(sample_ldif())
    source = LdifSource(TREE, file)
    if request.param == "ldif":
        yield Place(source, "jpegPhoto", ValuePictures("jpegPhoto"), lambda content: in_ldif(file, content))
    elif request.param == "files":
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos" / "readme.txt").write_text("so that it is not empty")
        put = lambda content: in_folder(tmp_path / "photos" / f"{ACCOUNT}.jpg", content)  # noqa: E731 - short
        yield Place(source, "photos/{{ uid }}.jpg", FilePictures("photos/", tmp_path), put)
    else:
        web: PictureServer = request.getfixturevalue("web")

        def put_there(content: bytes | None) -> None:
            web.pictures = {f"/photos/{ACCOUNT}.jpg": content} if content else {}

        put_there(None)
        pictures = UrlPictures(Fetching())
        yield Place(source, web.url + "/photos/{{ uid }}.jpg", pictures, put_there)
        pictures.close()


def of_server(server: Slapd) -> Iterator[Place]:
    """Return the pictures of a directory server."""
    settings = LdapSettings((server.url,), page_size=50)
    reader = LdapSource(TREE, settings, STAMPS | {"uid"}, frozenset())
    pictures = LdapPictures("company", settings, TREE.users, "jpegPhoto")
    anna = next(one.locator for one in reader.read().users if one.attributes["uid"] == (ACCOUNT,))

    def put(content: bytes | None) -> None:
        change = [(MODIFY_REPLACE, [content])] if content else [(MODIFY_REPLACE, [])]
        with server.connection() as connection:
            connection.modify(anna, {"jpegPhoto": change})  # type: ignore[no-untyped-call]

    yield Place(reader, "jpegPhoto", pictures, put)
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


def test_a_picture_is_there_as_it_was_put(place: Place) -> None:
    """A picture is read byte for byte as it was put, and who has one is known beforehand."""
    place.put(ANNA)
    look = place.look()
    assert look.anna in look.marks
    assert place.picture(look).content == ANNA


def test_the_same_picture_is_not_read_twice(place: Place) -> None:
    """A picture whose mark is known is told to be the same, without its content."""
    place.put(ANNA)
    first = place.picture(place.look())
    again = place.look()
    assert first.mark
    assert again.marks[again.anna] in (first.mark, "?")
    assert place.picture(again, first.mark) == Picture(mark=first.mark, is_same=True)


def test_another_picture_has_another_mark(place: Place) -> None:
    """Another picture of the same person has another mark and is read again."""
    place.put(ANNA)
    first = place.picture(place.look())
    place.put(OTHER)
    look = place.look()
    assert look.marks[look.anna] != first.mark
    second = place.picture(look, first.mark)
    assert (second.content, second.is_same) == (OTHER, False)


def test_who_has_no_picture_has_none(place: Place) -> None:
    """A person whose picture was taken away has none, and nobody else gets it."""
    place.put(ANNA)
    before = place.picture(place.look())
    place.put(None)
    look = place.look()
    assert look.anna not in look.marks or not place.picture(look, before.mark).content
    others = [one for key, one in look.sought.items() if key in look.marks and key != look.anna]
    assert [one for one in others if place.pictures.picture(one, "").content] == []


def test_a_picture_that_goes_between_two_looks_is_none(place: Place) -> None:
    """A picture that goes between the look and the reading is no fault: there is none, unless it was read before."""
    place.put(ANNA)
    look = place.look()
    place.put(None)
    if isinstance(place.pictures, ValuePictures):
        assert place.picture(look).content == ANNA, "it was read with the file"
    else:
        assert place.picture(look) in (Picture(), Picture(mark=place.picture(look).mark))
