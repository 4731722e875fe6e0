"""Empty stores of tests: the migrations run once a process, and each store is a copy of what they made."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from syncd.shadow.schema import upgrade


def put_empty_store(folder: Path) -> str:
    """Put an empty SQLite store of the newest schema into a folder, as `syncd.db`, and return its URL."""
    path = folder / "syncd.db"
    path.touch(0o600)
    path.write_bytes(_content())
    return f"sqlite:///{path}"


@cache
def _content() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "syncd.db"
        upgrade(f"sqlite:///{path}")
        return path.read_bytes()
