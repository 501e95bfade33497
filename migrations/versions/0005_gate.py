"""The gate: approvals, silence orders, holds with their reasons, and what a post and a delivery know for it."""

import sqlalchemy as sa
from alembic import op

from migrations.online import foreign_key, index

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _columns()
        _tables()
        foreign_key("posts", "edited_by", "users")
        foreign_key("deliveries", "waits_for_id", "deliveries")
        index("ix_deliveries_held", "deliveries (id) WHERE state = 'HELD'")
        index("ix_deliveries_waiting", "deliveries (waits_for_id) WHERE state = 'WAITING'")
        index("ix_deliveries_failed", "deliveries (unit_path, problem) WHERE state = 'FAILED'")
        # What was scheduled before there were approvals goes out as it would have: nobody is named as having approved.
        op.execute(
            """
            INSERT INTO approvals (id, post_id, revision, approved_at)
            SELECT gen_random_uuid(), posts.id, 1, now() FROM posts
            WHERE NOT EXISTS (SELECT FROM approvals WHERE approvals.post_id = posts.id)
            """
        )


def _columns() -> None:
    op.execute(
        """
        ALTER TABLE posts
            ADD COLUMN IF NOT EXISTS version bigint NOT NULL DEFAULT 1,
            ADD COLUMN IF NOT EXISTS revision bigint NOT NULL DEFAULT 1,
            ADD COLUMN IF NOT EXISTS edited_by uuid,
            ADD COLUMN IF NOT EXISTS held_at timestamptz,
            ADD COLUMN IF NOT EXISTS held_reason text,
            ADD COLUMN IF NOT EXISTS lateness varchar(32) NOT NULL DEFAULT 'SEND',
            ADD COLUMN IF NOT EXISTS late_after_seconds bigint NOT NULL DEFAULT 86400
        """
    )
    op.execute(
        """
        ALTER TABLE deliveries
            ADD COLUMN IF NOT EXISTS revision bigint NOT NULL DEFAULT 1,
            ADD COLUMN IF NOT EXISTS waits_for_id uuid,
            ADD COLUMN IF NOT EXISTS crashes bigint NOT NULL DEFAULT 0,
            ADD COLUMN IF NOT EXISTS unclear_since timestamptz
        """
    )


def _tables() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", TIME, nullable=False),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["approved_by"], ["users.id"], name=op.f("fk_approvals_approved_by")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_approvals_post_id")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["users.id"], name=op.f("fk_approvals_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        if_not_exists=True,
    )
    index("ix_approvals_post_id_revision", "approvals (post_id, revision)")
    index("uq_approvals_valid", "approvals (post_id, revision) WHERE withdrawn_at IS NULL", unique=True)
    op.create_table(
        "silences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ordered_at", TIME, nullable=False),
        sa.Column("ordered_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", TIME, nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["lifted_by"], ["users.id"], name=op.f("fk_silences_lifted_by")),
        sa.ForeignKeyConstraint(["ordered_by"], ["users.id"], name=op.f("fk_silences_ordered_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_silences_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silences")),
        if_not_exists=True,
    )
    index("ix_silences_unit_path_id", "silences (unit_path, id)")
    index("ix_silences_unit_id", "silences (unit_id)")
    index("ix_silences_in_force", "silences (unit_path) WHERE lifted_at IS NULL")
    op.create_table(
        "holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("lifted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_holds_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        if_not_exists=True,
    )
    index("ix_holds_delivery_id_since_id", "holds (delivery_id, since, id)")
    index("uq_holds_open", "holds (delivery_id, reason) WHERE lifted_at IS NULL", unique=True)
    index("ix_holds_reason", "holds (reason, delivery_id) WHERE lifted_at IS NULL")
