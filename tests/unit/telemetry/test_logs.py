"""Logs never show a secret, and show personal data only where it is wanted (I8)."""

import io
import json

import pytest
import structlog

from syncd.telemetry.logs import NOTHING, configure
from syncd.telemetry.masking import masked_text


def logged(hidden: frozenset[str] | None = None, **values: object) -> dict[str, object]:
    """Write one line and give what was written."""
    out = io.StringIO()
    configure("info", "json", out=out, **({} if hidden is None else {"hidden": hidden}))
    structlog.get_logger().info("call_failed", **values)
    structlog.reset_defaults()
    line: dict[str, object] = json.loads(out.getvalue())
    return line


@pytest.mark.parametrize("name", ["appsecret", "access_token", "bind_password", "aes_key", "Authorization", "token"])
def test_the_value_of_a_secret_name_is_never_written(name: str) -> None:
    """A secret is masked at any depth, whatever holds it."""
    line = logged(settings={"platform": [{name: "s3cret"}]})
    assert "s3cret" not in json.dumps(line)


def test_an_error_that_bears_a_url_loses_its_query_and_credentials() -> None:
    """A URL in an error is logged without its query and credentials."""
    error = OSError("GET https://user:pw@h.example/api/gettoken?appkey=a&appsecret=b failed")
    assert logged(error=error)["error"] == "GET https://***@h.example/api/gettoken?*** failed"


def test_a_secret_in_free_text_is_masked() -> None:
    """A secret that stands with its name in a sentence is masked."""
    assert masked_text('answer {"access_token": "abc", "x": 1}') == 'answer {"access_token": "***", "x": 1}'


def test_the_key_of_a_secret_in_the_configuration_is_no_secret() -> None:
    """A message about the key of a secret in the configuration stays readable."""
    text = "syncd.toml:4: platform.appsecret: is missing (or appsecret_file)"
    assert masked_text(text) == text


def test_personal_data_is_masked_unless_it_is_wanted() -> None:
    """Phones are masked in logs unless personal data is wanted."""
    assert logged(user={"phone": "138", "id": "7"})["user"] == {"phone": "***", "id": "7"}
    assert logged(NOTHING, user={"phone": "138"})["user"] == {"phone": "138"}


def test_chinese_text_stays_readable() -> None:
    """Chinese text is logged as it is, without escapes."""
    assert logged(NOTHING, department="销售部")["department"] == "销售部"
