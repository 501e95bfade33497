"""SQL is written in the domain alone, decisions are pure, and a transaction belongs to whoever opened it."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.sources import Source, code, dotted, hold

# The names of session types: enough to hand a session on, not to make a statement.
HANDING_ON = {"AsyncSession", "async_sessionmaker", "AsyncEngine"}
STATEMENTS = {"select", "insert", "update", "delete", "text", "exists", "union", "union_all", "literal_column"}
SENDING = {
    "execute",
    "executemany",
    "scalar",
    "scalars",
    "stream",
    "stream_scalars",
    "get_one",
    "merge",
    "add",
    "add_all",
}
ENDING = {"commit", "rollback", "begin", "begin_nested"}
# The one place of the windows that ends a transaction: the frame of every mutation.
FRAME = "schema/_acts.py"


def statements(source: Source) -> Iterator[str]:
    """Statements made, or sent over a session, where a session is only handed on."""
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "sqlalchemy":
            names = {alias.name for alias in node.names} - HANDING_ON
            yield from (source.at(node, f"imports {name} of sqlalchemy") for name in sorted(names))
        if isinstance(node, ast.Call):
            named = dotted(node.func)
            owner, _, last = named.rpartition(".")
            if named in STATEMENTS or (owner.split(".")[-1].endswith("session") and last in SENDING | {"get"}):
                yield source.at(node, f"{named}(...)")


def endings(source: Source) -> Iterator[str]:
    for node in source.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ENDING:
            yield source.at(node, f"{dotted(node.func) or node.func.attr}()")


def impurities(source: Source) -> Iterator[str]:
    """Whatever in a module of rules reaches out of it."""
    for node in source.nodes:
        if isinstance(node, ast.AsyncFunctionDef):
            yield source.at(node, f"{node.name} is async")
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (
            source.at(node, f"imports {m}") for m in modules if m.partition(".")[0] in ("sqlalchemy", "asyncio")
        )


def test_windows_and_workers_make_no_statement():
    found = [breach for source in code("schema", "workers") for breach in statements(source)]
    hold(found, rule="SQL is written in domain/*/commands.py, queries.py and life-cycles; call one of those.")


def test_the_domain_never_ends_a_transaction():
    found = [breach for source in code("domain") for breach in endings(source)]
    hold(found, rule="The domain flushes; whoever opened the transaction, a mutation frame or a worker, commits it.")


def test_of_the_windows_only_the_frame_ends_a_transaction():
    found = [breach for source in code("schema") if source.path != FRAME for breach in endings(source)]
    hold(found, rule=f"One act, one transaction: go through `act` of {FRAME}.")


def test_rules_are_pure():
    found = [breach for s in code("domain") if s.path.endswith("/rules.py") for breach in impurities(s)]
    hold(found, rule="rules.py decides on plain data: read in queries.py, hand the data in.")


@pytest.mark.parametrize(
    "text",
    [
        "from sqlalchemy import select",
        "rows = select(Post)",
        "async def f(session): await session.execute(q)",
        "async def f(context): await context.session.get(Post, 1)",
    ],
)
def test_a_statement_is_noticed(text: str):
    assert len(list(statements(Source("schema/x.py", text)))) == 1


def test_handing_a_session_on_is_no_statement():
    text = "from sqlalchemy.ext.asyncio import AsyncSession\nasync def f(session): await begin(session, text='a')\n"
    assert list(statements(Source("workers/x.py", text))) == []


def test_an_ended_transaction_and_an_impure_rule_are_noticed():
    assert list(endings(Source("domain/x.py", "await session.commit()"))) == ["domain/x.py:1: session.commit()"]
    assert list(endings(Source("domain/x.py", "await session.flush()"))) == []
    assert list(impurities(Source("domain/x/rules.py", "import sqlalchemy as sa"))) != []
    assert list(impurities(Source("domain/x/rules.py", "async def f(): ..."))) != []
    assert list(impurities(Source("domain/x/rules.py", "from datetime import datetime"))) == []
