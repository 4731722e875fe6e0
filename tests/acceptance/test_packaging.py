"""The tests build the wheel and install it."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from syncd.shadow.schema import head

TOP = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE", "syncd", "migrations", "requirements"):
        copy = shutil.copytree if (TOP / name).is_dir() else shutil.copy
        copy(TOP / name, folder / name)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder / "dist"), str(folder))
    (built,) = (folder / "dist").glob("*.whl")
    return built


def run(*command: str, cwd: Path | None = None) -> str:
    """Run a command to its end; it must succeed."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, capture_output=True, check=False, text=True, env=environ)  # noqa: S603 - named here
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_carries_migrations_schemas_sample_data_and_its_types(wheel: Path) -> None:
    """The wheel holds migrations, schemas, sample data, its types and every module of the checkout."""
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"syncd_migrations/env.py", "syncd_migrations/versions/0001_the_first_schema.py"} <= names
    assert {"syncd/py.typed", "syncd/testing/sample.ldif", "syncd/schemas/plan.json", "syncd/report/plan.html"} <= names
    modules = {str(path.relative_to(TOP)) for path in (TOP / "syncd").rglob("*.py")}
    assert modules <= names


def test_an_installed_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """A wheel that is installed without the checkout writes a configuration and upgrades a store."""
    venv.create(tmp_path / "venv", with_pip=False)
    packages = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    with zipfile.ZipFile(wheel) as file:
        file.extractall(packages)
    ours = Path(pytest.__file__).parents[1]
    (packages / "others.pth").write_text(f"{ours}\n")
    python = str(tmp_path / "venv" / "bin" / "python")
    where = run(
        python, "-c", "import syncd, syncd_migrations; print(syncd.__file__, syncd_migrations.__file__)", cwd=tmp_path
    )
    assert str(TOP) not in where
    assert run(python, "-m", "syncd", "--version", cwd=tmp_path).startswith("syncd ")
    (tmp_path / "secret").write_text("s")
    flags = ["--source", "ldif", "--path", "a.ldif", "--base", "dc=x", "--appkey", "k", "--appsecret-file", "secret"]
    run(python, "-m", "syncd", "init", *flags, cwd=tmp_path)
    assert run(python, "-m", "syncd", "db", "upgrade", cwd=tmp_path) == f"schema {head()}\n"
