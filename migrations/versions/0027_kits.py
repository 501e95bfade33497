"""Press kits of campaigns say of which lessons they tell."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # Of those that are there nobody knows it: they are handed out no more, and end within the week.
        op.execute("ALTER TABLE press_kits ADD COLUMN IF NOT EXISTS revisions jsonb NOT NULL DEFAULT '{}'")
