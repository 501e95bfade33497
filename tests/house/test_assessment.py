"""Likes and reposts assess nobody: what decides about people, units and lessons cannot even name a count of engagement.

Engagement stands above all other nouns of the domain (pyproject.toml), so none of them can import it. What is left to
watch are the columns, by which a statement might find the figures without their types, and lists of units, which
have an order of their own.
"""

import ast
from collections.abc import Iterator

from graphql import GraphQLSchema, get_named_type

from domain.engagement import models
from domain.terms import Facet, FigureGap, GoalMeasure, Metric, SeriesStep
from tests.house.sources import Source, code, hold
from tests.house.windows import served

# Who says what a metric is, and who fetches its counts.
SPEAK_OF_METRICS = ("domain/engagement", "domain/hosts/", "domain/terms.py")
# Where engagement is shown, counted and kept: none of it decides anything.
SHOW = (
    "schema/engagement.py",
    "schema/goals.py",
    "schema/posts.py",
    "schema/campaigns.py",
    # Followers of an account, and comments.
    "schema/accounts.py",
    "schema/comments.py",
    # What people take out or have reported; nothing of the domain is built on either.
    "domain/exports/",
    "domain/reports/",
    "api/health.py",
    "workers/",
    "domain/tables.py",
)
NAMES = {term.__name__ for term in (Metric, Facet, FigureGap, SeriesStep, GoalMeasure)}
COUNTS = {"snapshots", "rollups", "counted_parts", *(metric.value.lower() for metric in Metric)}
# Words that mean something else elsewhere.
COUNTS -= {"comments", "reads"}
UNITS = {"UnitFigures", "LevelFigures"}


def references(source: Source) -> Iterator[str]:
    """Wherever a count, its type or its table is named."""
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom):
            engaged = (node.module or "").startswith("domain.engagement")
            named = {alias.name for alias in node.names} & NAMES
            if engaged or named:
                yield source.at(node, f"imports {node.module}: {', '.join(sorted(named)) or 'engagement'}")
        if isinstance(node, ast.Attribute) and node.attr in COUNTS:
            yield source.at(node, f"reads .{node.attr}")
        if isinstance(node, ast.Constant) and node.value in COUNTS:
            yield source.at(node, f"names {node.value!r}")


def orders(schema: GraphQLSchema) -> Iterator[str]:
    """Lists of units with figures that take an argument by which they could be put in an order."""
    for name, kind in schema.type_map.items():
        for field, definition in getattr(kind, "fields", {}).items():
            if get_named_type(definition.type).name in UNITS and getattr(definition, "args", None):
                yield f"{name}.{field}"


def test_nothing_that_decides_names_a_count():
    found = [
        breach
        for source in code("domain", "schema", "api", "workers")
        if not source.path.startswith((*SPEAK_OF_METRICS, *SHOW, "api/cli/", "domain/engagement_terms.py"))
        for breach in references(source)
    ]
    hold(found, rule="Engagement informs and never assesses (指尖上的形式主义): decide by something else.")


def test_units_with_figures_come_in_an_order_of_their_own():
    hold(orders(served()), rule="Never a ranking: units come by level and code, whatever they came to.")


def test_a_rule_that_counts_likes_is_noticed():
    for text in (
        "from domain.terms import Metric",
        "from domain.engagement.rules import Total",
        "best = max(lessons, key=lambda lesson: lesson.likes)",
        "query = select(column('reposts'))",
    ):
        assert len(list(references(Source("domain/lessons/rules.py", text)))) == 1
    assert list(references(Source("domain/lessons/rules.py", "score = review.score"))) == []
    assert {models.Snapshot.__tablename__, models.Rollup.__tablename__} <= COUNTS
