"""The list of tables is complete, and every row says who reaches it."""

from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncEngine

import domain
from domain import tables
from domain.access.permissions import Permission
from domain.base.models import Base

MODELS = sorted((mapper.class_ for mapper in Base.registry.mappers), key=lambda model: model.__name__)


def test_no_noun_with_tables_is_forgotten():
    folders = {path.parent.name for path in Path(domain.__file__).parent.glob("*/models.py")} - {"base"}
    assert folders == {noun.__name__.split(".")[1] for noun in tables.NOUNS}
    assert all(import_module(f"domain.{folder}.models") in tables.NOUNS for folder in folders)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_relation_never_loads_by_surprise(model: type[Base]):
    assert [r.key for r in inspect(model).relationships if r.lazy != "raise"] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_model_says_at_most_one_way_to_reach_it(model: type[Base]):
    ways = [model.reach_column is not None, model.reach_through is not None, model.reach_owner, model.for_everyone]
    assert sum(map(bool, ways)) <= 1


@pytest.mark.parametrize("model", [m for m in MODELS if m.reach_column], ids=lambda model: model.__name__)
def test_a_model_with_a_place_has_its_column_and_its_permission(model: type[Base]):
    assert str(model.reach_column) in inspect(model).columns
    assert Permission(f"{model.noun}:view")


@pytest.mark.parametrize("model", [m for m in MODELS if m.reach_through], ids=lambda model: model.__name__)
def test_a_model_reached_through_another_leads_to_a_place(model: type[Base]):
    relation = inspect(model).relationships[str(model.reach_through)]
    assert not relation.uselist
    assert relation.mapper.class_.reach_column is not None


async def test_every_path_is_compared_by_bytes(engine: AsyncEngine):
    # Another collation would make "below this unit" miss rows, since it is a range of the order.
    async with engine.connect() as connection:
        rows = await connection.exec_driver_sql(
            "SELECT table_name, column_name, collation_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name IN ('path', 'unit_path')"
        )
        found = rows.all()
    assert len(found) >= 7
    assert [row for row in found if row.collation_name != "C"] == []
