"""Press kits: what newspapers are given to print."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.online import index

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_table(
            "press_kits",
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("unit_id", sa.Uuid(), nullable=False),
            sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
            sa.Column("lesson_id", sa.Uuid(), nullable=True),
            sa.Column("campaign_id", sa.Uuid(), nullable=True),
            sa.Column("contact", sa.Text(), nullable=False),
            sa.Column("pictures", JSONB(), nullable=False),
            sa.Column("state", sa.String(32), nullable=False),
            sa.Column("progress", sa.BigInteger(), nullable=False),
            sa.Column("tries", sa.BigInteger(), nullable=False),
            sa.Column("try_at", TIME, nullable=False),
            sa.Column("revision", sa.BigInteger(), nullable=True),
            sa.Column("documents", JSONB(), nullable=False),
            sa.Column("failure", sa.Text(), nullable=True),
            sa.Column("asked_by", sa.Uuid(), nullable=True),
            sa.Column("asked_at", TIME, nullable=False),
            sa.Column("finished_at", TIME, nullable=True),
            sa.Column("expires_at", TIME, nullable=False),
            sa.CheckConstraint("(lesson_id IS NULL) <> (campaign_id IS NULL)", name=op.f("ck_press_kits_subject")),
            sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_press_kits_unit_id")),
            sa.ForeignKeyConstraint(["lesson_id"], ["lessons.id"], name=op.f("fk_press_kits_lesson_id")),
            sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_press_kits_campaign_id")),
            sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_press_kits_asked_by")),
            sa.PrimaryKeyConstraint("id", name=op.f("pk_press_kits")),
            if_not_exists=True,
        )
        index("ix_press_kits_unit_path_id", "press_kits (unit_path, id)")
        index("ix_press_kits_asked_by_id", "press_kits (asked_by, id)")
        index("ix_press_kits_waiting", "press_kits (id) WHERE state IN ('QUEUED', 'MAKING')")
