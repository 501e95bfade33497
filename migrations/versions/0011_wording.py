"""Words that label children, with those that are shipped."""

import sqlalchemy as sa
from alembic import op

from domain.wording.shipped import shipped_words
from migrations.online import index

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROW = """
INSERT INTO label_words (id, word, severity, advice_zh, advice_en)
VALUES (:id, :word, :severity, :advice_zh, :advice_en) ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_table(
            "label_words",
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("word", sa.Text(), nullable=False),
            sa.Column("severity", sa.String(32), nullable=False),
            sa.Column("advice_zh", sa.Text(), nullable=False),
            sa.Column("advice_en", sa.Text(), nullable=False),
            sa.Column("version", sa.BigInteger(), nullable=False, server_default=sa.text("1")),
            sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
            sa.PrimaryKeyConstraint("id", name=op.f("pk_label_words")),
            if_not_exists=True,
        )
        index("uq_label_words_in_force", "label_words (word) WHERE retired_at IS NULL", unique=True)
        # Also a word that was retired meanwhile stays so: it is there under its id.
        op.get_bind().execute(sa.text(ROW), shipped_words())
