"""Require what 0003 filled."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FILLED = {
    "accounts": ("state_since",),
    "deliveries": ("unit_id",),
    "grants": ("reach",),
    "units": ("territory_path", "upper_posting"),
    "users": ("unit_id", "unit_path"),
}


def upgrade() -> None:
    for table, columns in FILLED.items():
        for column in columns:
            op.alter_column(table, column, nullable=False)
