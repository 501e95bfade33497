"""A mutation is a command under the same name, with the same arguments, and may be repeated without harm."""

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from domain.posts.commands import cancel_post
from integrations.queue import Work
from tests.house.sources import Function, Source, code, dotted, hold
from tests.house.windows import served

# What the frame gives to every command, and what it keeps for itself.
OF_THE_FRAME = {"now"}
KEY = "client_mutation_key"
KEPT = {KEY, "preview"}
# Whoever is not logged in has no keys of requests; and no fingerprint may be kept of what holds a secret.
FRAMES = {"act", "enter"}
KINDS = [work.value for work in Work]


def mutations(source: Source) -> Iterator[Function]:
    for function in source.functions:
        marks = [mark.func if isinstance(mark, ast.Call) else mark for mark in function.decorator_list]
        if any(dotted(mark) == "strawberry.mutation" for mark in marks):
            yield function


@dataclass(frozen=True)
class Way:
    """The command that a mutation hands to the frame, by its full name, and what is handed to it besides."""

    command: str = ""
    hands: frozenset[str] = frozenset()
    frame: str = "act"


def way_of(source: Source, mutation: Function) -> Way:
    """Through which command a mutation goes; an empty name if it does not go through the frame."""
    modules = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in source.nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(mutation):
        if isinstance(node, ast.Call) and dotted(node.func) in FRAMES and len(node.args) > 2:
            first, _, rest = dotted(node.args[2]).partition(".")
            return Way(f"{modules.get(first, first)}.{rest}".rstrip("."), _hands(mutation), dotted(node.func))
    return Way()


def _hands(mutation: Function) -> frozenset[str]:
    """The keys of the mapping that is handed in as `hands`."""
    given = [node.value for node in ast.walk(mutation) if isinstance(node, ast.keyword) and node.arg == "hands"]
    names = {node.id for node in given if isinstance(node, ast.Name)}
    assigned = [n for n in ast.walk(mutation) if isinstance(n, ast.Assign) and dotted(n.targets[0]) in names]
    mappings = [node for node in (*given, *(a.value for a in assigned)) if isinstance(node, ast.Dict)]
    return frozenset(str(k.value) for m in mappings for k in m.keys if isinstance(k, ast.Constant))


def strays(source: Source) -> Iterator[str]:
    for mutation in mutations(source):
        command = way_of(source, mutation).command
        if not command.startswith("domain.") or not command.endswith(f".{mutation.name}") or ".queries." in command:
            yield source.at(mutation, f"{mutation.name} runs {command or 'no command through act(...)'}")


def misfits(
    command: Callable[..., Any], given: set[str], hands: frozenset[str] = frozenset(), *, keyed: bool = True
) -> Iterator[str]:
    """Where an input and its command do not fit; the frame passes fields on by name."""
    parameters = inspect.signature(command).parameters.values()
    named = {p.name: p.default is p.empty for p in parameters if p.kind is p.KEYWORD_ONLY}
    yield from (f"the command takes no {name!r}" for name in sorted((given | hands) - set(named) - KEPT))
    missing = {name for name, required in named.items() if required} - given - hands - OF_THE_FRAME
    yield from (f"the input gives no {name!r}" for name in sorted(missing))
    if "now" not in named:
        yield "the command takes no 'now', which the frame gives"
    if keyed and KEY not in given:
        yield f"the input has no {KEY}"
    if not keyed and KEY in given:
        yield f"the input has a {KEY}, but it holds a secret or nobody is logged in"


def unknown_wakes(source: Source) -> Iterator[str]:
    for node in source.nodes:
        if isinstance(node, ast.keyword) and node.arg == "wakes":
            kind = node.value.value if isinstance(node.value, ast.Constant) else ast.unparse(node.value)
            if kind not in KINDS:
                yield source.at(node.value, f"wakes={kind!r}")


def test_every_mutation_runs_the_command_of_its_name():
    found = [breach for source in code("schema") for breach in strays(source)]
    hold(found, rule="def do_it(...): return await act(info, input, commands.do_it, ...); one search finds it all.")


def test_every_input_fits_its_command():
    ways = {m.name: way_of(s, m) for s in code("schema") for m in mutations(s)}
    mutation: Any = served().type_map["Mutation"]
    assert isinstance(mutation, GraphQLObjectType)
    found = []
    for name, field in mutation.fields.items():
        python_name = field.extensions["strawberry-definition"].python_name
        way = ways[python_name]
        module, _, function = way.command.rpartition(".")
        kind = get_named_type(field.args["input"].type)
        assert isinstance(kind, GraphQLInputObjectType)
        fields = [f.extensions["strawberry-definition"] for f in kind.fields.values()]
        given = {field.python_name for field in fields}
        keyed = way.frame == "act" and not any(field.metadata.get("secret") for field in fields)
        command = getattr(import_module(module), function)
        found += [f"{name}: {misfit}" for misfit in misfits(command, given, way.hands, keyed=keyed)]
    hold(found, rule="An input has a field for each argument of its command, and a clientMutationKey.")


def test_every_mutation_may_be_refused():
    mutation: Any = served().type_map["Mutation"]
    found = []
    for name, field in mutation.fields.items():
        answers = {kind.name for kind in getattr(get_named_type(field.type), "types", ())}
        if answers != {f"{name[0].upper()}{name[1:]}Payload", "Problem"}:
            found.append(f"{name} answers {sorted(answers) or field.type}")
    hold(found, rule="doIt answers the union of DoItPayload and Problem.")


def test_what_mutations_wake_is_a_kind_of_work():
    found = [breach for source in code("schema") for breach in unknown_wakes(source)]
    hold(found, rule="`wakes` names a Work of integrations/queue.py.")


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ("act(info, input, commands.open_cabin, Payload)", 0),
        ("act(info, input, commands.close_cabin, Payload)", 1),
        ("commands.open_cabin(info, input)", 1),
        ("act(info, input, queries.open_cabin, Payload)", 1),
    ],
)
def test_a_stray_mutation_is_noticed(call: str, count: int):
    text = f"""
from domain.cabins import commands, queries
class CabinMutations:
    @strawberry.mutation(description="Open a cabin.")
    async def open_cabin(self, info, input):
        return await {call}
"""
    assert len(list(strays(Source("schema/cabins.py", text)))) == count


def test_a_misfit_is_noticed():
    assert list(misfits(cancel_post, {"post_id", KEY})) == []
    assert list(misfits(cancel_post, {"post", KEY})) == ["the command takes no 'post'", "the input gives no 'post_id'"]
    assert list(misfits(cancel_post, {"post_id"})) == [f"the input has no {KEY}"]
    assert len(list(unknown_wakes(Source("schema/x.py", "act(wakes='nobody')\nact(wakes='deliveries')")))) == 1
