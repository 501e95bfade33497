"""Every foreseen answer is used, has a code of its own, and can be said in both languages."""

import ast
import re
from collections.abc import Iterator
from string import Formatter

import pytest

from domain import refusals
from domain.refusals import NOUNS, Reason, Refusal
from schema.root import MODELS
from tests.house.sources import Source, code, dotted, hold

CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Refusals that are made with a reason; the others carry their own.
KINDS: list[type[Refusal]] = [Refusal, *Refusal.__subclasses__()]
REASONED = {kind.__name__ for kind in KINDS if "__init__" not in vars(kind) or kind is Refusal}


def facts_of(message: str) -> set[str]:
    """What a message has to be filled with."""
    return {name for _, name, _, _ in Formatter().parse(message) if name}


def reasons_used(source: Source) -> set[str]:
    nodes = [node for node in source.nodes if isinstance(node, ast.Attribute)]
    return {node.attr for node in nodes if dotted(node.value) == "Reason"}


def faulty(source: Source) -> Iterator[str]:
    """Refusals without a reason, or with a reason that is not filled with its facts."""
    ours = _of_refusals(source)
    for node in source.nodes:
        if not isinstance(node, ast.Call) or dotted(node.func) not in ours & REASONED:
            continue
        reason = dotted(node.args[0]).removeprefix("Reason.") if node.args else ""
        given = {keyword.arg for keyword in node.keywords} - {"path"}
        if reason not in Reason.__members__:
            yield source.at(node, f"{dotted(node.func)} is raised without a Reason")
        elif (wanted := facts_of(Reason[reason].en)) != given:
            yield source.at(node, f"{reason} is filled with {sorted(wanted)}, given {sorted(map(str, given))}")


def bare(source: Source) -> Iterator[str]:
    for node in source.nodes:
        if isinstance(node, ast.Raise) and dotted(node.exc or node) in _of_refusals(source) & REASONED:
            yield source.at(node, f"{dotted(node.exc or node)} is raised without a Reason")


def unnamed(source: Source) -> Iterator[str]:
    """Things not found, or not meant by an id, whose name is known in English only."""
    for node in source.nodes:
        if not isinstance(node, ast.Call) or dotted(node.func) not in _of_refusals(source):
            continue
        named = [k.value for k in node.keywords if k.arg == "what"]
        named += node.args[:1] if dotted(node.func) == "NotFound" else []
        for what in named:
            if isinstance(what, ast.Constant) and str(what.value).lower() not in NOUNS:
                yield source.at(node, f"{what.value!r} is not in NOUNS")


def _of_refusals(source: Source) -> set[str]:
    imports = [node for node in source.nodes if isinstance(node, ast.ImportFrom) and node.module == refusals.__name__]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def test_every_reason_is_used():
    used = set().union(*(reasons_used(source) for source in code()))
    found = [f"domain/refusals.py: Reason.{name}" for name in Reason.__members__ if name not in used]
    hold(found, rule="Take a reason out that nobody gives, or give it; a caller reads the list of codes.")
    assert used <= set(Reason.__members__)


def test_every_refusal_gives_its_reason_and_the_facts_for_it():
    found = [breach for source in code() for breach in (*faulty(source), *bare(source))]
    hold(found, rule="raise Invalid(Reason.X, path=..., fact=...), with exactly the facts that its message names.")


def test_what_is_missing_has_a_name_in_both_languages():
    found = [breach for source in code() for breach in unnamed(source)]
    found += [f"schema/: the window {noun}" for noun in MODELS if noun.lower() not in NOUNS]
    hold(found, rule="Give its Chinese name in NOUNS of domain/refusals.py.")


def test_every_code_stands_for_one_message():
    # Two members with one value would be one member with two names.
    aliases = [name for name, reason in Reason.__members__.items() if reason.name != name]
    assert aliases == []
    assert len({reason.en for reason in Reason}) == len({reason.zh for reason in Reason}) == len(Reason)


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.name)
def test_every_reason_is_told_in_both_languages(reason: Reason):
    assert CHINESE.search(reason.zh)
    assert reason.zh.endswith("。")
    assert not CHINESE.search(reason.en)
    assert reason.en.endswith(".")
    assert facts_of(reason.zh) == facts_of(reason.en)


@pytest.mark.parametrize(
    "line",
    [
        "raise Invalid('no')",
        "raise Invalid",
        "raise Invalid(Reason.NOTHING)",
        "raise Invalid(Reason.TOO_MANY, path='ids')",
        "raise Invalid(Reason.TEXT_EMPTY, length=1)",
    ],
)
def test_a_refusal_without_reason_or_facts_is_noticed(line: str):
    source = Source("domain/x.py", f"from domain.refusals import Invalid, Reason\n{line}\n")
    assert len([*faulty(source), *bare(source)]) == 1


def test_a_good_refusal_and_an_error_of_the_same_name_pass():
    text = "from domain.refusals import {}\nraise Invalid(Reason.TOO_MANY, path='ids', limit=9)\nraise {}('x')\n"
    good = Source("domain/x.py", text.format("Invalid, Reason, NotFound", "NotFound"))
    assert [*faulty(good), *bare(good)] == []
    other = Source("domain/x.py", "from domain.hosts.port import Invalid\nraise Invalid('as the platform said')\n")
    assert [*faulty(other), *bare(other)] == []


def test_an_unused_and_an_unnamed_word_are_noticed():
    assert reasons_used(Source("domain/x.py", "raise Conflict(Reason.KEY_REUSED)")) == {"KEY_REUSED"}
    text = "from domain.refusals import NotFound\nraise NotFound({!r})\n"
    assert len(list(unnamed(Source("domain/x.py", text.format("spaceship"))))) == 1
    assert list(unnamed(Source("domain/x.py", text.format("Unit")))) == []
