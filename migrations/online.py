"""Changes of tables that are in use: locks held for a moment only, and every step can be done again.

They run in an autocommit block, one statement a transaction: what is waited for is never waited for with another
lock in hand, and an upgrade that was broken off finds what it made before.
"""

import sqlalchemy as sa
from alembic import op

from migrations.apply import LOCK_TIMEOUT

# Whoever builds an index concurrently or checks old rows stops no reader and no writer while it waits for long
# transactions, so it may wait longer than others; but not for ever, since somebody watches.
PATIENCE = "60s"


def index(name: str, on: str, *, unique: bool = False) -> None:
    """Build an index while rows are written; one that an earlier try left invalid is dropped first."""
    if _exists("pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid", name=name):
        drop_index(name)
    kind = "UNIQUE INDEX" if unique else "INDEX"
    _patiently(f"CREATE {kind} CONCURRENTLY IF NOT EXISTS {name} ON {on}")


def drop_index(name: str) -> None:
    """Drop an index once no statement uses it any more."""
    _patiently(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def foreign_key(table: str, column: str, target: str) -> None:
    """Bind new rows at once, and check the old ones without stopping anyone."""
    name = f"fk_{table}_{column}"
    if not _exists("pg_constraint WHERE conrelid = to_regclass(:table) AND conname = :name", table=table, name=name):
        refers = f"FOREIGN KEY ({column}) REFERENCES {target} (id)"
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {refers} NOT VALID")
    validate(table, name)


def check(table: str, name: str, condition: str) -> None:
    """Bind new rows to a condition in place of the one of that name, if any; `validate` then checks the old ones."""
    drop, add = f"DROP CONSTRAINT IF EXISTS {name}", f"ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID"
    op.execute(f"ALTER TABLE {table} {drop}, {add}")


def validate(table: str, name: str) -> None:
    """Check the rows that were there before a constraint was."""
    _patiently(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def _exists(where: str, **values: str) -> bool:
    return bool(op.get_bind().scalar(sa.text(f"SELECT EXISTS (SELECT FROM {where})"), values))  # noqa: S608


def _patiently(statement: str) -> None:
    # Nothing is put back after a failure: the connection is thrown away then.
    op.execute(f"SET lock_timeout = '{PATIENCE}'")
    op.execute(statement)
    op.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
