"""`init` asks on a terminal, understands what people call things, checks what they answer, and keeps secrets apart."""

import stat
import tomllib
from pathlib import Path

import pytest

from syncd.testing.company import Company
from tests.kit.installation.conversation import converse
from tests.kit.installation.site import SECRET, Site


def test_a_conversation_makes_a_configuration_for_active_directory(tmp_path: Path) -> None:
    """A wrong answer is told and asked again, passwords are not shown and stand in private files of their own."""
    code, screen = converse(
        tmp_path,
        ["init"],
        [
            ("Where do people come from", "a mainframe"),
            ("Where do people come from", "Active Directory"),
            ("URL of the directory server", "127.0.0.1:13890"),
            ("URL of the directory server", "ldaps://dc1.example.org"),
            ("Below which DN", "not a dn"),
            ("Below which DN", "OU=Company,DC=example,DC=org"),
            ("DN of the reader", "reader@example.org"),
            ("Password of reader@example.org", "geheim 密码"),
            ("URL of the platform", "meeting.example.org"),
            ("URL of the platform", "https://meeting.example.org/meeting"),
            ("appkey", "KEY"),
            ("The file with its appsecret", ""),
            ("The appsecret itself", "heikel"),
            ("account and password of new users", ""),
        ],
    )
    assert code == 0, screen
    assert "a mainframe is no type of source; it is one of ldap, ldif, csv, sql, http" in screen
    assert "127.0.0.1:13890 is not the URL of a directory server" in screen
    assert "not a dn is no DN" in screen
    assert "meeting.example.org is not the URL of a service" in screen
    assert "geheim" not in screen
    assert "heikel" not in screen
    written = tomllib.loads((tmp_path / "syncd.toml").read_text())
    assert written["source"]["ldap"] == {
        "type": "ldap",
        "urls": ["ldaps://dc1.example.org"],
        "bind_dn": "reader@example.org",
        "bind_password_file": "bind_password",
        "base": "OU=Company,DC=example,DC=org",
        "users": {"filter": "(&(objectCategory=person)(objectClass=user))"},
        "departments": {},
    }
    assert written["mapping"]["user"] == {"account": "sAMAccountName", "phone": ["mobile", "telephoneNumber"]}
    assert written["platform"] == {
        "url": "https://meeting.example.org/meeting",
        "appkey": "KEY",
        "appsecret_file": "appsecret",
        "read_only": True,
        "handover": "handover.csv",
        "callback": {},
    }
    for name, secret in (("bind_password", "geheim 密码\n"), ("appsecret", "heikel\n")):
        assert (tmp_path / name).read_text() == secret
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_an_anonymous_reader_and_no_handover_are_said_to_be_so(tmp_path: Path) -> None:
    """Somebody may answer nothing for the reader and decline a handover file, and is told what follows."""
    (tmp_path / "appsecret").write_text("there already")
    answers = [
        ("come from", "OpenLDAP"),
        ("URL of the directory", ""),
        ("Below which DN", ""),
        ("DN of the reader", ""),
    ]
    answers += [("URL of the platform", ""), ("appkey", "KEY"), ("appsecret", ""), ("new users", "-")]
    code, screen = converse(tmp_path, ["init"], answers)
    assert code == 0, screen
    assert "nobody will know the passwords of new users" in screen
    written = tomllib.loads((tmp_path / "syncd.toml").read_text())
    assert set(written["source"]["ldap"]) == {"type", "urls", "base", "users", "departments"}
    assert set(written["platform"]) == {"appkey", "appsecret_file", "read_only", "callback"}
    assert (tmp_path / "appsecret").read_text() == "there already"


def test_a_type_of_source_is_known_by_what_people_call_it(site: Site) -> None:
    """`--source` takes what people call a directory, in any letter case."""
    words = {"LDAP": "ldap", "AD": "ldap", " active  Directory ": "ldap", "389-DS": "ldap", "Ldif": "ldif"}
    places = {"ldap": ["--url", "ldap://localhost"], "ldif": ["--path", "a.ldif"]}
    flags = ["--base", "dc=x", "--appkey", "k", "--appsecret-file", "s", "--out"]
    found = {}
    for number, (word, kind) in enumerate(words.items()):
        assert site.run("init", "--source", word, *places[kind], *flags, f"{number}.toml").code == 0
        (found[word],) = tomllib.loads((site.folder / f"{number}.toml").read_text())["source"]
    assert found == words


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--source", "mainframe"), "--source: mainframe is no type of source"),
        (
            ("--source", "ldap", "--url", "127.0.0.1:13890"),
            "--url: 127.0.0.1:13890 is not the URL of a directory server",
        ),
        (("--source", "ldap", "--url", "ldap://x", "--base", "not a dn"), "--base: not a dn is no DN"),
        (
            ("--source", "ldap", "--url", "ldap://x", "--base", "dc=x", "--bind-dn", "reader"),
            "--bind-dn: reader is no DN",
        ),
        (
            ("--source", "ldif", "--path", "x", "--base", "dc=x", "--platform-url", "x.org"),
            "--platform-url: x.org is not",
        ),
    ],
)
def test_a_flag_that_cannot_be_used_is_refused(site: Site, flags: tuple[str, ...], message: str) -> None:
    """A flag whose value cannot be used is refused with its name, and nothing is written."""
    refused = site.run("init", *flags, "--out", "new.toml")
    assert refused.code == 1
    assert message in refused.fault
    assert not (site.folder / "new.toml").exists()


def test_files_are_named_as_the_configuration_sees_them(site: Site, company: Company) -> None:
    """A configuration that is written elsewhere finds the files that were named from where one stands."""
    site.employ(company)
    (site.folder / "secret").write_text(SECRET)
    (site.folder / "etc" / "syncd").mkdir(parents=True)
    out = str(Path("etc") / "syncd" / "syncd.toml")
    flags = [
        "--source",
        "ldif",
        "--path",
        "company.ldif",
        "--base",
        "ou=people,dc=example,dc=com",
        "--appkey",
        "sandbox",
    ]
    flags += ["--appsecret-file", "secret", "--platform-url", site.url, "--handover", "new.csv"]
    assert site.run("init", *flags, "--out", out).code == 0
    checked = site.run("--config", out, "check")
    assert checked.code == 0, checked.out + checked.err
    written = tomllib.loads((site.folder / out).read_text())
    assert written["platform"]["handover"] == "../../new.csv"
