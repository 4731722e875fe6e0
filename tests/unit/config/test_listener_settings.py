"""The listener's settings take keys, sizes and addresses, and answer each mistake with one clear line."""

import json
from pathlib import Path

import pytest

from syncd.config.addresses import host_and_port
from syncd.config.callback import callback_keys
from syncd.config.settings import Settings
from syncd.config.values import size
from syncd.errors import ConfigurationError
from syncd.wire.callback import CallbackKeys
from tests.kit.configurations import loaded
from tests.kit.installation.callbacks import AES_KEY, TOKEN
from tests.kit.refusals import refusal

GOOD = '[source.file]\ntype = "ldif"\npath = "a.ldif"\nbase = "dc=x"\n[platform]\nappkey = "k"\nappsecret = "s"\n'
CALLBACK = f'[platform.callback]\ntoken = "{TOKEN}"\naes_key = "{AES_KEY}"\n'
FORMER_KEY = AES_KEY[::-1]
SIZE = 'a size is a number of bytes, or a number and one of KiB, MiB, GiB, such as "8MiB"'


def settings(folder: Path, more: str, **environ: str) -> Settings:
    """Return the settings of a configuration with these lines more."""
    return loaded(folder, GOOD + more, **environ).settings


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("8MiB", 8 << 20),
        ("512KiB", 512 << 10),
        ("1 gib", 1 << 30),
        ("8", 8),
        (4096, 4096),
    ],
)
def test_a_size_is_a_number_and_a_unit(written: object, meant: int) -> None:
    """A size is a number and a unit, or a plain number of bytes."""
    assert size(written) == meant


def test_what_is_no_size_is_refused() -> None:
    """A value that is no size is refused with what a size looks like."""
    no_sizes = ("", "0", "8MB", "-1MiB", "MiB", "1.5MiB", "²MiB", True, -1, 0, None, "9" * 30)
    said = [(written, refusal(ValueError, size, written)) for written in no_sizes]
    assert [one for one in said if "a size is a number of bytes" not in one[1]] == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0.0.0.0:8090", ("0.0.0.0", 8090)),  # noqa: S104 - the default
        ("[::1]:1", ("::1", 1)),
        ("host.example.org:65535", ("host.example.org", 65535)),
        ("127.0.0.1:0", ("127.0.0.1", 0)),
    ],
)
def test_an_address_to_listen_on_is_host_and_port(written: str, meant: tuple[str, int]) -> None:
    """An address to listen on is host and port, and an address of IPv6 stands in brackets."""
    assert host_and_port(written) == meant


def test_what_is_no_address_is_refused() -> None:
    """A text that is no address to listen on is refused, and the message says so."""
    no_addresses = ("", "8090", ":8090", "::1", "::1:80", "[::1]", "[h]:1", "h:", "h:65536", "h:-1", "h:x", "h:²")
    said = [(written, refusal(ValueError, host_and_port, written)) for written in no_addresses]
    assert [one for one in said if "is not an address to listen on" not in one[1]] == []


MISTAKES = (
    ('[listener]\nmax_body = "8MB"', f"syncd.toml:9: listener.max_body: {SIZE}"),
    ('[listener]\npath = "callback"', "syncd.toml:9: listener.path: found 'callback'; wanted: "),
    (
        '[listener]\nbind = "localhost"',
        "syncd.toml:9: listener.bind: localhost is not an address to listen on; it looks like ",
    ),
    (
        '[listener]\ntrusted_proxies = ["proxy"]',
        "syncd.toml:9: listener.trusted_proxies: proxy is no address or network; it looks like ",
    ),
    ('[listener]\ntls = {cert = "a"}', "syncd.toml:9: listener.tls.key: is missing"),
    ('[listener.tls]\ncerts = "a"', "syncd.toml:8: listener.tls.cert: is missing"),
    ('[admin]\nbind = "8091"', "syncd.toml:9: admin.bind: 8091 is not an address to listen on; it looks like "),
    (
        '[platform.callback]\ntoken = "t"',
        "syncd.toml:8: platform.callback: token is written and aes_key is not; an event is proved by both",
    ),
    (
        f'[platform.callback]\naes_key = "{AES_KEY}"',
        "syncd.toml:8: platform.callback: aes_key is written and token is not; an event is proved by both",
    ),
    (
        '[platform.callback]\ntoken = "t"\naes_key = "geheim"',
        "syncd.toml:10: platform.callback.aes_key: the aes_key of callbacks has 6 characters or is no base64",
    ),
    (
        f'{CALLBACK}former = {{aes_key = "geheim"}}',
        "syncd.toml:11: platform.callback.former.aes_key: the aes_key of callbacks has 6 characters",
    ),
    (
        f'{CALLBACK}former = {{tokn = "x"}}',
        'syncd.toml:11: platform.callback.former.tokn: unknown key; did you mean "token"?',
    ),
    (
        f'{CALLBACK}former = {{token_file = "nowhere"}}',
        "syncd.toml:11: platform.callback.former.token_file: the file nowhere cannot be read: No such file",
    ),
)


def test_a_mistake_is_one_line_without_a_secret(tmp_path: Path) -> None:
    """A mistake is told with file, line, key and way out, and without a secret."""
    said = [(more, line, refusal(ConfigurationError, loaded, tmp_path, GOOD + more)) for more, line in MISTAKES]
    wrong = [
        (more, text)
        for more, line, text in said
        if not text.startswith(line) or any(secret in text for secret in ("geheim", AES_KEY))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("former", "keys"),
    [
        ("", None),
        ('{token = "before"}', ("before", AES_KEY)),
        (f'{{aes_key = "{FORMER_KEY}"}}', (TOKEN, FORMER_KEY)),
        ('{token = "before", aes_key_file = "key"}', ("before", FORMER_KEY)),
    ],
)
def test_former_keys_say_what_has_changed(tmp_path: Path, former: str, keys: tuple[str, str] | None) -> None:
    """Former keys say only what has changed, and are tried after the present ones."""
    (tmp_path / "key").write_text(FORMER_KEY + "\n")
    found = callback_keys(settings(tmp_path, CALLBACK + (f"former = {former}\n" if former else "")))
    assert found == (CallbackKeys.of(TOKEN, AES_KEY, "k"), *([CallbackKeys.of(*keys, "k")] if keys else []))


def test_secrets_of_callbacks_come_from_files_and_the_environment(tmp_path: Path) -> None:
    """The secrets of callbacks come from files and the environment, and no dump of the settings has them."""
    (tmp_path / "token").write_text(TOKEN + "\n")
    found = settings(tmp_path, '[platform.callback]\ntoken_file = "token"\n', SYNCD_PLATFORM__CALLBACK__AES_KEY=AES_KEY)
    assert callback_keys(found) == (CallbackKeys.of(TOKEN, AES_KEY, "k"),)
    shown = found.model_dump_json()
    assert TOKEN not in shown
    assert AES_KEY not in shown


def test_files_of_the_certificate_are_relative_to_the_configuration(tmp_path: Path) -> None:
    """The files of the certificate are relative to the configuration, unless they are absolute."""
    tls = settings(tmp_path, '[listener]\ntls = {cert = "own.pem", key = "/etc/own.key"}\n').listener.tls
    assert tls is not None
    assert (tls.cert, tls.key) == (str(tmp_path / "own.pem"), "/etc/own.key")


def test_the_defaults_are_those_of_the_contract(tmp_path: Path) -> None:
    """The defaults of the listener are those of the contract, and a size is shown as it is written."""
    found = settings(tmp_path, "").listener
    assert (found.bind, found.path, found.max_body, found.tls) == ("0.0.0.0:8090", "/callback", 8 << 20, None)
    assert json.loads(found.model_dump_json())["max_body"] == "8MiB"
