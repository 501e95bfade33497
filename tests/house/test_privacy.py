"""No window that the anonymous public may read leads to a child.

A window is marked by `@shows(model, public={fields})`: of it, and of what its public fields lead to, only the fields so
named are read without a login. Whatever identifies a person lies in `domain/people` and `domain/access`.
"""

import ast
from collections.abc import Iterable, Iterator
from typing import Any

import strawberry
from graphql import GraphQLSchema, get_named_type

from domain.base.models import Base
from tests.house.sources import Source, code, hold
from tests.house.windows import leaves_to, models_shown, served

PEOPLE = ("domain.people", "domain.access", "domain.logins", "domain.audit")


def marked(schema: GraphQLSchema) -> set[str]:
    """The types that are marked public, or that a field marked public leads to."""
    found = set()
    for name, kind in schema.type_map.items():
        definition: Any = kind.extensions.get("strawberry-definition")
        if getattr(getattr(definition, "origin", None), "__public__", None):
            found.add(name)
    return found


def leads(schema: GraphQLSchema, name: str) -> set[str]:
    """The types that the public fields of a window lead to; a type that is no window shows all it has."""
    kind: Any = schema.type_map[name]
    origin = getattr(kind.extensions.get("strawberry-definition"), "origin", None)
    public = getattr(origin, "__public__", None)
    if public is None:
        return leaves_to(schema, name)
    fields = [f for f in kind.fields.values() if f.extensions["strawberry-definition"].python_name in public]
    return {get_named_type(field.type).name for field in fields}


def reached(schema: GraphQLSchema, starts: Iterable[str]) -> dict[str, str]:
    """Every type that some types lead to, with the way there."""
    ways = {name: name for name in starts}
    waiting = list(ways)
    while waiting:
        name = waiting.pop()
        for other in leads(schema, name) - set(ways):
            ways[other] = f"{ways[name]} -> {other}"
            waiting.append(other)
    return ways


def exposed(schema: GraphQLSchema, models: dict[str, Any]) -> Iterator[str]:
    for name, way in reached(schema, marked(schema)).items():
        if name in models and models[name].__module__.startswith(PEOPLE):
            yield way


def marks(source: Source) -> Iterator[str]:
    """Wherever a window or a field is marked public."""
    for node in source.nodes:
        by_keyword = isinstance(node, ast.keyword) and node.arg == "public"
        by_key = isinstance(node, ast.Dict) and any(
            isinstance(k, ast.Constant) and k.value == "public" for k in node.keys
        )
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if by_keyword or by_key or any(isinstance(t, ast.Name) and t.id == "public" for t in targets):
            yield source.at(node, "is marked public")


def test_no_public_window_leads_to_a_person():
    hold(
        exposed(served(), models_shown(served())),
        rule="What is public shows counts, never a person (style: children's data).",
    )


def test_no_person_is_there_for_everyone():
    people = [m.class_ for m in Base.registry.mappers if m.class_.__module__.startswith(PEOPLE)]
    hold([model.__name__ for model in people if model.for_everyone], rule="Nobody sees a person without a permission.")


def test_every_mark_is_seen_by_this_wall():
    found = [mark for source in code("schema") for mark in marks(source)]
    hold(
        found if not marked(served()) else [],
        rule="This file does not see the mark: teach it how a window is marked public.",
    )


@strawberry.type
class Child:
    pseudonym: str


@strawberry.type
class Cabin:
    visitors: list[Child]


@strawberry.type
class Badge:
    __public__ = frozenset({"cabin"})
    cabin: Cabin | None
    holder: Child


@strawberry.type
class Card:
    __public__ = frozenset({"number"})
    number: int
    holder: Child


@strawberry.type
class Query:
    badge: Badge
    card: Card
    child: Child


class Person:
    __module__ = f"{PEOPLE[0]}.models"


def test_a_child_two_steps_from_a_public_window_is_noticed():
    schema: GraphQLSchema = strawberry.Schema(Query)._schema
    assert marked(schema) == {"Badge", "Card"}
    assert reached(schema, ["Card"]).keys() == {"Card", "Int"}
    assert [way.rpartition(" -> ")[2] for way in exposed(schema, {"Child": Person})] == ["Child"]
    assert list(exposed(schema, {"Cabin": Base})) == []
    assert "Child" not in reached(schema, ["String"])


def test_a_mark_is_noticed_however_it_is_written():
    for text in (
        "shows(Badge, public=True)",
        "public = True",
        "public: bool = True",
        "field(metadata={'public': True})",
    ):
        assert len(list(marks(Source("schema/x.py", text)))) == 1
    assert list(marks(Source("schema/x.py", "public_domain = 1"))) == []
