"""Configurations that a test writes into a folder of its own."""

from pathlib import Path

import pytest

from syncd.config.loading import Loaded, load
from syncd.errors import ConfigurationError


def loaded(folder: Path, text: str, **environ: str) -> Loaded:
    """Load a configuration with this content, in this environment."""
    path = folder / "syncd.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ, folder)


def mistakes(folder: Path, text: str, **environ: str) -> list[str]:
    """Return the lines that tell what is wrong with a configuration that cannot be loaded."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(folder, text, **environ)
    return str(caught.value).splitlines()
