"""Every act on a noun has one shape, and asks for a permission whatever happens."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.house.asking import Walk
from tests.house.sources import Function, Source, code, hold
from tests.house.test_mutations import mutations, way_of

COMMANDS = re.compile(r"domain/\w+/commands\.py")
# Called by a door inside a transaction of its own, on behalf of nobody; each says why nobody is asked.
ASKS_NOBODY = {
    "domain.accounts.commands.mark_unauthorized": "a worker writes down what a platform said of a token",
    "domain.accounts.commands.pause": "a worker writes down what a platform said of an account",
    "domain.accounts.commands.pause_reading": "a worker writes down that an account cannot read counts",
    "domain.exports.commands.cancel_export": "everybody may cancel what they asked for themselves, and nobody else",
    "domain.exports.commands.discard_handout": "everybody may remove what they asked for; for another's it asks",
    "domain.hosts.commands.pause": "a worker writes down what a platform said of our address",
    "domain.lessons.reviews.score_review": "whoever was asked by name scores the lesson, wherever it is from",
    "domain.logins.commands.log_in": "a person is nobody yet, and proves by the password to be somebody",
    "domain.logins.commands.refresh_login": "whoever holds the newest token of a session goes on with it",
    "domain.logins.commands.redeem_link": "whoever holds an open link sets the password of its person",
    "domain.logins.commands.log_out": "everybody may end the session that the request itself came through",
    "domain.logins.commands.end_session": "everybody may end sessions of their own; for another's it asks",
    "domain.logins.commands.change_password": "everybody may, who knows the old one",
    "domain.logins.commands.forget_old": "a worker drops tokens and guesses that nobody asks for again",
    "domain.requests.commands.earlier_result": "the mutation frame reads back the actor's own key, whatever the act",
    "domain.requests.commands.keep_result": "the mutation frame keeps the actor's own key beside the act it permitted",
    "domain.requests.commands.forget_old": "a worker drops what is older than 30 days, for everybody alike",
}
ACT = '''
async def open_cabin(session, actor, *, unit_id):
    """Open a cabin of a unit."""
    {body}

async def _placed(session, who, unit_id):
    who.require(Permission.CABIN_EDIT, at=unit_id)
'''


def commands() -> list[Source]:
    return [source for source in code("domain") if any(public_acts(source))]


@cache
def run_by_mutations() -> frozenset[str]:
    """Life-cycles large enough for files of their own hold acts beside other steps: those that mutations run."""
    return frozenset(way_of(source, mutation).command for source in code("schema") for mutation in mutations(source))


def public_acts(source: Source) -> Iterator[Function]:
    """All of a `commands.py`, and elsewhere what mutations run."""
    for node in source.tree.body:
        if not isinstance(node, Function) or node.name.startswith("_"):
            continue
        if COMMANDS.fullmatch(source.path) or f"{source.module}.{node.name}" in run_by_mutations():
            yield node


def misshapen(source: Source, function: Function, *, asks: bool = True) -> Iterator[str]:
    """What is wrong with the signature; who asks nobody needs no actor."""
    arguments = function.args
    positional = [argument.arg for argument in arguments.posonlyargs + arguments.args]
    if not isinstance(function, ast.AsyncFunctionDef):
        yield source.at(function, f"{function.name} is not async")
    if positional != ["session", "actor"] and (asks or positional != ["session"]):
        yield source.at(function, f"{function.name}({', '.join(positional)}) should begin (session, actor, *, ...)")
    if arguments.vararg or arguments.kwarg or arguments.defaults:
        yield source.at(function, f"{function.name} takes more than named arguments after the actor")


def not_one_sentence(source: Source, function: Function) -> Iterator[str]:
    """A paragraph below the sentence may say why."""
    text = (ast.get_docstring(function) or "").partition("\n\n")[0]
    if not re.fullmatch(r"[A-Z][^\n]*(\n[^\n]+)*\.", text) or re.search(r"[.!?]\s+[A-Z]", text):
        yield source.at(function, f"{function.name} is not described in one sentence")


def test_every_command_begins_with_session_and_actor():
    found = [
        breach
        for source in commands()
        for act in public_acts(source)
        for breach in misshapen(source, act, asks=f"{source.module}.{act.name}" not in ASKS_NOBODY)
    ]
    hold(found, rule="A command is `async def verb_noun(session, actor, *, ...)`; what only rules need is private.")


def test_every_command_is_described_in_one_sentence():
    asking = [(s, act) for s in commands() for act in public_acts(s) if f"{s.module}.{act.name}" not in ASKS_NOBODY]
    found = [breach for source, act in asking for breach in not_one_sentence(source, act)]
    hold(found, rule="A command's docstring begins with one sentence: what the act does.")


def test_every_command_asks_for_a_permission():
    walk = Walk.over(code("domain"))
    found = []
    for source in commands():
        for act in public_acts(source):
            name = f"{source.module}.{act.name}"
            if name not in ASKS_NOBODY and not walk.way_to_require(name):
                found.append(source.at(act, f"{act.name} does not come to actor.require(...) whatever happens"))
    hold(found, rule="A command asks once, before it changes anything: `actor.require(Permission.X, at=unit.path)`.")


def test_whoever_asks_nobody_is_there_and_says_why():
    walk = Walk.over(code("domain"))
    assert set(ASKS_NOBODY) <= set(walk.functions), "Take what is gone off the list of exceptions."
    assert [name for name in ASKS_NOBODY if walk.way_to_require(name)] == [], "It asks: take it off the list."
    assert all(len(reason.split()) > 4 for reason in ASKS_NOBODY.values())


def test_the_walk_goes_through_other_functions():
    name = "domain.posts.commands.schedule_lesson"
    way = [name, "domain.posts.promotions.promotion_of", "domain.units.queries.unit_within"]
    assert Walk.over(code("domain")).way_to_require(name) == way


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ("actor.require(Permission.CABIN_EDIT, at=unit_id)", True),
        ("await _placed(session, actor, unit_id)", True),
        ("await _placed(session, unit_id, who=actor)", True),
        ("for unit in unit_id: actor.require(Permission.CABIN_EDIT, at=unit)", True),
        ("with session: return await _placed(session, actor, unit_id)", True),
        ("await session.flush()", False),
        ("await _placed(session, other, unit_id)", False),
        ("if unit_id: actor.require(Permission.CABIN_EDIT, at=unit_id)", False),
        ("unit_id and actor.require(Permission.CABIN_EDIT, at=unit_id)", False),
        ("later = lambda: actor.require(Permission.CABIN_EDIT, at=unit_id)", False),
        ("if not unit_id: return None\n    actor.require(Permission.CABIN_EDIT, at=unit_id)", False),
    ],
)
def test_the_walk_tells_who_asks_from_who_does_not(body: str, asked: bool):
    walk = Walk.over([Source("domain/cabins/commands.py", ACT.format(body=body))])
    assert bool(walk.way_to_require("domain.cabins.commands.open_cabin")) is asked


@pytest.mark.parametrize(
    "text",
    [
        "async def f(actor, session, *, x): 'Does it.'",
        "async def f(session, actor, x): 'Does it.'",
        "async def f(session, actor, *x): 'Does it.'",
        "async def f(session, actor, **x): 'Does it.'",
        "async def f(session, actor=None): 'Does it.'",
        "def f(session, actor): 'Does it.'",
        "async def f(session, *, x): 'Does it.'",
    ],
)
def test_a_misshapen_command_is_noticed(text: str):
    source = Source("domain/x/commands.py", text)
    assert [breach for act in public_acts(source) for breach in misshapen(source, act)] != []


@pytest.mark.parametrize("words", ["", "does it.", "Does it", "Does it. Then more."])
def test_a_description_of_more_or_less_than_a_sentence_is_noticed(words: str):
    source = Source("domain/x/commands.py", f'async def f(session, actor):\n    """{words}"""\n')
    assert [breach for act in public_acts(source) for breach in not_one_sentence(source, act)] != []
