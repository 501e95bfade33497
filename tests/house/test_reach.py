"""Every model says who reaches its rows, and lists of it have an order that can be paged through."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from sqlalchemy import ForeignKey, Table, Text, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from domain.access.permissions import Permission
from domain.base.models import Base
from schema.root import MODELS as SHOWN
from tests.house.sources import hold

MODELS: list[type[Base]] = [mapper.class_ for mapper in Base.registry.mappers]


def ways(model: type[Base]) -> list[str]:
    named = {
        "reach_column": model.reach_column,
        "reach_through": model.reach_through,
        "reach_owner": model.reach_owner,
        "for_everyone": model.for_everyone,
    }
    return [way for way, value in named.items() if value]


def faults(model: type[Base]) -> Iterator[str]:
    """What is wrong with the way a model says it is reached."""
    mapper, name = inspect(model), model.__name__
    if len(ways(model)) > 1:
        yield f"{name} is reached in {len(ways(model))} ways: {', '.join(ways(model))}"
    if model.reach_column is not None:
        column = mapper.columns.get(model.reach_column)
        if column is None or getattr(column.type, "collation", None) != "C":
            yield f"{name}.reach_column = {model.reach_column!r} is no column of paths in byte order"
        if f"{model.noun}:view" not in {permission.value for permission in Permission}:
            yield f"{name}.noun = {model.noun!r}, but there is no permission {model.noun}:view"
    if model.reach_owner is not None and not _is_of_users(mapper.columns.get(model.reach_owner)):
        yield f"{name}.reach_owner = {model.reach_owner!r} is no column that names a user"
    if model.reach_through is not None:
        relation = mapper.relationships.get(model.reach_through)
        if relation is None or relation.uselist:
            yield f"{name}.reach_through = {model.reach_through!r} is no to-one relation"
        elif not ways(relation.mapper.class_):
            yield f"{name} is reached through {relation.mapper.class_.__name__}, which nobody reaches"


def _is_of_users(column: Any) -> bool:
    return column is not None and {key.target_fullname for key in column.foreign_keys} == {"users.id"}


def disorder(model: type[Base]) -> Iterator[str]:
    """Keyset paging loses rows where the order may tie or holds NULL."""
    mapper, name = inspect(model), model.__name__
    columns = [mapper.columns[key] for key in model.order if key in mapper.columns]
    if len(columns) < len(model.order) or any(column.nullable for column in columns):
        yield f"{name}.order = {model.order}: each has to be a column that is never NULL"
    elif not columns or not (columns[-1].unique or columns[-1].primary_key):
        yield f"{name}.order = {model.order}: the last has to be the id, or unique"


def unindexed_reach(models: Iterable[type[Base]]) -> Iterator[str]:
    for model in models:
        mapper = inspect(model)
        if model.reach_column is None:
            continue
        column = mapper.columns[model.reach_column]
        indexes = [index for table in mapper.tables if isinstance(table, Table) for index in table.indexes]
        whole = [i for i in indexes if i.dialect_options["postgresql"]["where"] is None]
        if not column.unique and not any(next(iter(index.columns), None) is column for index in whole):
            yield f"{model.__name__}.{model.reach_column}"


def test_every_model_with_a_window_says_in_one_way_who_reaches_it():
    assert SHOWN
    found = [f"{name} is reached in {len(ways(model))} ways" for name, model in SHOWN.items() if len(ways(model)) != 1]
    hold(found, rule="Set exactly one of reach_column, reach_through, reach_owner and for_everyone on the model.")


def test_what_a_model_says_about_its_reach_is_true():
    hold([fault for model in MODELS for fault in faults(model)], rule="See Base in domain/base/models.py.")


def test_the_path_of_reach_lies_under_an_index():
    hold(unindexed_reach(MODELS), rule="Lists are narrowed by this path: add a full index that begins with it.")


def test_every_model_with_an_id_can_be_paged_through():
    paged = [model for model in MODELS if "id" in inspect(model).columns]
    hold([fault for model in paged for fault in disorder(model)], rule="`order` ends with the id and never meets NULL.")


class Other(DeclarativeBase):
    """Tables that are wrong on purpose, apart from ours."""

    reach_column: str | None = None
    reach_through: str | None = None
    reach_owner: str | None = None
    for_everyone = False
    noun = ""
    order: tuple[str, ...] = ("id",)


class Twofold(Other):
    __tablename__ = "twofolds"
    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(Text(collation="C"))
    reach_column, noun, for_everyone = "path", "post", True


class Misplaced(Other):
    __tablename__ = "misplaced"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    reach_column, noun, order = "name", "nothing", ("name",)


class Lost(Other):
    __tablename__ = "losts"
    id: Mapped[int] = mapped_column(primary_key=True)
    seen: Mapped[int | None]
    reach_through, order = "elsewhere", ("seen", "id")


class Owned(Other):
    __tablename__ = "owneds"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    reach_owner = "name"


class Unreached(Other):
    __tablename__ = "unreached"
    id: Mapped[int] = mapped_column(primary_key=True)


class Dependent(Other):
    __tablename__ = "dependents"
    id: Mapped[int] = mapped_column(primary_key=True)
    above_id: Mapped[int] = mapped_column(ForeignKey("unreached.id"))
    above: Mapped[Unreached] = relationship(lazy="raise")
    reach_through = "above"


@pytest.mark.parametrize(
    ("model", "count"), [(Twofold, 1), (Misplaced, 2), (Lost, 1), (Dependent, 1), (Owned, 1), (Unreached, 0)]
)
def test_a_wrong_reach_is_noticed(model: Any, count: int):
    assert len(list(faults(model))) == count


@pytest.mark.parametrize(("model", "count"), [(Twofold, 0), (Misplaced, 1), (Lost, 1)])
def test_a_wrong_order_is_noticed(model: Any, count: int):
    assert len(list(disorder(model))) == count


def test_a_slow_reach_is_noticed():
    slow: Any = Twofold
    assert list(unindexed_reach([slow])) == ["Twofold.path"]
