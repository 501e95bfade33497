"""Occasions, school terms, and what a campaign knows of its occasion, its window and its quotas."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from migrations.online import check, foreign_key, index, validate

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _occasions()
        _school_terms()
        _campaigns()
        _quotas()


def _occasions() -> None:
    op.create_table(
        "occasions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("month", sa.BigInteger(), nullable=True),
        sa.Column("day", sa.BigInteger(), nullable=True),
        sa.Column("nth", sa.BigInteger(), nullable=True),
        sa.Column("weekday", sa.BigInteger(), nullable=True),
        sa.Column("solar_term", sa.String(32), nullable=True),
        sa.Column("edge", sa.String(32), nullable=True),
        sa.Column("offset_days", sa.BigInteger(), nullable=False),
        sa.Column("lasts_days", sa.BigInteger(), nullable=False),
        sa.Column("lead_days", sa.BigInteger(), nullable=False),
        sa.Column("active_from", sa.BigInteger(), nullable=True),
        sa.Column("active_to", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("retired_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_occasions_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occasions")),
        if_not_exists=True,
    )
    index("ix_occasions_unit_path_id", "occasions (unit_path, id)")
    index("ix_occasions_unit_id", "occasions (unit_id)")
    index("uq_occasions_name", "occasions (unit_id, name) WHERE retired_at IS NULL", unique=True)


def _school_terms() -> None:
    op.create_table(
        "school_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_school_terms_period")),
        ExcludeConstraint(
            (sa.column("unit_id"), "="),
            (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
            using="gist",
            name="ex_school_terms_one_at_a_time",
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_school_terms_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_terms")),
        if_not_exists=True,
    )
    index("ix_school_terms_unit_path_id", "school_terms (unit_path, id)")
    index("ix_school_terms_unit_id_starts_on", "school_terms (unit_id, starts_on)")


def _campaigns() -> None:
    op.execute(
        """
        ALTER TABLE campaigns
            ADD COLUMN IF NOT EXISTS occasion_id uuid,
            ADD COLUMN IF NOT EXISTS occasion_date date,
            ADD COLUMN IF NOT EXISTS window_from date,
            ADD COLUMN IF NOT EXISTS window_to date,
            ADD COLUMN IF NOT EXISTS lateness varchar(32) NOT NULL DEFAULT 'SEND',
            ADD COLUMN IF NOT EXISTS note text NOT NULL DEFAULT '',
            ADD COLUMN IF NOT EXISTS version bigint NOT NULL DEFAULT 1
        """
    )
    conditions = {
        "ck_campaigns_occasion": "(occasion_id IS NULL) = (occasion_date IS NULL)",
        "ck_campaigns_window": "(window_from IS NULL) = (window_to IS NULL) AND window_from <= window_to",
    }
    for name, condition in conditions.items():
        check("campaigns", name, condition)
        validate("campaigns", name)
    foreign_key("campaigns", "occasion_id", "occasions")
    index("ix_campaigns_occasion_id_occasion_date", "campaigns (occasion_id, occasion_date)")


def _quotas() -> None:
    op.create_table(
        "campaign_quotas",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(32), nullable=False),
        sa.Column("scope", sa.String(32), nullable=False),
        sa.Column("minimum", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("minimum > 0", name=op.f("ck_campaign_quotas_minimum")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_quotas_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_quotas")),
        sa.UniqueConstraint("campaign_id", "level", "scope", name=op.f("uq_campaign_quotas_campaign_id_level_scope")),
        if_not_exists=True,
    )
