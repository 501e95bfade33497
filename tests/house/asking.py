"""A small static walk: the calls through which a command comes to `actor.require(...)`."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.house.sources import Function, Source, dotted

# What these hold may be evaluated not at all.
PERHAPS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
LOOPS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Walk:
    """The functions of some modules by their full name, and the way from one to the next."""

    functions: dict[str, tuple[Source, Function]] = field(default_factory=dict)

    @classmethod
    def over(cls, sources: Iterable[Source]) -> "Walk":
        walk = cls()
        for source in sources:
            top = [node for node in source.tree.body if isinstance(node, Function)]
            walk.functions |= {f"{source.module}.{node.name}": (source, node) for node in top}
        return walk

    def way_to_require(self, name: str, actor: str = "actor", passed: Sequence[str] = ()) -> list[str]:
        """The functions passed until a permission is asked for; empty if it is not asked whatever happens."""
        source, function = self.functions[name]
        names = _imported(source) | {other: f"{source.module}.{other}" for other in _top_level(source)}
        for call in _calls(function.body):
            if dotted(call.func) == f"{actor}.require":
                return [*passed, name]
            first, _, rest = dotted(call.func).partition(".")
            target = ".".join(filter(None, [names.get(first, first), rest]))
            if target not in self.functions or target in (*passed, name):
                continue
            handed = _parameter(self.functions[target][1], call, actor)
            if handed and (way := self.way_to_require(target, handed, [*passed, name])):
                return way
        return []


def _top_level(source: Source) -> list[str]:
    return [node.name for node in source.tree.body if isinstance(node, Function)]


def _imported(source: Source) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _parameter(function: Function, call: ast.Call, actor: str) -> str | None:
    """The name under which a function takes the actor that a call hands over."""
    positional = [argument.arg for argument in function.args.args]
    for name, given in zip(positional, call.args, strict=False):
        if isinstance(given, ast.Name) and given.id == actor:
            return name
    return next((k.arg for k in call.keywords if isinstance(k.value, ast.Name) and k.value.id == actor), None)


def _calls(body: Sequence[ast.stmt]) -> Iterator[ast.Call]:
    """The calls made for certain: none below an `if` or in a handler, none after a possible early return.

    The body of a `for` counts: an act on no rows does nothing, so there is nothing to ask.
    """
    for statement in body:
        yield from (node for node in _certain(statement) if isinstance(node, ast.Call))
        if any(isinstance(node, ast.Return) for node in ast.walk(statement)):
            return


def _certain(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, PERHAPS):
        return
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        below: Iterable[ast.AST] = [node.test]
    elif isinstance(node, ast.Match):
        below = [node.subject]
    elif isinstance(node, ast.BoolOp):
        below = node.values[:1]
    elif isinstance(node, LOOPS):
        below = [node.generators[0].iter]
    elif isinstance(node, ast.Try | ast.TryStar):
        below = [*node.body, *node.finalbody]
    else:
        below = ast.iter_child_nodes(node)
    for child in below:
        yield from _certain(child)
