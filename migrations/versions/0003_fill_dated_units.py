"""Fill what 0002 made, in batches that are kept if it is broken off."""

from alembic import op

from migrations.dated_units import fill

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        fill(op.get_bind())
