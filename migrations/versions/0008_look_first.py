"""Deliveries that are looked for before they are sent: those of a database that was restored."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE deliveries ADD COLUMN IF NOT EXISTS look_first boolean NOT NULL DEFAULT false")
