"""The words of the field as GraphQL enums: descriptions come from the words themselves."""

import inspect

import strawberry

from domain import terms


def register(term: type[terms.Term]) -> None:
    """Show a word of the field; each value is described by its Chinese term."""
    strawberry.enum(term, description=inspect.getdoc(term))
    for value in term.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = term[value.name].zh


for _term in terms.Term.__subclasses__():
    register(_term)
