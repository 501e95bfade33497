"""Budgets of calls and posts, states of OAuth while a person is away at a platform, and tokens to be renewed."""

import sqlalchemy as sa
from alembic import op

from migrations.online import index

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(
            """
            ALTER TABLE hosts
                ADD COLUMN IF NOT EXISTS calls_per_day bigint NOT NULL DEFAULT 100,
                ADD COLUMN IF NOT EXISTS calls_kept_back bigint NOT NULL DEFAULT 10,
                ADD COLUMN IF NOT EXISTS posts_per_hour bigint NOT NULL DEFAULT 30
            """
        )
        op.execute(
            """
            ALTER TABLE accounts
                ADD COLUMN IF NOT EXISTS calls_day date,
                ADD COLUMN IF NOT EXISTS calls_used bigint NOT NULL DEFAULT 0,
                ADD COLUMN IF NOT EXISTS posts_hour timestamptz,
                ADD COLUMN IF NOT EXISTS posts_used bigint NOT NULL DEFAULT 0
            """
        )
        _authorizations()
        _renewals()


def _authorizations() -> None:
    op.create_table(
        "authorizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_authorizations_account_id")),
        sa.ForeignKeyConstraint(["host_id"], ["hosts.id"], name=op.f("fk_authorizations_host_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_authorizations_unit_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_authorizations_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorizations")),
        if_not_exists=True,
    )
    index("ix_authorizations_expires_at", "authorizations (expires_at)")


def _renewals() -> None:
    op.create_table(
        "renewals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("keeper_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("ends_at", TIME, nullable=True),
        sa.Column("found_at", TIME, nullable=False),
        sa.Column("begun_at", TIME, nullable=True),
        sa.Column("done_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_renewals_account_id")),
        sa.ForeignKeyConstraint(["keeper_id"], ["users.id"], name=op.f("fk_renewals_keeper_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewals")),
        if_not_exists=True,
    )
    index("uq_renewals_open", "renewals (account_id) WHERE done_at IS NULL", unique=True)
    index("ix_renewals_account_id_found_at", "renewals (account_id, found_at)")
