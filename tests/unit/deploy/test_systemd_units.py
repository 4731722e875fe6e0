"""The units of `deploy/systemd` are sound, as systemd itself reads them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from syncd.config.loading import load
from tests.kit.installation.callbacks import AES_KEY

TOP = Path(__file__).parents[3]
UNITS = TOP / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
DROP_INS = sorted(UNITS.glob("drop-ins/*.conf"))
INSTANCES = ("syncd.service", "syncd@acme.service", "syncd-reconcile.timer", "syncd-reconcile@acme.timer")
STEPS = 254
"""The version of systemd that first knows RestartSteps=."""


@pytest.fixture
def analyze(is_strict: object) -> str:
    """Give systemd's own verifier."""
    found = shutil.which("systemd-analyze")
    if found is None:
        if is_strict:
            pytest.fail("systemd-analyze is missing: apt-get install systemd")
        pytest.skip("apt-get install systemd")
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give the root of a machine on which syncd is installed as the guide says."""
    program = tmp_path / "opt" / "syncd" / "bin" / "syncd"
    for wanted in (program, tmp_path / "usr" / "bin" / "kill"):
        wanted.parent.mkdir(parents=True)
        wanted.touch(0o755)
    units = tmp_path / "etc" / "systemd" / "system"
    units.mkdir(parents=True)
    for unit in UNITS.glob("syncd*"):
        shutil.copy(unit, units)
    (tmp_path / "lib").symlink_to("usr/lib")
    shutil.copytree("/usr/lib/systemd/system", tmp_path / "usr" / "lib" / "systemd" / "system", symlinks=True)
    return tmp_path


def verified(analyze: str, root: Path, *units: str) -> str:
    """Give what systemd finds wrong, `""` where nothing is."""
    command = [analyze, f"--root={root}", "--recursive-errors=yes", "--man=no", "verify", *units]
    done = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603 - systemd's
    return done.stdout + done.stderr + (f"exit {done.returncode}" if done.returncode else "")


def test_systemd_finds_nothing_wrong_in_any_unit(analyze: str, root: Path) -> None:
    """`systemd-analyze verify` finds nothing wrong in any unit, alone or as an instance."""
    assert verified(analyze, root, *INSTANCES) == ""


def test_a_wrong_key_would_be_found(analyze: str, root: Path) -> None:
    """A wrong key in a unit is found by the verification that the units are held to."""
    unit = root / "etc" / "systemd" / "system" / "syncd.service"
    unit.write_text(unit.read_text(encoding="utf-8").replace("WatchdogSec=", "WatchdogSeconds="), encoding="utf-8")
    assert "WatchdogSeconds" in verified(analyze, root, "syncd.service")


@pytest.mark.parametrize("drop_in", DROP_INS, ids=lambda one: one.stem)
def test_systemd_finds_nothing_wrong_in_any_drop_in(analyze: str, root: Path, drop_in: Path) -> None:
    """`systemd-analyze verify` finds nothing wrong in the unit with any one drop-in."""
    said = subprocess.run([analyze, "--version"], capture_output=True, check=True, text=True).stdout  # noqa: S603 - systemd's
    if "RestartSteps" in drop_in.read_text(encoding="utf-8") and int(said.split()[1]) < STEPS:
        return
    place = root / "etc" / "systemd" / "system" / "syncd.service.d" / drop_in.name
    place.parent.mkdir()
    shutil.copy(drop_in, place)
    assert verified(analyze, root, "syncd.service") == ""


@pytest.mark.parametrize("unit", SERVICES, ids=lambda one: one.stem)
def test_every_service_has_a_low_exposure(analyze: str, unit: Path) -> None:
    """Every service has an exposure of 1.1 at most by `systemd-analyze security`."""
    command = [analyze, "security", "--offline=yes", "--threshold=11", str(unit)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603 - systemd's
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda one: one.stem)
def test_every_service_has_bounds_and_leaves_no_memory_on_a_disk(unit: Path) -> None:
    """Every service has a bound for memory and tasks, no core dump, no swap, and runs nothing that it could write."""
    text = unit.read_text(encoding="utf-8")
    for line in ("MemoryMax=2G", "TasksMax=256", "LimitCORE=0", "MemorySwapMax=0"):
        assert f"\n{line}\n" in text
    assert "\nNoExecPaths=-/var/lib/syncd -/tmp -/var/tmp\n" in text


def test_the_network_drop_in_lets_in_only_whom_it_names(analyze: str, tmp_path: Path) -> None:
    """The drop-in for the network denies everybody, allows addresses alone, and lowers the exposure."""
    text = (UNITS / "drop-ins" / "network.conf").read_text(encoding="utf-8")
    assert re.findall(r"^IPAddressDeny=(.*)$", text, re.MULTILINE) == ["any"]
    allowed = " ".join(re.findall(r"^IPAddressAllow=(.*)$", text, re.MULTILINE)).split()
    assert allowed[0] == "localhost"
    assert all(one.startswith("192.0.2.") for one in allowed[1:])
    whole = tmp_path / "syncd.service"
    lines = (UNITS / "syncd.service").read_text(encoding="utf-8").replace("[Install]", f"{text}\n[Install]")
    whole.write_text(lines.replace("192.0.2.", "10.0.0."), encoding="utf-8")
    command = [analyze, "security", "--offline=yes", "--threshold=10", str(whole)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603 - systemd's
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda one: one.stem)
def test_each_credential_is_the_secret_that_the_configuration_gets(unit: Path, tmp_path: Path) -> None:
    """Each credential of a unit is the secret that the configuration reads from its environment."""
    text = unit.read_text(encoding="utf-8")
    credentials = dict(re.findall(r"^LoadCredential=(\w+):(\S+)$", text, re.MULTILINE))
    environ = dict(re.findall(r"^Environment=(\w+)=(\S+)$", text, re.MULTILINE))
    assert sorted(environ.values()) == sorted(f"%d/{name}" for name in credentials)
    assert all(Path(source).name == name for name, source in credentials.items())
    for name in credentials:
        (tmp_path / name).write_text(AES_KEY if name == "callback_aes_key" else f"the {name}\n", encoding="utf-8")
    given = {variable: value.replace("%d", str(tmp_path)) for variable, value in environ.items()}
    settings = load(TOP / "config" / "ldif.toml", given, tmp_path).settings.platform
    assert settings.appsecret.get_secret_value() == "the appsecret"
    if "callback_token" in credentials:
        assert settings.callback.token.get_secret_value() == "the callback_token"
        assert settings.callback.aes_key.get_secret_value() == AES_KEY


def test_an_instance_differs_from_the_single_service_in_names_alone() -> None:
    """An instance differs from the single service only in lines that name the instance, and in comments."""
    for kind in ("syncd{}.service", "syncd-reconcile{}.service", "syncd-reconcile{}.timer"):
        one = (UNITS / kind.format("")).read_text(encoding="utf-8").splitlines()
        each = (UNITS / kind.format("@")).read_text(encoding="utf-8").splitlines()
        differing = {pair for pair in zip(one, each, strict=True) if pair[0] != pair[1]}
        assert all("%i" in other or other.startswith("#") for _, other in differing), differing


def test_sysusers_and_tmpfiles_are_sound(tmp_path: Path, is_strict: object) -> None:
    """Sysusers makes the user of the units, and tmpfiles lets its group read the secrets."""
    if os.getuid():
        pytest.skip("users are made by root")
    if shutil.which("systemd-sysusers") is None:
        pytest.fail("systemd is missing: apt-get install systemd") if is_strict else pytest.skip("no systemd")
    for name in ("sysusers", "tmpfiles"):
        place = tmp_path / "usr" / "lib" / f"{name}.d" / "syncd.conf"
        place.parent.mkdir(parents=True)
        shutil.copy(UNITS / f"{name}.conf", place)
    secret = tmp_path / "etc" / "syncd" / "appsecret"
    secret.parent.mkdir(parents=True)
    secret.touch(0o644)
    for command in (["systemd-sysusers"], ["systemd-tmpfiles", "--create"]):
        subprocess.run([*command, f"--root={tmp_path}", "syncd.conf"], check=True, capture_output=True)  # noqa: S603 - systemd's
    (user,) = [line for line in (tmp_path / "etc" / "passwd").read_text().splitlines() if line.startswith("syncd:")]
    group = int(user.split(":")[3])
    assert (secret.stat().st_uid, secret.stat().st_gid, secret.stat().st_mode & 0o777) == (0, group, 0o640)
