"""How a person said when a post goes out, and what finds the same text and the same hour."""

from alembic import op

from migrations.online import index

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(
            """
            ALTER TABLE posts
                ADD COLUMN IF NOT EXISTS zone text NOT NULL DEFAULT 'Asia/Shanghai',
                ADD COLUMN IF NOT EXISTS wall_time timestamp without time zone
            """
        )
        index("ix_posts_text", "posts USING hash (text)")
        index("ix_deliveries_account_id_due_at", "deliveries (account_id, due_at)")
