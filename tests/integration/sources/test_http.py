"""HTTP services are sources over real connections, with every way of paging and of signing in, and with every fault."""

import gzip
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import stamina
import trustme

from syncd.directory.http_exchange import Reaching
from syncd.directory.http_pages import Places
from syncd.directory.http_source import HttpSource, Listing, Service
from syncd.directory.http_tokens import Client, ClientCredentials, Credentials, Fixed, basic
from syncd.errors import ConfigurationError, SourceBroken, SourceUnreachable
from syncd.model.source import Grade, Snapshot
from syncd.testing.company import generated, key_of
from tests.kit.ports import reserved_port
from tests.kit.servers.hr_service import CLIENT, PASSWORD, SECRET, USERNAME, Fault, HrService, Paging, Reply

COMPANY = generated(120, 12)
LIST, TOTAL = "/data/list", "/data/total"
PLACES: Mapping[Paging, Places] = {
    "one": Places(LIST, total=TOTAL),
    "link": Places(LIST, "/next", total=TOTAL),
    "relative": Places(LIST, "/next", total=TOTAL),
    "cursor": Places(LIST, "/next", "cursor", TOTAL),
    "number": Places(LIST, None, "page", TOTAL),
}
ANYBODY = Fixed({})


@pytest.fixture
def service() -> Iterator[HrService]:
    """Yield a service with a company of 120 people: three pages by cursor, and one of departments."""
    with HrService() as found:
        found.employ(COMPANY)
        yield found


def source(
    service: HrService,
    places: Places = PLACES["cursor"],
    credentials: Credentials = ANYBODY,
    *,
    url: str = "",
    columns: Mapping[str, str] | None = None,
    read_timeout: float = 20.0,
) -> HttpSource:
    """Return a source of this service's people and departments."""
    return HttpSource(
        "hr",
        Service(url or service.url, {"X-Api-Key": "k"}, Reaching(read_timeout=read_timeout)),
        credentials,
        Listing("/people", "entryUUID", places, columns or {}),
        Listing("/departments", "entryUUID", places),
    )


def broken(service: HrService, places: Places = PLACES["cursor"], **settings: float) -> str:
    """Return what is said of a broken read."""
    with pytest.raises(SourceBroken) as caught:
        source(service, places, **settings).read()  # type: ignore[arg-type]
    return str(caught.value)


def is_company(found: Snapshot) -> bool:
    """Whether everybody and every department came."""
    return {one.key for one in found.users} == set(COMPANY.people) and {one.key for one in found.departments} == set(
        COMPANY.units
    )


@pytest.mark.parametrize("paging", PLACES)
@pytest.mark.parametrize("has_total", [True, False])
def test_every_way_of_paging_gives_the_whole_company(service: HrService, paging: Paging, has_total: object) -> None:
    """Every way of paging gives the whole company, with a declared total and without."""
    service.paging, service.has_total = paging, bool(has_total)
    places = PLACES[paging]
    found = source(service, places if has_total else Places(places.items, places.next, places.next_param)).read()
    assert is_company(found)
    assert found.certificate.grade is Grade.WHOLE
    assert found.key_attribute == "entryUUID"
    assert found.users[0].locator == f"users entryUUID={found.users[0].key}"


def test_a_read_says_what_proves_it(service: HrService) -> None:
    """A read says which URLs, without their query, gave how many items on how many pages."""
    (proof,) = source(service, url=f"{service.url}?key=geheim").read().certificate.proofs
    assert proof.split("; ") == [
        f"{service.url}/people was read to its last page: 120 items on 3 pages, as many as declared",
        f"{service.url}/departments was read to its last page: 12 items on 1 page, as many as declared",
    ]
    assert all("key=geheim" in one for one in service.asked)


def test_nested_values_have_flat_names(service: HrService) -> None:
    """Nested values have flat names, null is no value, and lists are several values."""
    service.lists["/people"] = [
        {
            "entryUUID": 17,
            "a": {"b": {"c": "x"}, "n": None},
            "tags": ["u", "v"],
            "mails": [{"v": 1}, {"v": 2.0}],
            "on": True,
        }
    ]
    (found,) = source(service).read().users
    assert dict(found.attributes) == {
        "entryuuid": ("17",),
        "a.b.c": ("x",),
        "tags": ("u", "v"),
        "mails.v": ("1", "2"),
        "on": ("true",),
    }


def test_numbers_of_pages_begin_where_the_path_says(service: HrService) -> None:
    """Numbers of pages begin at 1 or where the path says, and without a total an empty page is the last one."""
    service.paging, service.page_size = "number", 100
    source(service, Places(LIST, None, "page")).read()
    assert [one.partition("?")[2] for one in service.asked] == ["page=1", "page=2", "page=3", "page=1", "page=2"]
    late = HttpSource("hr", Service(service.url), ANYBODY, Listing("/people?page=2&x=y", "entryUUID", PLACES["number"]))
    with pytest.raises(SourceBroken, match="20 came, and /data/total declares 120"):
        late.read()


def spoiled(change: Callable[[bytes], bytes]) -> Fault:
    """Return a fault that changes the body."""

    def fault(reply: Reply) -> None:
        reply.body = change(reply.body)

    return fault


def cut(reply: Reply) -> None:
    """Send half a body."""
    reply.cut = len(reply.body) // 2


def html(reply: Reply) -> None:
    """Send a page for people."""
    reply.headers, reply.body = {"Content-Type": "text/html"}, b"<html>Please log in</html>"


def failing(status: int, **headers: str) -> Fault:
    """Return a fault that answers with a status."""

    def fault(reply: Reply) -> None:
        reply.status, reply.headers = status, {**reply.headers, **headers}

    return fault


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (cut, "the answer ended before it was whole"),
        (spoiled(lambda body: body[: len(body) // 2]), "the answer is not JSON, or not whole (application/json)"),
        (html, "the answer is not JSON, or not whole (text/html)"),
        (failing(500), "answers HTTP 500, which is no list"),
        (failing(404), "answers HTTP 404, which is no list"),
        (failing(302, Location="http://127.0.0.1/"), "answers HTTP 302: redirects are not followed"),
        (failing(304), "answers HTTP 304: nothing has changed, it says, but nothing was kept"),
        (failing(200, **{"Content-Encoding": "gzip"}), "the answer ended before it was whole (DecodingError)"),
        (spoiled(lambda body: body.replace(b'"list"', b'"rows"')), "there is nothing at /data/list, which items names"),
        (
            spoiled(lambda body: body.replace(b'"total"', b'"sum"')),
            "there is nothing at /data/total, which total names",
        ),
        (spoiled(lambda _: b'{"data": {"list": {}, "total": 1}}'), "items, /data/list, is no list"),
        (spoiled(lambda _: b'{"data": {"list": ["x"], "total": 1}}'), "item 1 of /data/list is no object"),
        (spoiled(lambda _: b'{"data": {"list": [], "total": "many"}}'), "total, /data/total, is no number"),
        (spoiled(lambda _: b'{"data": {"list": [], "total": 0}, "next": [1]}'), "/next is neither a text nor a number"),
        (spoiled(lambda _: b"[" * 100_000), "the answer is not JSON"),
    ],
)
@pytest.mark.parametrize("number", [1, 2])
def test_a_fault_of_any_page_is_a_broken_read(service: HrService, fault: Fault, words: str, number: int) -> None:
    """A fault of any page breaks the read and is named, whatever came before (DESIGN 6, certificate)."""
    service.faults[number] = fault
    said = broken(service)
    assert said.startswith(f"source hr: {service.url}/people")
    assert words in said


def test_fewer_than_declared_is_broken(service: HrService) -> None:
    """Fewer items than declared break the read, however the pages ended."""
    for number in (1, 2, 3):
        service.faults[number] = spoiled(lambda body: body.replace(b'"total": 120', b'"total": 121'))
    assert broken(service) == "source hr: users: 120 came, and /data/total declares 121"


def test_a_total_that_changes_is_unproven(service: HrService) -> None:
    """A total that changes while the list is read makes the read unproven."""
    service.faults[1] = spoiled(lambda body: body.replace(b'"total": 120', b'"total": 121'))
    assert source(service).read().certificate.doubts == (
        "source hr: users: the declared total changed from 121 to 120 while the list was read",
    )


def test_more_than_declared_is_unproven(service: HrService) -> None:
    """More items than declared make the read unproven."""
    for number in (1, 2, 3):
        service.faults[number] = spoiled(lambda body: body.replace(b'"total": 120', b'"total": 119'))
    assert source(service).read().certificate.doubts == ("source hr: users: 120 came, and /data/total declares 119",)


def test_a_key_on_two_pages_is_unproven(service: HrService) -> None:
    """A key on two pages makes the read unproven and is named."""
    first, last = key_of("person", 0).encode(), key_of("person", 119).encode()
    service.faults[3] = spoiled(lambda body: body.replace(last, first))
    certificate = source(service).read().certificate
    assert certificate.grade is Grade.UNPROVEN
    assert f"entryUUID {first.decode()} is on two pages" in certificate.doubts[0]


def test_nobody_proves_nothing(service: HrService) -> None:
    """An empty list of people is unproven."""
    service.lists["/people"] = []
    assert source(service).read().certificate.grade is Grade.UNPROVEN


def test_a_name_that_nothing_has_is_unproven(service: HrService) -> None:
    """A mapped name that no item has is a doubt, and one that some item has is none."""
    columns = {"contact.mobile": "mapping.user.phone", "contact.phone": "mapping.user.phone"}
    (doubt,) = source(service, columns=columns).read().certificate.doubts
    assert doubt.startswith('source hr: users: nothing has "contact.phone", which mapping.user.phone names')


@pytest.mark.parametrize("paging", ["link", "cursor"])
def test_pages_in_a_circle_are_broken(service: HrService, paging: Paging) -> None:
    """Pages that lead in a circle break the read."""
    service.paging = paging
    service.faults[3] = spoiled(
        lambda body: body[:-1] + b', "next": ' + (b'"/api/people"' if paging == "link" else b'"50"') + b"}"
    )
    assert "the pages lead in a circle" in broken(service, PLACES[paging])


def test_a_service_that_does_not_count_pages_is_noticed(service: HrService) -> None:
    """A service that gives the same page for every number breaks the read."""
    service.paging, service.has_total = "cursor", False
    assert "page 2 is the one before it once more" in broken(service, Places(LIST, None, "page"))


@pytest.mark.parametrize(
    "place", ["http://evil.example.com/api/people", "//evil.example.com/x", "https://127.0.0.1/x", "http://a:b@HOST/x"]
)
def test_secrets_go_to_no_other_service(service: HrService, place: str) -> None:
    """A next page that is elsewhere is not followed, for headers and secrets would go there."""
    service.paging = "link"
    other = place.replace("HOST", service.url.removeprefix("http://").removesuffix("/api"))
    service.faults[1] = spoiled(lambda body: body.replace(f"{service.url}/people".encode(), other.encode()))
    assert "which is not followed: headers and secrets would go there" in broken(service, PLACES["link"])


def test_a_link_need_not_repeat_what_the_url_has(service: HrService) -> None:
    """A link to the next page need not repeat the query of the URL, which goes with every page as the headers do."""
    service.paging = "relative"
    service.faults[1] = spoiled(lambda body: body.replace(b"key=geheim&", b""))
    assert is_company(source(service, PLACES["relative"], url=f"{service.url}?key=geheim").read())
    assert all("key=geheim" in one for one in service.asked)
    assert {one["x-api-key"] for one in service.headers} == {"k"}


def test_a_busy_service_is_asked_again(service: HrService) -> None:
    """A busy service is asked again, unless it wants to be left alone for an hour."""
    with stamina.set_testing(False):
        service.faults |= {2: failing(429, **{"Retry-After": "0"}), 3: failing(503)}
        assert is_company(source(service).read())
    assert service.statuses[:5] == [200, 429, 503, 200, 200]
    service.faults = {len(service.asked) + 1: failing(429, **{"Retry-After": "3600"})}
    assert "answers HTTP 429: not now" in broken(service)


def test_a_slow_answer_is_broken(service: HrService) -> None:
    """An answer that comes later than `read_timeout` breaks the read."""

    def slow(reply: Reply) -> None:
        reply.delay = 5.0

    service.faults[2] = slow
    assert "no answer within 0.2 s" in broken(service, read_timeout=0.2)


def test_an_answer_too_large_is_broken(service: HrService) -> None:
    """An answer of more than 64 MiB breaks the read, however small it is while it travels."""

    def huge(reply: Reply) -> None:
        reply.headers["Content-Encoding"] = "gzip"
        reply.body = gzip.compress(b" " * (65 << 20), 1)

    service.faults[1] = huge
    assert "an answer is larger than 64 MiB" in broken(service)


@pytest.mark.parametrize("url", ["https://hr.example.org\x7f", "https://[hr]/api"])
def test_a_url_that_is_none_is_a_mistake_of_the_configuration(service: HrService, url: str) -> None:
    """A URL that is none is a mistake of the configuration, also where it is that for tokens."""
    with pytest.raises(ConfigurationError, match="url"):
        source(service, url=url)
    with pytest.raises(ConfigurationError, match="token_url"):
        ClientCredentials("hr", Client(url, CLIENT, SECRET))


def test_a_service_that_is_not_there_is_unreachable(service: HrService) -> None:
    """A service that is not there is unreachable, and is told with its URL but without the query."""
    with reserved_port() as port, pytest.raises(SourceUnreachable) as caught:
        source(service, url=f"http://127.0.0.1:{port}/api?key=geheim").read()
    assert str(caught.value).startswith(f"source hr: http://127.0.0.1:{port}/api/people: no connection: ")
    assert "geheim" not in str(caught.value)


def test_certificates_are_checked(tmp_path: Path) -> None:
    """A service is trusted through the authority in `ca_file` or with `insecure` alone; a bad file is named."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with HrService({"/people": [{"entryUUID": "a"}]}, tls) as secure:
        secure.paging = "one"

        def read(reaching: Reaching) -> Snapshot:
            listing = Listing("/people", "entryUUID", PLACES["one"])
            return HttpSource("hr", Service(secure.url, {}, reaching), ANYBODY, listing).read()

        with pytest.raises(SourceUnreachable, match=r"its certificate is not known: name it in ca_file"):
            read(Reaching())
        assert len(read(Reaching(ca_file=str(tmp_path / "ca.pem"))).users) == 1
        assert len(read(Reaching(insecure=True)).users) == 1
    with pytest.raises(ConfigurationError, match=r"source\.hr\.ca_file: .* cannot be used as PEM certificates"):
        read(Reaching(ca_file=str(tmp_path / "no.pem")))


@pytest.mark.parametrize(
    ("auth", "good", "bad"),
    [
        ("basic", Fixed(basic(USERNAME, PASSWORD)), Fixed(basic(USERNAME, "falsch"))),
        ("bearer", Fixed({"authorization": f"Bearer {SECRET}"}), Fixed({"authorization": "Bearer falsch"})),
    ],
)
def test_who_asks_is_shown(service: HrService, auth: str, good: Credentials, bad: Credentials) -> None:
    """A good password or token reads the company; a bad one is a mistake of the configuration and not shown (I8)."""
    service.auth = auth
    assert is_company(source(service, credentials=good).read())
    with pytest.raises(ConfigurationError, match="answers HTTP 401: it refuses who asks") as caught:
        source(service, credentials=bad).read()
    assert "falsch" not in str(caught.value)


def client(service: HrService, secret: str = SECRET) -> ClientCredentials:
    """Return the credentials of a client."""
    return ClientCredentials("hr", Client(service.token_url, CLIENT, secret))


@pytest.mark.parametrize("takes_form_only", [False, True])
def test_client_credentials_are_exchanged_for_a_token(service: HrService, takes_form_only: object) -> None:
    """Client credentials are exchanged once for a token that serves every page and later reads."""
    service.auth, service.takes_form_only = "oauth2", bool(takes_form_only)
    found = source(service, credentials=client(service))
    assert is_company(found.read())
    assert is_company(found.read())
    assert len(service.tokens) == 1


def test_a_token_that_is_refused_is_renewed_once(service: HrService) -> None:
    """A token that is refused is renewed once, and a second refusal is final."""
    service.auth = "oauth2"
    found = source(service, credentials=client(service))
    found.read()
    service.tokens.append("another client's")
    assert is_company(found.read())
    assert len(service.tokens) == 3
    for refused in ((1, 2), (1, 3)):
        start = len(service.asked)
        service.faults = {start + number: failing(401) for number in refused}
        with pytest.raises(ConfigurationError, match="answers HTTP 401"):
            found.read()
        assert len(service.asked) == start + refused[-1]


def test_a_refused_client_is_a_mistake_of_the_configuration(service: HrService) -> None:
    """A refused client is a mistake of the configuration, with the server's word for it and without the secret."""
    service.auth = "oauth2"
    with pytest.raises(ConfigurationError, match=r"it refuses the client \(invalid_client\)") as caught:
        source(service, credentials=client(service, "falsch")).read()
    assert "falsch" not in str(caught.value)


def test_unchanged_pages_are_not_sent_again(service: HrService) -> None:
    """An unchanged page is not sent again, for each page is asked for by its tag, and a changed page is."""
    service.has_tags = True
    found = source(service)
    first = found.read()
    assert found.read() == first
    assert service.statuses[4:] == [304] * 4
    service.lists["/people"][0]["displayName"] = "Neu"
    assert {one.attributes["displayname"] for one in found.read().users} > {("Neu",)}
    assert service.statuses[8:] == [200, 304, 304, 304]


def test_pages_that_must_not_be_kept_are_not(service: HrService) -> None:
    """A page that Cache-Control does not let us keep is asked for anew."""
    service.has_tags = True
    service.faults = {number: failing(200, **{"Cache-Control": "private, no-store"}) for number in range(1, 5)}
    found = source(service)
    found.read()
    found.read()
    assert service.statuses == [200] * 8


def test_what_a_broken_read_got_is_not_kept(service: HrService) -> None:
    """What a broken read got is not kept, so that the next read gets every page anew."""
    service.has_tags = True
    found = source(service)
    service.faults[3] = failing(500)
    with pytest.raises(SourceBroken):
        found.read()
    assert is_company(found.read())
    assert service.statuses == [200, 200, 500, 200, 200, 200, 200]
