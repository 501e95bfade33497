"""Reports of campaigns that people ask for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.online import index

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _reports()
        index("ix_campaign_reports_unit_path_id", "campaign_reports (unit_path, id)")
        index("ix_campaign_reports_asked_by_id", "campaign_reports (asked_by, id)")
        index("ix_campaign_reports_waiting", "campaign_reports (id) WHERE state IN ('QUEUED', 'MAKING')")


def _reports() -> None:
    op.create_table(
        "campaign_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(32), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("progress", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("try_at", TIME, nullable=False),
        sa.Column("documents", postgresql.JSONB(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_reports_campaign_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_campaign_reports_unit_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_campaign_reports_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_reports")),
        if_not_exists=True,
    )
