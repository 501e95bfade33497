"""Every window shows what is there, and nothing that has to stay inside."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type
from sqlalchemy import Column, DateTime, inspect

from domain.accounts.models import Account
from domain.base.models import Base
from domain.posts.models import Delivery, Post
from domain.units.models import Unit
from schema._base import WINDOWS
from tests.house.sources import code, dotted, hold
from tests.house.windows import Shown, fields_shown, models_shown, served

# Columns that stay inside: sealed secrets, what they are opened with, and what makes a repetition recognisable.
INSIDE = {
    "token",
    "app_secret",
    "app_key",
    "fingerprint",
    "key",
    "key_id",
    "password_hash",
    "picture_key",
    "secret_digest",
}
SOUNDS_SECRET = {"token", "secret", "key", "fingerprint", "password", "hash", "seed", "sealed"}
# They only sound so: whoever has the hashes of the audit log can check it, and can sign nothing.
NO_SECRETS = {"AuditEntry.hash", "AuditSeal.hash"}
SERVED = served()


def absent(fields: Iterable[Shown], models: Mapping[str, type[Base]]) -> Iterator[str]:
    for field in fields:
        mapper = inspect(models[field.window])
        for name in sorted(field.reads - set(mapper.columns.keys())):
            yield f"{field.window}.{field.name} reads {name!r}, which is no column of {mapper.class_.__name__}"


def nullable(fields: Iterable[Shown], models: Mapping[str, type[Base]]) -> Iterator[str]:
    """Fields that promise a value where the row may hold none: one NULL would cost the whole answer."""
    for field in fields:
        mapper = inspect(models[field.window])
        read = [mapper.columns[name] for name in field.reads if name in mapper.columns]
        # What is computed as it is read, as whether another row exists, is never null.
        columns = [column for column in read if isinstance(column, Column)]
        if not field.is_list and (relation := mapper.relationships.get(field.relation or "")) is not None:
            columns += [column for column in relation.local_columns if isinstance(column, Column)]
        if field.never_null and any(column.nullable for column in columns):
            yield f"{field.window}.{field.name} is never null, but its column may be"


def misled(fields: Iterable[Shown], models: Mapping[str, type[Base]]) -> Iterator[str]:
    """Fields made by one() and many() whose relation is another, or leads elsewhere."""
    for field in fields:
        if field.relation is None:
            continue
        model = models[field.window]
        relation = inspect(model).relationships.get(field.relation)
        if relation is None:
            yield f"{field.window}.{field.name}: {model.__name__} has no relation {field.relation!r}"
        elif bool(relation.uselist) is not field.is_list:
            wanted = "many(...) and a Connection" if relation.uselist else "one(...) and a window"
            yield f"{field.window}.{field.name}: {model.__name__}.{field.relation} wants {wanted}"
        elif relation.mapper.class_ is not field.target:
            yield f"{field.window}.{field.name} does not show {relation.mapper.class_.__name__}"


def leaks(fields: Iterable[Shown]) -> Iterator[str]:
    for field in fields:
        if _snake(field.name) in INSIDE or field.reads & INSIDE:
            yield f"{field.window}.{field.name}"


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_every_field_of_a_window_is_a_column_of_its_model():
    hold(absent(fields_shown(SERVED), models_shown(SERVED)), rule="Name it as the column, or declare what it `needs`.")


def test_what_is_never_null_in_a_window_is_never_null_in_the_table():
    found = nullable(fields_shown(SERVED), models_shown(SERVED))
    hold(found, rule="Write `| None` in the window, or make the column NOT NULL.")


def test_every_relation_of_a_window_is_one_of_its_model():
    found = misled(fields_shown(SERVED), models_shown(SERVED))
    hold(found, rule="one(...) follows a to-one relation of the model, many(...) pages through a to-many one.")


def test_no_window_shows_what_stays_inside():
    hold(leaks(fields_shown(SERVED)), rule="Secrets and keys are no fields, not even computed ones.")


def test_no_answer_has_a_field_named_as_what_stays_inside():
    kinds = [kind for kind in SERVED.type_map.values() if isinstance(kind, GraphQLObjectType)]
    found = [f"{k.name}.{name}" for k in kinds if k.name[:2] != "__" for name in k.fields if _snake(name) in INSIDE]
    hold(found, rule="Secrets and keys leave by no type, window or not.")


def test_no_code_of_the_windows_reads_what_stays_inside():
    secret = INSIDE - {"key"}
    found = [
        source.at(node, dotted(node) or f"...{getattr(node, 'attr', '')}")
        for source in code("schema")
        for node in source.nodes
        if getattr(node, "attr", None) in secret
    ]
    hold(found, rule="schema/ never touches a secret.")


def test_every_column_that_sounds_secret_stays_inside():
    found = [
        f"{mapper.class_.__name__}.{name}"
        for mapper in Base.registry.mappers
        for name, column in mapper.columns.items()
        if set(name.split("_")) & SOUNDS_SECRET and not isinstance(column.type, DateTime) and name not in INSIDE
        if f"{mapper.class_.__name__}.{name}" not in NO_SECRETS
    ]
    hold(found, rule="Add the column to INSIDE in this file.")


def test_every_window_is_served_and_every_id_taken_names_one():
    assert models_shown(SERVED).keys() == WINDOWS.keys()
    inputs = [kind for kind in SERVED.type_map.values() if isinstance(kind, GraphQLInputObjectType)]
    taken: list[Any] = [f.extensions["strawberry-definition"] for kind in inputs for f in kind.fields.values()]
    named = [definition.metadata["ref"] for definition in taken if "ref" in definition.metadata]
    refs = {noun for each in named for noun in each.split(" / ")}
    assert refs
    assert refs <= WINDOWS.keys()


def test_every_id_taken_is_given_with_its_noun():
    inputs = [kind for kind in SERVED.type_map.values() if isinstance(kind, GraphQLInputObjectType)]
    found = [
        f"{kind.name}.{name}"
        for kind in inputs
        for name, field in kind.fields.items()
        if get_named_type(field.type).name == "ID" and "ref" not in field.extensions["strawberry-definition"].metadata
    ]
    hold(found, rule="An id in an input is declared with ref(noun, ...), so that it is decoded and checked.")


GOOD = Shown("Delivery", "text", frozenset({"text"}), never_null=True)
LINK = Shown("Delivery", "post", relation="post", target=Post, never_null=True)
HERE: dict[str, type[Base]] = {"Delivery": Delivery, "Account": Account, "Unit": Unit}


def test_a_good_window_passes():
    for fields in ([GOOD], [LINK]):
        assert [*absent(fields, HERE), *nullable(fields, HERE), *misled(fields, HERE), *leaks(fields)] == []


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        (absent, replace(GOOD, reads=frozenset({"nothing"}))),
        (absent, replace(GOOD, reads=frozenset({"post"}))),
        (nullable, replace(GOOD, reads=frozenset({"host_url"}))),
        (nullable, Shown("Unit", "parent", relation="parent", target=Unit, never_null=True)),
        (misled, replace(LINK, relation="nothing")),
        (misled, replace(LINK, is_list=True)),
        (misled, replace(LINK, relation="attempts")),
        (misled, replace(LINK, target=Account)),
    ],
)
def test_a_wrong_field_is_noticed(fault: Any, field: Shown):
    assert len(list(fault([field], HERE))) == 1


@pytest.mark.parametrize("field", [Shown("Account", "token"), Shown("Account", "word", frozenset({"token"}))])
def test_a_leak_is_noticed(field: Shown):
    assert len(list(leaks([field]))) == 1


def test_a_leak_is_noticed_by_its_public_name():
    assert list(leaks([Shown("Host", "appSecret", frozenset({"name"}))])) == ["Host.appSecret"]
