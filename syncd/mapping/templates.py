"""Templates of the mapping; loaded where a rule is one.

A template is Jinja in its sandbox: it sees attributes by name in any letter case, `entry["any-name"]`,
`entry.values("name")` for all values of an attribute, `dn` and `rdn` of an entry in a tree, `source` and `today`. What
has no value is empty text.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jinja2
from jinja2 import meta, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from jinja2.visitor import NodeTransformer

from syncd.errors import ConfigurationError
from syncd.mapping.facts import EVERY_ATTRIBUTE, Facts, Unmappable, Values
from syncd.mapping.specs import no_such_source

LONGEST_TEXT = 1_000_000
"""Characters that a template may give; a picture in base64 is no value of a field."""
LARGEST_ARGUMENT = 10_000
"""A number, or characters or items of a value, that may stand beside anything else."""
MOST_TOGETHER = 10_000_000
"""The product of two sizes: a text of so many characters may come of a repetition, a replacement, a join."""
MOST_STEPS = 10_000
"""Turns of loops and calls for one entry."""
STEPS, JOINED = "_steps", "_joined"
LONGEST_TEMPLATE, SHOWN = 20_000, 200
_WIDTH = re.compile(r"%[^a-zA-Z%]*(?:\*|\d{4,})|\{[^{}]*(?:\{|\d{4,})")


class _AnyCase(Context):
    """Resolves a template's names: what the template itself set, then `entry`, `source`, `today`, then attributes."""

    def resolve_or_missing(self, key: str) -> Any:  # noqa: ANN401 - the library's signature
        if key in self.vars or key in self.parent:
            return super().resolve_or_missing(key)
        facts: Facts = self.parent["entry"]
        joined = facts.joined.get(key.lower())
        return facts[key] if joined is None else joined


class _Sandbox(SandboxedEnvironment):
    """Jinja's sandbox, in which nothing grows without bounds: neither a text, nor a number, nor the work.

    What a template may do is counted while it is filled. Arguments of filters, methods and operators are judged by
    their sizes before anything is done with them: afterwards is too late.
    """

    intercepted_binops = frozenset({"*", "**", "%", "+"})
    context_class = _AnyCase

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - likewise
        match operator:
            case "*":
                sizes = [len(one) if isinstance(one, str | list | tuple) else abs(one) for one in (left, right)]
                if max(sizes) > LARGEST_ARGUMENT:
                    raise SecurityError("* with so large a value is not allowed in a template")
            case "%" if isinstance(left, str):
                _check_widths(left)
                _check_arguments(left, right if isinstance(right, tuple) else (right,))
            case "+" if isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
                _check_length(len(left) + len(right))
            case "**":
                raise SecurityError("** is not allowed in a template")
        return _measured(super().call_binop(context, operator, left, right))

    def wrap_str_format(self, value: Any) -> Any:  # noqa: ANN401 - likewise
        """Judge the format of `format` and `format_map` where it is asked for, before anything is put into it."""
        if isinstance(of := getattr(value, "__self__", None), str) and value.__name__ in ("format", "format_map"):
            _check_widths(of)
        return super().wrap_str_format(value)

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - likewise
        context.parent[STEPS].take()
        of = getattr(obj, "__self__", None)
        _check_arguments(of, (*args, *kwargs.values()))
        return _measured(super().call(context, obj, *args, **kwargs))


class _Steps:
    """How much a template may still do for one entry: turns and calls, and characters that it may write."""

    __slots__ = ("characters", "left")

    def __init__(self) -> None:
        self.left, self.characters = MOST_STEPS, LONGEST_TEXT

    def take(self) -> None:
        """Take a step; raises `SecurityError` where none is left."""
        self.left -= 1
        if self.left < 0:
            raise SecurityError(f"it takes more than {MOST_STEPS} steps")

    def write(self, text: str) -> str:
        """Take what is written; raises `SecurityError` where it is too much."""
        self.characters -= len(text)
        if self.characters < 0:
            raise SecurityError(f"it writes more than {LONGEST_TEXT} characters")
        return text


@pass_context
def _counted(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    """Yield what a loop goes through, each as a step."""
    steps = context.parent[STEPS]
    for item in items:
        steps.take()
        yield item


def _joined(parts: tuple[object, ...]) -> str:
    """Return what `~` makes of values."""
    texts = [str(part) for part in parts]
    _check_length(sum(map(len, texts)))
    return "".join(texts)


def _measured(value: Any) -> Any:  # noqa: ANN401 - what a filter or a method gave
    """Return a value, unless it is too long to go on with: some grow sixfold without any argument."""
    if isinstance(value, str | bytes | list | tuple):
        _check_length(len(value))
    return value


def _check_length(length: int) -> None:
    if length > LONGEST_TEXT:
        raise SecurityError(f"a text of {length} characters is too long")


def _check_arguments(of: object, given: Iterable[object]) -> None:
    """Raise `SecurityError` where an argument asks for too much, by itself or for each character of a value."""
    sizes = [_size(one) for one in given]
    numbers = [abs(one) for one in given if isinstance(one, int)]
    if max(numbers, default=0) > LARGEST_ARGUMENT or _size(of) * max(sizes, default=1) > MOST_TOGETHER:
        raise SecurityError("an argument is too large for a template")


def _size(value: object) -> int:
    if isinstance(value, str | bytes | list | tuple | dict):
        return len(value)
    return abs(value) if isinstance(value, int) and not isinstance(value, bool) else 1


def _check_widths(form: str) -> None:
    """Raise `SecurityError` where a format (`%9d`, `{:9}`) asks for a width of thousands, or takes one from a value."""
    if found := _WIDTH.search(form):
        raise SecurityError(f'the format "{found[0]}" is not allowed in a template')


def _bounded(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter whose arguments are judged before it is applied."""
    first = int(hasattr(filter_, "jinja_pass_arg"))

    @functools.wraps(filter_)
    def applied(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - a filter of the library
        if len(given) > first + 1 or named:
            of, arguments = given[first], (*given[first + 1 :], *named.values())
            if filter_.__name__ == "do_format":
                _check_widths(str(of))
            _check_arguments("" if isinstance(of, int) else of, arguments)
        return _measured(filter_(*given, **named))

    return applied


def _default(value: object, instead: object = "", _boolean: object = None) -> object:
    """Give another value instead of an empty one: what has no value is empty text here, never undefined."""
    return instead if value == "" or isinstance(value, jinja2.Undefined) else value


def _writing(written: Callable[[object], str]) -> Callable[[Context, object], str]:
    """Return what writes a value into a text and measures it."""

    @pass_context
    def write(context: Context, value: object) -> str:
        steps: _Steps = context.parent[STEPS]
        return steps.write(written(value))

    return write


_ENVIRONMENT = _Sandbox(autoescape=False)
_ENVIRONMENT.filters = {name: _bounded(one) for name, one in _ENVIRONMENT.filters.items()}
_ENVIRONMENT.filters |= {"default": _default, "d": _default, STEPS: _counted, JOINED: _joined}
for _name in ("lipsum", "cycler", "joiner"):  # they make texts of nothing, and nobody needs them here
    del _ENVIRONMENT.globals[_name]
_OWN_NAMES = frozenset({"entry", "source", "today"})


_REPEATING = (nodes.For, nodes.Macro, nodes.CallBlock, nodes.AssignBlock)
"""What can write a value more often than the template has it."""


class _Bounding(NodeTransformer):
    """Lets each turn of a loop be counted, and what `~` makes be measured before it is made."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - the library's name
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, STEPS, [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 - likewise
        self.generic_visit(node)
        parts = nodes.Tuple(node.nodes, "load", lineno=node.lineno)
        return nodes.Filter(parts, JOINED, [], [], None, None, lineno=node.lineno)


class Template:
    """One template, compiled once; raises `ConfigurationError` where its syntax is wrong.

    `sources` names the enrich sources, which a template sees by their names. `written` makes text of each value that is
    put in, which is as it stands unless said.
    """

    def __init__(
        self, text: str, sources: frozenset[str] = frozenset(), written: Callable[[object], str] | None = None
    ) -> None:
        environment = _ENVIRONMENT.overlay(finalize=written) if written else _ENVIRONMENT
        if len(text) > LONGEST_TEMPLATE:
            raise ConfigurationError(f"a template has {len(text)} characters; {LONGEST_TEMPLATE} are read")
        try:
            self._tree = environment.parse(text)
            if any(self._tree.find_all(_REPEATING)):
                environment = _ENVIRONMENT.overlay(finalize=_writing(written or str))
            self._compiled = environment.from_string(_Bounding().visit(environment.parse(text)))
        except jinja2.TemplateError as error:
            raise ConfigurationError(f'the template "{text}" cannot be read: {error.message}') from error
        except (RecursionError, ValueError, MemoryError, SyntaxError) as error:
            raise ConfigurationError(f'the template "{text[:SHOWN]}" cannot be read: {type(error).__name__}') from None
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
            return self._compiled.render(entry=facts, source=facts.source, today=facts.today, **{STEPS: _Steps()})
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
