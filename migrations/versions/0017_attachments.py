"""Files of lessons, which revisions name; themes that are retired; why a showcase lesson that no call chose is one."""

import sqlalchemy as sa
from alembic import op

from migrations.online import index

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE lessons ADD COLUMN IF NOT EXISTS showcase_reason text")
        op.execute("ALTER TABLE lessons ADD COLUMN IF NOT EXISTS attachments jsonb NOT NULL DEFAULT '[]'")
        op.execute("ALTER TABLE themes ADD COLUMN IF NOT EXISTS retired_at timestamptz")
        op.execute("ALTER TABLE uploads ADD COLUMN IF NOT EXISTS kind varchar(32)")
        _files()


def _files() -> None:
    op.create_table(
        "lesson_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("named_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_lesson_files_unit_id")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_lesson_files_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_files")),
        if_not_exists=True,
    )
    index("ix_lesson_files_unit_path", "lesson_files (unit_path)")
