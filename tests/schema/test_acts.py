"""The frame of every act: the mutation and the command it runs fit each other."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from domain.campaigns import commands as campaigns
from domain.lessons import commands as lessons
from domain.posts import commands as posts
from domain.refusals import Conflict, QuotaExceeded, Reason
from schema import campaigns as campaign_windows
from schema import lessons as lesson_windows
from schema import posts as post_windows
from schema._acts import Problem
from schema.root import Mutation

COMMANDS: dict[str, Callable[..., Any]] = {
    "create_campaign": campaigns.create_campaign,
    "create_lesson": lessons.create_lesson,
    "showcase_lesson": lessons.showcase_lesson,
    "schedule_lesson": posts.schedule_lesson,
    "cancel_post": posts.cancel_post,
}
MODULES = (campaign_windows, lesson_windows, post_windows)


def input_of(mutation: str) -> Any:
    name = "".join(word.title() for word in mutation.split("_")) + "Input"
    return next(getattr(module, name) for module in MODULES if hasattr(module, name))


def test_every_mutation_is_named_as_its_command():
    mutation: Any = Mutation
    assert {field.python_name for field in mutation.__strawberry_definition__.fields} == set(COMMANDS)


@pytest.mark.parametrize("mutation", sorted(COMMANDS))
def test_an_input_has_exactly_what_its_command_takes(mutation: str):
    taken = set(inspect.signature(COMMANDS[mutation]).parameters) - {"session", "actor", "now"}
    given = {field.python_name for field in input_of(mutation).__strawberry_definition__.fields}
    assert given - {"client_mutation_key"} == taken


@pytest.mark.parametrize("mutation", sorted(COMMANDS))
def test_every_id_of_an_input_is_turned_into_the_row_of_its_noun(mutation: str):
    for field in input_of(mutation).__strawberry_definition__.fields:
        if field.python_name.endswith("_id"):
            noun = field.metadata["ref"]
            assert field.python_name.removesuffix("_id").removeprefix("within_") == noun.lower()


def test_a_problem_says_whether_to_try_again():
    full = Problem.of(QuotaExceeded(Reason.TOO_MANY, path="a.b", limit=3))
    assert (full.code, full.path, full.retryable) == ("TOO_MANY", ["a", "b"], True)
    assert (full.message_zh, full.message_en) == ("一次最多 3 项。", "At most 3 at a time.")
    assert Problem.of(Conflict(Reason.KEY_REUSED)).retryable is False
