"""The API's text: what it promises to whoever reads it, checked on what is served."""

import re
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)

from api.cli import main
from domain import terms
from schema._base import WINDOWS
from schema.root import build_schema

SERVED: GraphQLSchema = build_schema()._schema
TYPES = {name: kind for name, kind in SERVED.type_map.items() if not name.startswith("__")}
OBJECTS = {name: kind for name, kind in TYPES.items() if isinstance(kind, GraphQLObjectType)}
ENUMS = {name: kind for name, kind in TYPES.items() if isinstance(kind, GraphQLEnumType)}
UNIONS = {name: kind for name, kind in TYPES.items() if isinstance(kind, GraphQLUnionType)}
MUTATIONS = SERVED.mutation_type.fields if SERVED.mutation_type else {}
# Plain facts whose name says all; everything else about a row is described.
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_the_committed_file_is_what_is_served():
    assert main.SCHEMA_FILE.read_text("utf-8") == build_schema().as_str() + "\n", "run `qicai schema`"


@pytest.mark.parametrize("name", sorted(set(TYPES) - set(UNIONS)))
def test_every_type_is_described(name: str):
    assert TYPES[name].description


@pytest.mark.parametrize("name", sorted(UNIONS))
def test_every_result_is_a_payload_or_a_problem(name: str):
    first, *others = (kind.name for kind in UNIONS[name].types)
    assert name.endswith("Result")
    assert first == name.removesuffix("Result") + "Payload"
    assert others == ["Problem"]


@pytest.mark.parametrize("name", sorted(ENUMS))
def test_every_word_has_its_chinese_term(name: str):
    assert ENUMS[name].description
    term: Any = getattr(terms, name)
    for word, value in ENUMS[name].values.items():
        assert CHINESE.search(value.description or ""), word
        assert value.description == term[word].zh


@pytest.mark.parametrize("noun", sorted(WINDOWS))
def test_every_window_names_its_noun_in_chinese_and_has_an_id(noun: str):
    window = OBJECTS[noun]
    assert [interface.name for interface in window.interfaces] == ["Node"]
    assert noun in ("Lesson",) or CHINESE.search(window.description or "")


def _wants_words(kind: Any) -> bool:
    """Whether a field leads somewhere or takes something: its name alone does not say what it does."""
    return isinstance(get_named_type(kind.type), GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)


@pytest.mark.parametrize("noun", ["Query", "Mutation", *sorted(WINDOWS)])
def test_every_field_that_leads_somewhere_is_described(noun: str):
    lacking = [name for name, field in OBJECTS[noun].fields.items() if _wants_words(field) and not field.description]
    assert lacking == []


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_every_act_takes_one_input_and_a_key_that_makes_repeating_harmless(name: str):
    field = MUTATIONS[name]
    assert list(field.args) == ["input"]
    kind = field.args["input"].type
    assert isinstance(kind, GraphQLNonNull)
    given = kind.of_type
    assert isinstance(given, GraphQLInputObjectType)
    assert given.name == f"{name[0].upper()}{name[1:]}Input"
    holds_secret = any(f.extensions["strawberry-definition"].metadata.get("secret") for f in given.fields.values())
    # No fingerprint is kept of a password, and these acts do no harm when they are repeated.
    assert ("clientMutationKey" in given.fields) is not holds_secret
    assert str(field.type) == f"{name[0].upper()}{name[1:]}Result!"


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_every_id_in_an_input_says_what_it_is_the_id_of(name: str):
    given: Any = get_named_type(MUTATIONS[name].args["input"].type)
    for field in given.fields.values():
        assert str(get_named_type(field.type)) != "ID" or field.description


# Lists that cannot grow: what one person holds now, the levels above a unit, a few of many, and what some units do on
# one date.
SHORT = {
    "Viewer.grants",
    "Unit.ancestors",
    "Query.ownSessions",
    "Query.userSessions",
    "TroubleGroup.sampleDeliveries",
    "CalendarEntry.campaigns",
}


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_every_list_of_rows_is_a_connection(name: str):
    for field_name, field in OBJECTS[name].fields.items():
        of_rows = get_named_type(field.type).name in WINDOWS and "[" in str(field.type)
        is_short = f"{name}.{field_name}" in SHORT
        assert not of_rows or is_short or name.endswith("Connection"), f"{name}.{field_name} is an endless list"


def test_counts_are_not_32_bit_numbers():
    for name, kind in OBJECTS.items():
        assert [field for field, shown in kind.fields.items() if "Int" in str(shown.type)] == [], name


def test_no_field_leads_to_a_secret():
    words = {field.lower() for kind in OBJECTS.values() for field in kind.fields}
    assert not {"token", "appsecret", "appkey", "password", "fence", "key", "unitpath", "path"} & (words - {"path"})
    assert [name for name, kind in OBJECTS.items() if "path" in kind.fields] == ["Problem", "UnitActFailure"]
