"""The tests of a file, read from its text: nothing is imported or collected for it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def functions(path: Path) -> tuple[tuple[str, Function], ...]:
    """Return the tests of a file with their names within it, decorated and asynchronous ones too."""
    return tuple(_named(ast.parse(path.read_text(encoding="utf-8")), ""))


def node_ids(*places: str) -> set[str]:
    """Return the ids of all tests in these files and folders of the repository, without parameters."""
    return {
        f"{path.relative_to(ROOT).as_posix()}::{name}"
        for place in places
        for path in ([ROOT / place] if place.endswith(".py") else sorted((ROOT / place).rglob("test_*.py")))
        for name, _ in functions(path)
    }


def _named(within: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, Function]]:
    for node in within.body:
        if isinstance(node, Function) and node.name.startswith("test"):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _named(node, f"{prefix}{node.name}::")
