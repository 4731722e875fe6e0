"""`deploy/docker/compose.yaml` and the files beside it fit each other and the program."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from syncd.cli.main import main
from syncd.config.loading import load
from syncd.wire.callback import CallbackKeys

TOP = Path(__file__).parents[3]
FOLDER = TOP / "deploy" / "docker"
PROFILES = ("", "openldap")
Json = dict[str, Any]


def text(profile: str = "") -> str:
    """Give the file, with what a profile puts in."""
    return (FOLDER / "compose.yaml").read_text(encoding="utf-8").replace("${COMPOSE_PROFILES:-ldif}", profile or "ldif")


@pytest.fixture
def composed() -> Json:
    """Give the file as it is read."""
    found: Json = yaml.safe_load(text())
    return found


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """Give the folder that `secrets.sh` makes."""
    script = tmp_path / "secrets.sh"
    script.write_text((FOLDER / "secrets.sh").read_text(encoding="utf-8"), encoding="utf-8")
    for _ in range(2):
        subprocess.run(["/bin/sh", str(script)], check=True, capture_output=True)  # noqa: S603 - ours
    return tmp_path / "secrets"


@pytest.mark.parametrize("profile", PROFILES)
def test_it_is_what_the_compose_specification_says(profile: str) -> None:
    """The compose file fits the Compose specification, with either profile."""
    interpolated = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text(profile))
    found = PyCompose.from_yaml(yaml.safe_dump(yaml.safe_load(interpolated)))
    found.validate()


def test_each_secret_is_made_by_the_script_and_mounted_where_it_is_named(composed: Json, secrets: Path) -> None:
    """Each secret is made by the script and mounted where it is named, and no value stands in the file."""
    assert {path.name for path in secrets.iterdir()} == set(composed["secrets"])
    for service in composed["services"].values():
        named = re.findall(r"/run/secrets/(\w+)", yaml.safe_dump(service.get("environment", {})))
        assert set(named) <= set(service.get("secrets", []))
    values = [path.read_text(encoding="ascii").strip() for path in secrets.iterdir() if path.name != "appsecret"]
    assert not [one for one in values if one in text()]


def test_secrets_are_made_once_and_only_their_owner_finds_them(secrets: Path) -> None:
    """Secrets are made once, for their owner alone, and the store's URL has the database's password."""
    assert secrets.stat().st_mode & 0o777 == 0o700
    password = (secrets / "database_password").read_text(encoding="ascii").strip()
    assert len(password) == 32
    owner = (secrets / "database_owner_password").read_text(encoding="ascii").strip()
    for name, role, its in (("store_url", "syncd", password), ("store_owner_url", "syncd_owner", owner)):
        assert f"//{role}:{its}@database:5432/syncd" in (secrets / name).read_text(encoding="ascii")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_configuration_loads_with_environment_and_secrets_of_the_file(
    profile: str, composed: Json, secrets: Path, tmp_path: Path
) -> None:
    """The configuration loads with the environment and secrets of the file, with PostgreSQL as its store."""
    config = tmp_path / "syncd.toml"
    name = f"{profile or 'ldif'}.toml"
    config.write_text(
        (FOLDER / name).read_text(encoding="utf-8").replace("/run/secrets", str(secrets)), encoding="utf-8"
    )
    given = composed["services"]["syncd"]["environment"]
    environ = {key: value.replace("/run/secrets", str(secrets)) for key, value in given.items()}
    settings = load(config, environ, tmp_path).settings
    assert settings.store.url.get_secret_value().startswith("postgresql+psycopg://syncd:")
    assert settings.admin.bind == "127.0.0.1:8091"
    assert not settings.platform.read_only
    callback = settings.platform.callback
    CallbackKeys.of(callback.token.get_secret_value(), callback.aes_key.get_secret_value(), settings.platform.appkey)


def test_the_schema_is_there_before_the_daemon_and_the_daemon_before_its_callback_is_entered(composed: Json) -> None:
    """Each service waits until what it needs has completed or is healthy."""
    services = composed["services"]
    assert services["migrate"]["command"] == ["db", "upgrade"]
    assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["syncd"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert services["settings"]["depends_on"] == {"syncd": {"condition": "service_healthy"}}


def test_commands_of_the_file_are_commands_of_the_program(
    composed: Json, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of the file are commands of the program, with options that it knows."""
    for service in composed["services"].values():
        if service.get("image") == "syncd" and "entrypoint" not in service:
            monkeypatch.setattr("sys.argv", ["syncd", *service["command"], "--help"])
            with pytest.raises(SystemExit) as ended:
                main()
            assert ended.value.code in (0, None), capsys.readouterr().err


def test_only_callbacks_are_open_to_other_machines(composed: Json) -> None:
    """Only the port of callbacks is published to other machines."""
    ports = [port for service in composed["services"].values() for port in service.get("ports", [])]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == ["8090:8090"]


def test_every_container_has_bounds_and_no_capabilities(composed: Json) -> None:
    """Every container has bounds, no core dump and no capabilities but the database's few; ours a read-only root."""
    for name, service in composed["services"].items():
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert (service["mem_limit"], service["memswap_limit"], service["pids_limit"]) == ("2g", "2g", 256)
        assert service["ulimits"] == {"core": 0}
        assert service["cap_drop"] == ["ALL"]
        is_database = name == "database"
        assert service.get("cap_add", []) == (
            ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"] if is_database else []
        )
        assert service.get("read_only", False) is not is_database


def test_the_daemon_has_not_the_password_of_the_tables_owner(composed: Json) -> None:
    """Only the migration has the owner's password, and no container publishes the admin port."""
    having = {name for name, service in composed["services"].items() if "store_owner_url" in service.get("secrets", [])}
    assert having == {"migrate"}
    assert "8091" not in text()


def test_every_image_of_others_can_be_named_by_digest(composed: Json) -> None:
    """Each image that is not built here is a variable, so that a digest can be given for it."""
    for service in composed["services"].values():
        bases = service.get("build", {}).get("args", {}).get("BASE", service["image"])
        assert re.fullmatch(r"\$\{SYNCD_[A-Z]+_IMAGE:-[a-z]+:[a-z0-9.-]+\}", bases), bases
