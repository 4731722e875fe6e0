"""The names that others import from `syncd.platform`."""

import json
import subprocess
import sys

import pytest

import syncd.platform as public

PROGRAM = """
import json, sys
import syncd.platform as public
libraries = ("httpx", "aiohttp", "PIL")
before = [name for name in libraries if name in sys.modules]
lacking = [name for name in public.__all__ if name not in dir(public) or not hasattr(public, name)]
print(json.dumps([before, lacking, [name for name in libraries if name in sys.modules]]))
"""


def test_every_public_name_is_there_and_only_the_client_loads_the_http_libraries() -> None:
    """Importing the package loads no HTTP library; every name of `__all__` is there, and the client loads them."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert json.loads(done.stdout) == [[], [], ["httpx", "aiohttp"]]


def test_another_name_is_refused_as_by_any_module() -> None:
    """A name that the package does not have raises `AttributeError`, which says so."""
    with pytest.raises(AttributeError, match=r"module 'syncd\.platform' has no attribute 'Klient'"):
        getattr(public, "Klient")  # noqa: B009 - a type checker knows that it is not there
