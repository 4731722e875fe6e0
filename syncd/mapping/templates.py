"""Templates of the mapping; loaded where a rule is one.

A template is Jinja in its sandbox: it sees attributes by name in any letter case, `entry["any-name"]`,
`entry.values("name")` for all values of an attribute, `dn` and `rdn` of an entry in a tree, `source` and `today`. What
has no value is empty text.
"""

from collections.abc import Callable, Iterator
from typing import Any

import jinja2
from jinja2 import meta, nodes
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from syncd.errors import ConfigurationError
from syncd.mapping.facts import EVERY_ATTRIBUTE, Facts, Unmappable, Values
from syncd.mapping.specs import no_such_source

LONGEST_REPETITION = 10_000


class _AnyCase(Context):
    """Resolves a template's names: what the template itself set, then `entry`, `source`, `today`, then attributes."""

    def resolve_or_missing(self, key: str) -> Any:  # noqa: ANN401 - the library's signature
        if key in self.vars or key in self.parent:
            return super().resolve_or_missing(key)
        facts: Facts = self.parent["entry"]
        joined = facts.joined.get(key.lower())
        return facts[key] if joined is None else joined


class _Sandbox(SandboxedEnvironment):
    """Jinja's sandbox, in which no text grows without bounds."""

    intercepted_binops = frozenset({"*", "**"})
    context_class = _AnyCase

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - likewise
        sizes = [len(one) if isinstance(one, str | list | tuple) else abs(one) for one in (left, right)]
        if operator == "**" or min(sizes) * max(sizes) > LONGEST_REPETITION**2 or max(sizes) > LONGEST_REPETITION:
            raise jinja2.exceptions.SecurityError(f"{operator} with so large a value is not allowed")
        return super().call_binop(context, operator, left, right)


def _default(value: object, instead: object = "", _boolean: object = None) -> object:
    """Give another value instead of an empty one: what has no value is empty text here, never undefined."""
    return instead if value == "" or isinstance(value, jinja2.Undefined) else value


_ENVIRONMENT = _Sandbox(autoescape=False)
_ENVIRONMENT.filters |= {"default": _default, "d": _default}
_OWN_NAMES = frozenset({"entry", "source", "today"})


class Template:
    """One template, compiled once; raises `ConfigurationError` where its syntax is wrong.

    `sources` names the enrich sources, which a template sees by their names. `written` makes text of each value that is
    put in, which is as it stands unless said.
    """

    def __init__(
        self, text: str, sources: frozenset[str] = frozenset(), written: Callable[[object], str] | None = None
    ) -> None:
        environment = _ENVIRONMENT.overlay(finalize=written) if written else _ENVIRONMENT
        try:
            self._tree = environment.parse(text)
            self._compiled = environment.from_string(text)
        except jinja2.TemplateError as error:
            raise ConfigurationError(f'the template "{text}" cannot be read: {error.message}') from error
        self._sources = sources
        self._check(text)

    def _check(self, text: str) -> None:
        """Raise `ConfigurationError` where an attribute is asked of what has none: a source that is not there."""
        known = _OWN_NAMES | _ENVIRONMENT.globals.keys()
        names = {one for one in self._free() - known if one.lower() not in self._sources}
        for one in self._tree.find_all(nodes.Getattr):
            if isinstance(one.node, nodes.Name) and one.node.name in names and not hasattr(str, one.attr):
                told = no_such_source(one.node.name, one.attr, self._sources)
                raise ConfigurationError(f'the template "{text}" reads {told}')

    def _free(self) -> set[str]:
        """Give the names that the template does not set itself."""
        return meta.find_undeclared_variables(self._tree)

    def text(self, facts: Facts) -> str:
        """Fill the template with an entry's values; raises `Unmappable` where that fails."""
        try:
            return self._compiled.render(entry=facts, source=facts.source, today=facts.today)
        except Unmappable:
            raise
        except Exception as error:
            raise Unmappable("template_failed", f"its template fails: {error}") from error

    def attributes(self) -> frozenset[str]:
        """Give the names of the attributes that it reads, those of enrich sources as `NAME.attribute`.

        `*` where only running it would tell.
        """
        free = self._free()
        sources = {name for name in free if name.lower() in self._sources}
        names = free - sources - _OWN_NAMES - _ENVIRONMENT.globals.keys()
        return frozenset({*names, *self._asked_for(sources)})

    def _asked_for(self, sources: set[str]) -> Iterator[str]:
        """Give what is read of `entry` and of enrich sources by name."""
        asked = {id(one.node) for one in self._tree.find_all(nodes.Getattr)}
        asked |= {id(one.node) for one in self._tree.find_all(nodes.Getitem)}
        for one in self._tree.find_all(nodes.Name):
            if one.name in sources and id(one) not in asked:
                yield f"{one.name.lower()}.{EVERY_ATTRIBUTE}"
        for node, argument in self._askings():
            if (of := _whose(node)) == "entry" or of in sources:
                name = str(argument.value) if isinstance(argument, nodes.Const) else EVERY_ATTRIBUTE
                yield name if of == "entry" else f"{of.lower()}.{name}"

    def _askings(self) -> Iterator[tuple[nodes.Expr, nodes.Expr]]:
        """Give everything that is asked for by name, with what it is asked of: `x["a"]`, `x.a`, `x.values("a")`."""
        for item in self._tree.find_all(nodes.Getitem):
            yield item.node, item.arg
        for call in self._tree.find_all(nodes.Call):
            if call.args:
                yield call.node, call.args[0]
        for one in self._tree.find_all(nodes.Getattr):
            of = Values if _whose(one).lower() in self._sources else Facts
            if isinstance(one.node, nodes.Name) and not hasattr(of, one.attr):
                yield one.node, nodes.Const(one.attr)


def _whose(node: nodes.Expr) -> str:
    """Give the name of what an attribute is asked of: `entry` of `entry["x"]` and of `entry.values("x")`."""
    if isinstance(node, nodes.Getattr):
        node = node.node
    return node.name if isinstance(node, nodes.Name) else ""
