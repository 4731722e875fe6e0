"""Files that count as at rest: one that was written just now is waited for."""

import os
from pathlib import Path


def write_long_ago(path: Path, content: bytes | str) -> None:
    """Write a file as if nobody had touched it for years."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (0, 0))
