"""What plain texts say that are attached to lessons, and words that came to the list since it was first brought."""

import sqlalchemy as sa
from alembic import op

from domain.wording.shipped import shipped_words

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ROW = """
INSERT INTO label_words (id, word, severity, advice_zh, advice_en)
VALUES (:id, :word, :severity, :advice_zh, :advice_en) ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE lesson_files ADD COLUMN IF NOT EXISTS text text")
        # A word that the nation retired, or added itself, stays as it is.
        op.get_bind().execute(sa.text(ROW), shipped_words())
