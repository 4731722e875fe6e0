"""Databases and HTTP services are configured with keys and secrets, and the fingerprint has what decides scope."""

from pathlib import Path

import pytest

from syncd.config.sample import sample
from syncd.config.table_settings import HttpSource, SqlSource
from syncd.errors import ConfigurationError
from tests.kit.configurations import loaded
from tests.kit.refusals import refusal

PLATFORM = '[mapping.user]\ndepartment = "unit"\n[platform]\nappkey = "k"\nappsecret = "geheim"\n'
SQL = """[source.hr]
type = "sql"
url = "postgresql://reader:geheim@hr.example.org/staff"
key = "id"
users = {query = "SELECT * FROM staff"}
departments = {query = "SELECT * FROM units"}
"""
SQL += PLATFORM
HTTP = f"""[source.hr]
type = "http"
url = "https://hr.example.org/api"
key = "id"
[source.hr.users]
path = "/people?active=1"
items = "/data"
next = "/next"
next_param = "page"
total = "/total"
[source.hr.headers]
X-Api-Key = "heikel"
{PLATFORM}"""


def http(folder: Path, text: str, **environ: str) -> HttpSource:
    """Return the source of a configuration."""
    found = loaded(folder, text, **environ).settings.source["hr"]
    assert isinstance(found, HttpSource)
    return found


MISTAKES = (
    (SQL, 'url = "postgresql', 'uri = "postgresql', "syncd.toml:1: source.hr.url: is missing (or url_file)"),
    (
        SQL,
        'key = "id"',
        'key = "id"\nread_timeout = 0',
        "syncd.toml:5: source.hr.read_timeout: found 0.0; wanted: ",
    ),
    (SQL, 'key = "id"', "", "syncd.toml:1: source.hr: users needs key"),
    (
        SQL,
        '{query = "SELECT * FROM staff"}',
        '{table = "staff"}',
        "syncd.toml:5: source.hr.users.query: is missing",
    ),
    (SQL, 'department = "unit"', "", 'syncd.toml: mapping.user.department is "@parent", but the rows of source hr'),
    (HTTP, "https://hr", "ftp://hr", "syncd.toml:3: source.hr.url: this is no URL of a service"),
    (HTTP, "https://hr", "https://a:geheim@hr", "syncd.toml:3: source.hr.url: name and password stand in the URL"),
    (HTTP, "https://hr", "http://hr", "syncd.toml:1: source.hr: people and secrets would travel in clear to hr."),
    (HTTP, 'key = "id"', 'key = "id"\nauth = "basic"', 'syncd.toml:1: source.hr: auth = "basic" needs username'),
    (HTTP, 'key = "id"', 'key = "id"\nauth = "digest"', "syncd.toml:5: source.hr.auth: found 'digest'; allowed: "),
    (HTTP, 'items = "/data"', 'items = "data"', "syncd.toml:7: source.hr.users.items: data is no JSON Pointer"),
    (
        HTTP,
        'key = "id"',
        'key = "id"\ntoken = "gehéim"',
        "syncd.toml:5: source.hr.token: the value of token has char",
    ),
    (HTTP, "X-Api-Key", '"X Api"', "syncd.toml:11: source.hr.headers: X Api is no name of a header"),
    (HTTP, '"heikel"', '"heikel\\n"', "syncd.toml:11: source.hr.headers: the value of X-Api-Key has characters"),
    (HTTP, '"heikel"', '"heikel"\nx-api-key = "x"', "syncd.toml:11: source.hr.headers: a header is written twice"),
    (HTTP, '"heikel"', "5", "syncd.toml:12: source.hr.headers.X-Api-Key: found something else; wanted: "),
    (
        HTTP,
        '"heikel"',
        '"heikel"\nX-Api-Key_file = "x"',
        "syncd.toml:13: source.hr.headers.X-Api-Key_file: X-Api-Key",
    ),
)


def test_a_mistake_is_one_line_with_file_line_key_and_way_out(tmp_path: Path) -> None:
    """A mistake is one line with file, line, key and way out, and never shows a secret."""
    assert [was for text, was, _, _ in MISTAKES if was not in text] == []
    texts = [(text.replace(was, now, 1), line) for text, was, now, line in MISTAKES]
    said = [(line, refusal(ConfigurationError, loaded, tmp_path, text).splitlines()) for text, line in texts]
    assert [(line, lines) for line, lines in said if not any(told.startswith(line) for told in lines)] == []
    assert [lines for _, lines in said if any("geheim" in told or "heikel" in told for told in lines)] == []


def test_every_secret_can_stand_in_a_file(tmp_path: Path) -> None:
    """Every secret of an HTTP service can stand in a file, the URL and the values of headers too."""
    for name in ("url", "key", "pass", "token", "secret"):
        (tmp_path / name).write_text(f"https://hr.example.org/{name}\n")
    text = HTTP.replace(
        'url = "https://hr.example.org/api"', 'url_file = "url"\npassword_file = "pass"\ntoken_file = "token"'
    )
    text = text.replace('key = "id"', 'key = "id"\nclient_secret_file = "secret"')
    found = http(tmp_path, text.replace('X-Api-Key = "heikel"', 'X-Api-Key_file = "key"'))
    secrets = [found.url, found.headers["X-Api-Key"], found.password, found.token, found.client_secret]
    assert [one.get_secret_value().rpartition("/")[2] for one in secrets] == ["url", "key", "pass", "token", "secret"]


def test_secrets_can_come_from_the_environment(tmp_path: Path) -> None:
    """Secrets from the environment replace those of the file, also where it names a file for them."""
    text = HTTP.replace('X-Api-Key = "heikel"', 'authorization_file = "key"').replace(
        'url = "https', 'url_file = "x"\n# "'
    )
    environ = {"SYNCD_SOURCE__HR__HEADERS__AUTHORIZATION": "neu", "SYNCD_SOURCE__HR__URL": "https://other/"}
    found = http(tmp_path, text, **environ)
    assert found.headers["authorization"].get_secret_value() == "neu"
    assert found.url.get_secret_value() == "https://other/"


@pytest.mark.parametrize("text", [SQL, HTTP])
def test_no_secret_is_in_a_dump(tmp_path: Path, text: str) -> None:
    """A dump of the settings has no secret and no URL of a source (I8)."""
    shown = loaded(tmp_path, text).settings.model_dump_json()
    assert "geheim" not in shown
    assert "heikel" not in shown
    assert "hr.example.org" not in shown


def test_the_file_of_an_sqlite_url_is_beside_the_configuration(tmp_path: Path) -> None:
    """The file of an SQLite URL is beside the configuration, and other URLs stay as they are."""
    for url, wanted in {
        "sqlite:///hr.db": f"sqlite:///{tmp_path}/hr.db",
        "sqlite:////srv/hr.db": "sqlite:////srv/hr.db",
        "mysql://x/hr": "mysql://x/hr",
    }.items():
        found = loaded(tmp_path, SQL.replace("postgresql://reader:geheim@hr.example.org/staff", url)).settings.source[
            "hr"
        ]
        assert isinstance(found, SqlSource)
        assert found.url.get_secret_value() == wanted


CHANGES = (
    (SQL, "hr.example.org", "db.example.org", False),
    (SQL, "FROM staff", "FROM staff WHERE active", True),
    (SQL, "FROM units", "FROM divisions", True),
    (SQL, 'key = "id"', 'key = "no"', True),
    (HTTP, "hr.example.org", "api.example.org", False),
    (HTTP, '"heikel"', '"other"', False),
    (HTTP, 'key = "id"', 'key = "id"\nauth = "bearer"\ntoken = "x"', False),
    (HTTP, 'key = "id"', 'key = "id"\nread_timeout = "5m"', False),
    (HTTP, 'total = "/total"', "", False),
    (HTTP, 'total = "/total"', 'more = "/has_more"\nsuccess = {at = "/errcode", is = 0}', False),
    (HTTP, 'total = "/total"', 'start = 0\nstep = "items"', True),
    (HTTP, "active=1", "active=0", True),
    (HTTP, 'items = "/data"', 'items = "/data/all"', True),
    (HTTP, 'next = "/next"', 'next = "/more"', True),
    (HTTP, 'next_param = "page"', "", True),
)


def test_what_decides_who_is_read_is_in_the_fingerprint(tmp_path: Path) -> None:
    """Queries, paths and paging are in the fingerprint, and no address, secret or tuning is (DESIGN 6, guards)."""
    before = {text: loaded(tmp_path, text).fingerprint for text in (SQL, HTTP)}
    assert [was for text, was, _, _ in CHANGES if was not in text] == []
    wrong = [
        (was, now)
        for text, was, now, decides in CHANGES
        if (loaded(tmp_path, text.replace(was, now)).fingerprint != before[text]) is not decides
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("kind", "table"), [("sql", {"query": "SELECT * FROM x"}), ("http", {"path": "/people", "items": "/data"})]
)
def test_the_sample_can_be_loaded(tmp_path: Path, kind: str, table: dict[str, str]) -> None:
    """The sample can be loaded for both kinds, with a table of departments and without one."""
    (tmp_path / "hr-url").write_text("https://hr.example.org/api")
    for departments in ({}, {**table, "key": "no"}):
        answers = {
            "source": {"type": kind, "url_file": "hr-url", "key": "id"},
            "users": table,
            "departments": departments,
            "user": {"department": "unit"},
            "platform": {"appkey": "k", "appsecret": "s"},
        }
        source = loaded(tmp_path, sample(kind, answers)).settings.source[kind]
        assert isinstance(source, SqlSource | HttpSource)
        assert (source.departments is not None) == bool(departments)
