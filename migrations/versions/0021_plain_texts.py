"""What plain texts say that are attached to lessons."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE lesson_files ADD COLUMN IF NOT EXISTS text text")
