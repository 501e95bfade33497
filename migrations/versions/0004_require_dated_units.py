"""Require what 0003 filled. From here on processes of 0.1.0 can no longer insert: see `docs/how-to/operate.md`."""

from alembic import op

from migrations.dated_units import fill
from migrations.online import check, validate

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FILLED = {
    "deliveries": ("unit_id",),
    "accounts": ("state_since",),
    "units": ("territory_path",),
    "users": ("unit_id", "unit_path"),
}
# What 0002 gave to inserts of 0.1.0.
DEFAULTS = {"accounts": "state_since", "grants": "reach", "units": "upper_posting"}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # First what may be many rows, so that what 0.1.0 writes between the check and its end are few.
        fill(op.get_bind())
        for table, columns in FILLED.items():
            check(table, f"ck_{table}_filled", " AND ".join(f"{column} IS NOT NULL" for column in columns))
        # Nothing lacking can be written any more: whatever was until now is filled here, once and for all.
        fill(op.get_bind())
        for table, columns in FILLED.items():
            validate(table, f"ck_{table}_filled")
            # The check is the proof, so that no row is read while the table is locked.
            op.execute(f"ALTER TABLE {table} " + ", ".join(f"ALTER COLUMN {column} SET NOT NULL" for column in columns))
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_filled")
        for table, column in DEFAULTS.items():
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT")
