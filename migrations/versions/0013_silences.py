"""From how far up silence was ordered; of orders that are there already nothing is known."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE silences ADD COLUMN IF NOT EXISTS height bigint")
