"""Files that people ask for, and how far each is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.online import index

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _exports()
        index("ix_exports_requested_by_id", "exports (requested_by, id)")
        index("ix_exports_under_way", "exports (requested_at) WHERE state IN ('WAITING', 'RUNNING')")
        index("ix_exports_expires_at", "exports (expires_at)")


def _exports() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("format", sa.String(32), nullable=False),
        sa.Column("language", sa.String(32), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("try_at", TIME, nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("tries", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("began_at", TIME, nullable=True),
        sa.Column("rows_done", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("rows_total", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("expires_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_exports_unit_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_exports_requested_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        if_not_exists=True,
    )
