"""How many follow an account, from day to day."""

import sqlalchemy as sa
from alembic import op

from migrations.online import index

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_table(
            "follower_counts",
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("account_id", sa.Uuid(), nullable=False),
            sa.Column("day", sa.Date(), nullable=False),
            sa.Column("count", sa.BigInteger(), nullable=True),
            sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
            sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_follower_counts_account_id")),
            sa.PrimaryKeyConstraint("id", name=op.f("pk_follower_counts")),
            sa.UniqueConstraint("account_id", "day", name=op.f("uq_follower_counts_account_id_day")),
            if_not_exists=True,
        )
        op.execute("ALTER TABLE accounts ADD COLUMN IF NOT EXISTS followers_due_at timestamptz NOT NULL DEFAULT now()")
        index("ix_accounts_followers", "accounts (host_id, followers_due_at) WHERE state = 'ACTIVE'")
