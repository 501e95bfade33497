"""How many follow an account from day to day, and what is written below posts."""

import sqlalchemy as sa
from alembic import op

from migrations.online import index

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _followers()
        _comment_readings()
        _comments()


def _followers() -> None:
    op.create_table(
        "follower_counts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=True),
        sa.Column("taken_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_follower_counts_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follower_counts")),
        sa.UniqueConstraint("account_id", "day", name=op.f("uq_follower_counts_account_id_day")),
        if_not_exists=True,
    )
    op.execute("ALTER TABLE accounts ADD COLUMN IF NOT EXISTS followers_due_at timestamptz NOT NULL DEFAULT now()")
    index("ix_accounts_followers", "accounts (host_id, followers_due_at) WHERE state = 'ACTIVE'")


def _comment_readings() -> None:
    op.create_table(
        "comment_readings",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("swept", sa.BigInteger(), nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("known", sa.Text(), nullable=True),
        sa.Column("newest", sa.Text(), nullable=True),
        sa.Column("below", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_comment_readings_delivery_id")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_comment_readings")),
        if_not_exists=True,
    )
    index("ix_comment_readings_due_at", "comment_readings (due_at)")


def _comments() -> None:
    op.create_table(
        "comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("host_comment_id", sa.Text(), nullable=False),
        sa.Column("author_uid", sa.Text(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("marks", sa.ARRAY(sa.String(32)), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("collected_at", TIME, nullable=False),
        sa.Column("gone_at", TIME, nullable=True),
        sa.Column("erased_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_comments_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("delivery_id", "host_comment_id", name=op.f("uq_comments_delivery_id_host_comment_id")),
        if_not_exists=True,
    )
    index("ix_comments_delivery_id_created_at_id", "comments (delivery_id, created_at, id)")
    index("ix_comments_created_at_id", "comments (created_at, id)")
    index("ix_comments_marked", "comments (created_at, id) WHERE marks <> '{}'")
    index("ix_comments_author_uid", "comments (author_uid)")
