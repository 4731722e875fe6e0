"""Every block of configuration in the docs can be used: as a whole, or below the headers that `init` wrote."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.config.loading import load
from syncd.config.sample import sample
from tests.kit.installation.callbacks import AES_KEY

TOP = Path(__file__).parents[2]
PLATFORM = '[platform]\nappkey = "k"\nappsecret = "s"\n'
WRITTEN = sample(
    "ldif",
    {
        "source": {"type": "ldif", "path": "a.ldif", "base": "dc=x"},
        "platform": {"appkey": "k", "appsecret": "s"},
    },
)
HEADER = re.compile(r"^\[(.+)\]$", re.MULTILINE)
"""A table as `init` and the docs write it."""
BLOCK = re.compile(r"^ *```toml\n(.*?)```", re.DOTALL | re.MULTILINE)
FILE = re.compile(r'\b(\w+?)(?:_file)? = "([^"]+)"')
SECRETS = {"aes_key": AES_KEY, "url": "https://hr.example.org"}


def _blocks() -> Iterator[tuple[str, str, str]]:
    """Yield each block with a name, and a whole configuration that it can be put into."""
    for page in (TOP / "README.md", TOP / "deploy" / "README.md", *sorted((TOP / "docs").rglob("*.md"))):
        whole = WRITTEN
        for number, found in enumerate(BLOCK.findall(page.read_text(encoding="utf-8"))):
            block = re.sub(r"^ +", "", found, flags=re.MULTILINE)
            whole = block if "[source." in block else whole
            yield f"{page.stem}-{number}", block, whole


@pytest.mark.parametrize(("block", "whole"), [pytest.param(*rest, id=name) for name, *rest in _blocks()])
def test_a_block_can_be_used_where_its_page_says(block: str, whole: str, tmp_path: Path) -> None:
    """A block with a source loads beside a platform; another one loads below the headers that are there already."""
    text = whole if block is whole else _put_below_headers(block, whole)
    text = text if "[platform]" in text else text + PLATFORM
    text = text.replace("/etc/syncd/", f"{tmp_path}/")
    for key, name in FILE.findall(text):
        if f'{key}_file = "{name}"' in text or key in ("cert", "key"):
            (tmp_path / name).write_text(SECRETS.get(key, "a-secret"), encoding="utf-8")
    (tmp_path / "syncd.toml").write_text(text, encoding="utf-8")
    assert load(None, {}, tmp_path).settings


def _put_below_headers(block: str, whole: str) -> str:
    """Return a configuration with the keys of a block below the headers that it has."""
    before, *parts = HEADER.split(block)
    assert not before.strip(), "a block begins with the header that its keys stand below"
    for table, keys in zip(parts[::2], parts[1::2], strict=True):
        header = f"[{table}]\n"
        assert whole.count(header) == 1, f"{header} is there to be written below"
        whole = whole.replace(header, header + keys.lstrip("\n"))
    return whole
