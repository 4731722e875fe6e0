"""The tests send faces from every kind of source, alone and beside another source."""

import base64
from collections.abc import Iterator

import pytest
from ldap3 import MODIFY_REPLACE

from syncd.testing.company import Company
from syncd.testing.likenesses import pictured
from syncd.testing.slapd import Slapd
from tests.kit.installation.faces import accounts, change_picture, drawn, face_calls, faces
from tests.kit.installation.settings import APPLY_AT_ONCE
from tests.kit.installation.site import SOURCE, Site
from tests.kit.installation.tables import CSV_SOURCE, write_tables
from tests.kit.servers import domain, hr_database, hr_service
from tests.kit.servers.hr_service import HrService
from tests.kit.servers.picture_server import PictureServer, picture_server
from tests.kit.servers.samba import Samba

JOINED = 'role = "enrich"\njoin = {this = "login", other = "uid"}\n'
PICTURES = f'[source.pictures]\ntype = "sql"\nurl = "URL"\n{JOINED}[source.pictures.users]\n'
PICTURES += 'query = "SELECT login, photo FROM pictures"\n'
DOMAIN = """[source.ad]
type = "ldap"
urls = ["{url}"]
bind_dn = "{reader}"
bind_password = "{password}"
ca_file = "{ca}"
base = "{base}"
[source.ad.users]
filter = "(&(objectCategory=person)(objectClass=user))"
[source.ad.departments]
[mapping.user]
account = "sAMAccountName"
name = ["displayName", "cn"]
face = "thumbnailPhoto"
"""
pytestmark = [pytest.mark.company(people=6, departments=2), pytest.mark.usefixtures("takes_every_face")]


@pytest.fixture
def web() -> Iterator[PictureServer]:
    """Return a server of pictures."""
    with picture_server() as server:
        yield server


def mapped(face: str, more: str = "") -> str:
    """Return the end of a configuration that maps faces."""
    return f"[mapping.user]\nface = '{face}'\n{more}{APPLY_AT_ONCE}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, site: Site) -> str:
    """Return the URL of a database for pictures, once for each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{site.folder}/hr.db"
    url: str = request.getfixturevalue("empty_postgresql")
    return url


def test_pictures_of_a_database_beside_the_directory(site: Site, company: Company, database: str) -> None:
    """Pictures of an enriching database are sent once, sent again when changed, and cleared when gone."""
    first, second, third, *_ = accounts(company)
    site.employ(company)
    site.configure(SOURCE + PICTURES.replace("URL", database), tail=mapped("pictures.photo"))
    hr_database.show(database, {first: drawn(1), second: drawn(2), "nobody": drawn(3)})
    assert (site.run("reconcile").code, set(faces(site)), face_calls(site)) == (0, {first, second}, 2)
    assert "faces file: 2 of 6 people have a picture" in site.run("check").out
    assert (site.run("reconcile").code, face_calls(site)) == (0, 2)
    hr_database.show(database, {second: drawn(4), third: drawn(5)})
    done = site.run("reconcile", "--json")
    assert (done.code, set(faces(site))) == (0, {second, third})
    assert done.json["faces"]["counts"] == {"sent": 2, "cleared": 1}
    skipped = site.run("plan", "--json").json["skipped"]
    assert {entry["reason"] for entry in skipped} == {"no_match"}


def test_no_run_keeps_the_pictures_of_a_database(site: Site, company: Company) -> None:
    """After a run `explain` shows the row of a database without its picture, and that the face was sent."""
    first = accounts(company)[0]
    site.employ(company)
    url = f"sqlite:///{site.folder}/hr.db"
    site.configure(SOURCE + PICTURES.replace("URL", url), tail=mapped("pictures.photo"))
    hr_database.show(url, {first: drawn(1)})
    assert site.run("reconcile").code == 0
    told = site.run("explain", first, "--json").json
    assert (told["face"]["state"], told["entry"]["pictures.login"]) == ("sent", [first])
    assert "pictures.photo" not in told["entry"]


@pytest.mark.usefixtures("slapd_is_there")
def test_pictures_of_a_directory_server_beside_another_source(site: Site, company: Company) -> None:
    """Pictures of an enriching directory server are sent only where an entry changed, and stay while it is away."""
    first, second, *_ = accounts(company)
    site.employ(company)
    with Slapd(pictured(company.ldif(), {first: drawn(1)})) as server:
        base = 'base = "ou=people,dc=example,dc=com"'
        site.configure(
            f'{SOURCE}[source.photos]\ntype = "ldap"\nurls = ["{server.url}"]\n{base}\nrole = "enrich"\n'
            'join = {this = "uid", other = "uid"}\n',
            tail=mapped("photos.jpegPhoto"),
        )
        assert (site.run("reconcile").code, set(faces(site))) == (0, {first})
        assert "faces file: 1 of 6 people have a picture" in site.run("check").out
        assert "photos.jpegphoto" not in site.run("explain", first, "--json").json["entry"]
        change_picture(server, second, drawn(2))
        assert (site.run("reconcile").code, set(faces(site)), face_calls(site)) == (0, {first, second}, 2)
    assert (site.run("reconcile").code, set(faces(site)), face_calls(site)) == (4, {first, second}, 2)


@pytest.mark.parametrize("face", ["pictures.photo", "photos/{{ pictures.login }}.jpg"])
def test_a_source_beside_that_cannot_be_read_leaves_every_face(site: Site, company: Company, face: str) -> None:
    """An enriching source that cannot be read leaves every face as it is, and counts again once it is back."""
    first, second, *_ = accounts(company)
    site.employ(company)
    site.configure(SOURCE + PICTURES.replace("URL", "sqlite:///hr.db"), tail=mapped(face))
    url = f"sqlite:///{site.folder}/hr.db"
    (site.folder / "photos").mkdir()
    for number, account in enumerate((first, second)):
        (site.folder / "photos" / f"{account}.jpg").write_bytes(drawn(number))
    hr_database.show(url, {first: drawn(0), second: drawn(1)})
    assert (site.run("reconcile").code, set(faces(site))) == (0, {first, second})
    (site.folder / "hr.db").rename(site.folder / "elsewhere.db")
    broken = site.run("reconcile")
    assert (broken.code, set(faces(site)), face_calls(site)) == (4, {first, second}, 2)
    assert "hr.db: unable to open database file" in broken.out
    checked = site.run("check")
    assert (checked.code, "FAIL faces file: of 6 people nobody can tell" in checked.out) == (1, True)
    (site.folder / "elsewhere.db").rename(site.folder / "hr.db")
    hr_database.show(url, {second: drawn(1)})
    assert (site.run("reconcile").code, set(faces(site))) == (0, {second})


def test_a_source_beside_that_shrank_takes_no_face_away_unasked(site: Site, company: Company) -> None:
    """Faces that are gone since an enriching source shrank wait for a person (DESIGN 6, certificate)."""
    names = accounts(company)
    site.employ(company)
    url = f"sqlite:///{site.folder}/hr.db"
    limits = "[limits]\nshrink = {percent = 10}\nclear = {}\n"
    site.configure(SOURCE + PICTURES.replace("URL", url), tail=mapped("pictures.photo", limits))
    hr_database.show(url, {account: drawn(number) for number, account in enumerate(names)})
    assert (site.run("reconcile").code, len(faces(site))) == (0, 6)
    hr_database.show(url, {names[0]: drawn(0)})
    held = site.run("reconcile")
    assert (held.code, len(faces(site))) == (3, 6)
    assert "1 people were read where the last good read had 6 (limits.shrink)" in held.out


def test_a_source_that_proves_nothing_takes_no_face_away(site: Site, company: Company) -> None:
    """A source with proof = "none" has new pictures sent, and faces without a picture wait for a person."""
    first, second, *_ = accounts(company)
    site.employ(company)
    url = f"sqlite:///{site.folder}/hr.db"
    source = PICTURES.replace("URL", url).replace(JOINED, f'{JOINED}proof = "none"\n')
    site.configure(SOURCE + source, tail=mapped("pictures.photo"))
    hr_database.show(url, {first: drawn(1)})
    assert (site.run("reconcile").code, set(faces(site))) == (0, {first})
    hr_database.show(url, {second: drawn(2)})
    assert (site.run("reconcile").code, set(faces(site))) == (3, {first, second})


def test_pictures_of_a_database_of_people(site: Site, company: Company, database: str) -> None:
    """Pictures in the rows of people of a database are sent, each of them once."""
    first, second, *_ = accounts(company)
    hr_database.employ(database, company)
    hr_database.show(database, {first: drawn(1)})
    people = "SELECT people.*, photo FROM people LEFT JOIN pictures ON login = uid"
    source = hr_database.SOURCE.format(url=database).replace("SELECT * FROM people", people)
    site.configure(source.replace("[mapping.user]", "[mapping.user]\nface = 'photo'"), tail=APPLY_AT_ONCE)
    assert (site.run("reconcile").code, set(faces(site))) == (0, {first})
    hr_database.show(database, {first: drawn(1), second: drawn(2)})
    assert (site.run("reconcile").code, set(faces(site)), face_calls(site)) == (0, {first, second}, 2)


@pytest.mark.parametrize("auth", ["none", "bearer", "oauth2"])
def test_pictures_of_a_service(site: Site, company: Company, auth: str) -> None:
    """Pictures of a service arrive as base64 and from its own addresses, whatever authentication it wants."""
    first, second, *_ = accounts(company)
    with HrService() as service:
        service.employ(company)
        service.auth = auth
        for person in service.lists["/people"]:
            person["photo"] = base64.b64encode(drawn(1)).decode() if person["uid"] == first else None
        service.pictures = {f"/photos/{second}": drawn(2)}
        shown = {
            "none": "",
            "bearer": f'auth = "bearer"\ntoken = "{hr_service.SECRET}"\n',
            "oauth2": f'auth = "oauth2"\ntoken_url = "{service.token_url}"\nclient_id = "{hr_service.CLIENT}"\n'
            f'client_secret = "{hr_service.SECRET}"\n',
        }[auth]
        source = hr_service.SOURCE.format(url=service.url).replace("[source.hr.users]", f"{shown}[source.hr.users]")
        for face, wanted in (("photo", first), (f"{service.url}/photos/{{{{ uid }}}}", second)):
            site.configure(source.replace("[mapping.user]", f"[mapping.user]\nface = '{face}'"), tail=APPLY_AT_ONCE)
            done = site.run("reconcile")
            assert (done.code, wanted in faces(site)) == (0, True), done.out + done.err
        assert set(faces(site)) == {second}, "the other has no picture at its address"


def test_another_server_is_not_shown_who_asks(site: Site, company: Company, web: PictureServer) -> None:
    """A picture on another server is fetched without the secrets of the source."""
    first = accounts(company)[0]
    web.pictures = {f"/{first}.jpg": drawn(1)}
    with HrService() as service:
        service.employ(company)
        service.auth = "bearer"
        secret = f'auth = "bearer"\ntoken = "{hr_service.SECRET}"\nheaders = {{x-key = "streng"}}\n'
        source = hr_service.SOURCE.format(url=service.url).replace("[source.hr.users]", f"{secret}[source.hr.users]")
        face = f"[mapping.user]\nface = '{web.url}/{{{{ uid }}}}.jpg'"
        site.configure(source.replace("[mapping.user]", face), tail=APPLY_AT_ONCE)
        assert "0 of 6 people have a picture, and 6 may have one" in site.run("check").out
        assert (site.run("reconcile").code, set(faces(site))) == (0, {first})
    assert web.headers
    assert not any(hr_service.SECRET in str(headers) or "streng" in str(headers) for headers in web.headers)


def test_pictures_of_a_table_are_files(site: Site, company: Company) -> None:
    """Pictures of a table are files that a column names, and a person without a file has no face."""
    first, second, *_ = accounts(company)
    write_tables(site, company)
    source = CSV_SOURCE.replace("[mapping.user]", "[mapping.user]\nface = 'photos/{{ uid }}.jpg'")
    (site.folder / "photos").mkdir()
    (site.folder / "photos" / f"{first}.jpg").write_bytes(drawn(1))
    site.configure(source, tail=APPLY_AT_ONCE)
    done = site.run("reconcile")
    assert (done.code, set(faces(site))) == (0, {first}), done.out + done.err
    (site.folder / "photos" / f"{second}.jpg").write_bytes(drawn(2))
    (site.folder / "photos" / f"{first}.jpg").write_bytes(drawn(3))
    assert (site.run("reconcile").code, set(faces(site)), face_calls(site)) == (0, {first, second}, 3)


def test_pictures_of_a_domain_controller(site: Site, samba: Samba) -> None:
    """Pictures in thumbnailPhoto are sent when new or changed, cleared when gone, and told of when unfit."""
    values = {"url": samba.tls_url, "reader": domain.READER_UPN, "password": domain.READER_PASSWORD}
    site.configure(DOMAIN.format(**values, ca=samba.ca_file, base=domain.STRANGE), tail=APPLY_AT_ONCE)
    person = domain.strange("C++ team")

    def show(content: bytes | None) -> None:
        with samba.connection() as connection:
            change = (MODIFY_REPLACE, [content] if content else [])
            connection.modify(person, {"thumbnailPhoto": [change]})  # type: ignore[no-untyped-call]

    try:
        show(drawn(1, 96, 96))
        unfit = site.run("reconcile")
        assert (unfit.code, "It is 96 x 96 pixels, too poor for a face" in unfit.out) == (0, True), unfit.err
        show(drawn(1, 240, 320))
        assert (site.run("reconcile").code, len(faces(site)), face_calls(site)) == (0, 1, 1)
        assert (site.run("reconcile").code, face_calls(site)) == (0, 1)
        show(drawn(2, 240, 320))
        assert (site.run("reconcile").code, face_calls(site)) == (0, 2)
    finally:
        show(None)
    assert (site.run("reconcile").code, set(faces(site)), face_calls(site)) == (0, set(), 3)
