"""Posts that their platform shows no more."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE readings ADD COLUMN IF NOT EXISTS missing_since timestamptz")
        op.execute("ALTER TABLE deliveries ADD COLUMN IF NOT EXISTS gone_at timestamptz")
