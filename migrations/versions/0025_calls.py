"""Calls that can be edited and say until when to score; of lessons, who took part and which revision a call chose."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("""
            ALTER TABLE lesson_calls
            ADD COLUMN IF NOT EXISTS score_by timestamptz,
            ADD COLUMN IF NOT EXISTS version bigint NOT NULL DEFAULT 1
        """)
        op.execute("""
            ALTER TABLE lessons
            ADD COLUMN IF NOT EXISTS took_part uuid[] NOT NULL DEFAULT '{}',
            ADD COLUMN IF NOT EXISTS chosen_revision bigint
        """)
