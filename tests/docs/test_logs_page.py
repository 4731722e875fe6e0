"""The page of log lines has every line that the code can write, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import syncd

SYNCD = Path(syncd.__file__).parent
PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "logs.md").read_text(encoding="utf-8")
LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log"}


def lines() -> Iterator[tuple[Path, ast.Call]]:
    """Give every call that writes a log line."""
    for path in sorted(SYNCD.rglob("*.py")):
        text = path.read_text("utf-8")
        if "import structlog" in text:
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
                    yield path, node


def action(call: ast.Call) -> str:
    """Give the name of what is logged; nothing where it is not written out."""
    found = next((one.value for one in call.keywords if one.arg == "action"), None)
    return str(found.value) if isinstance(found, ast.Constant) else ""


def test_every_log_line_has_a_stable_name() -> None:
    """Every log line has a name that is written out in the code, so that it can be found."""
    unnamed = [f"{path.name}:{call.lineno}" for path, call in lines() if not re.fullmatch(r"[a-z_]+", action(call))]
    assert unnamed == []


def test_the_page_lists_what_the_code_logs() -> None:
    """The page lists each name that the code logs once, and no other."""
    listed = re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == {action(call) for _, call in lines()}
