"""Templates of the mapping, and what they and plain rules see of an entry.

A template is Jinja in its sandbox: it sees attributes by name in any letter case, `entry["any-name"]`,
`entry.values("name")` for all values of an attribute, `source` and `today`. What has no value is empty text.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jinja2
from jinja2 import meta, nodes
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from syncd.errors import ConfigurationError

TRUE = frozenset({"true", "1", "yes"})
LONGEST_REPETITION = 10_000
EVERY_ATTRIBUTE = "*"


class Unmappable(Exception):
    """A field of an entry cannot be mapped; `reason` is a word for machines, the message a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Facts:
    """What rules and templates may know of one entry."""

    def __init__(self, attributes: Mapping[str, tuple[str | bytes, ...]], source: str, today: str) -> None:
        self._attributes = attributes
        self.source = source
        self.today = today

    def values(self, name: str) -> list[str]:
        """Give all values of an attribute, sorted; raises `Unmappable` where one is no text."""
        found = self._attributes.get(name.lower(), ())
        texts = [value for value in found if isinstance(value, str)]
        if len(texts) < len(found):
            raise Unmappable("not_text", f"{name} is not UTF-8 text")
        return sorted(text for text in texts if text.strip())

    def __getitem__(self, name: str) -> str:
        """Give the only value of an attribute, or empty text; raises `Unmappable` where it has several."""
        values = self.values(name)
        if len(values) > 1:
            raise Unmappable(
                "several_values",
                f"{name} has {len(values)} values where one is wanted; keep one, or choose with a template such as "
                f'{{{{ entry.values("{name}")[0] }}}}',
            )
        return values[0] if values else ""


class _AnyCase(Context):
    """Resolves a template's names: what the template itself set, then `entry`, `source`, `today`, then attributes."""

    def resolve_or_missing(self, key: str) -> Any:  # noqa: ANN401 - the library's signature
        if key in self.vars or key in self.parent:
            return super().resolve_or_missing(key)
        facts: Facts = self.parent["entry"]
        return facts[key]


class _Sandbox(SandboxedEnvironment):
    """Jinja's sandbox, in which no text grows without bounds."""

    intercepted_binops = frozenset({"*", "**"})
    context_class = _AnyCase

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - likewise
        sizes = [len(one) if isinstance(one, str | list | tuple) else abs(one) for one in (left, right)]
        if operator == "**" or min(sizes) * max(sizes) > LONGEST_REPETITION**2 or max(sizes) > LONGEST_REPETITION:
            raise jinja2.exceptions.SecurityError(f"{operator} with so large a value is not allowed")
        return super().call_binop(context, operator, left, right)


_ENVIRONMENT = _Sandbox(autoescape=False)
_OWN_NAMES = frozenset({"entry", "source", "today"})


class Template:
    """One template, compiled once; raises `ConfigurationError` where its syntax is wrong.

    `written` makes text of each value that is put in, which is as it stands unless said.
    """

    def __init__(self, text: str, written: Callable[[object], str] | None = None) -> None:
        environment = _ENVIRONMENT.overlay(finalize=written) if written else _ENVIRONMENT
        try:
            self._tree = environment.parse(text)
            self._compiled = environment.from_string(text)
        except jinja2.TemplateError as error:
            raise ConfigurationError(f'the template "{text}" cannot be read: {error.message}') from error

    def text(self, facts: Facts) -> str:
        """Fill the template with an entry's values; raises `Unmappable` where that fails."""
        try:
            return self._compiled.render(entry=facts, source=facts.source, today=facts.today)
        except Unmappable:
            raise
        except Exception as error:
            raise Unmappable("template_failed", f"its template fails: {error}") from error

    def attributes(self) -> frozenset[str]:
        """Give the names of the attributes that it reads; `*` where only running it would tell."""
        names = meta.find_undeclared_variables(self._tree) - _OWN_NAMES - _ENVIRONMENT.globals.keys()
        asked = [(one.node, one.arg) for one in self._tree.find_all(nodes.Getitem)]
        asked += [(one.node, one.args[0]) for one in self._tree.find_all(nodes.Call) if one.args]
        for node, argument in asked:
            if _is_of_entry(node):
                names.add(str(argument.value) if isinstance(argument, nodes.Const) else EVERY_ATTRIBUTE)
        return frozenset(names)


def _is_of_entry(node: nodes.Expr) -> bool:
    """Tell whether an expression is `entry` or `entry.values`."""
    if isinstance(node, nodes.Getattr):
        node = node.node
    return isinstance(node, nodes.Name) and node.name == "entry"


def is_true(text: str) -> bool:
    """Tell whether a template's text means yes: true, 1 or yes in any letter case."""
    return text.strip().lower() in TRUE
