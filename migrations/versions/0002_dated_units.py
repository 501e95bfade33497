"""Dated units, reaches, logins, accounts in full, and the audit log: new tables, and columns that are still empty.

The tables of 0.1.0 are changed first, step by step while they are in use; after a failure the steps are done again.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.online import check, drop_index, foreign_key, index, validate

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # Asked for first: where the database's owner may not make it, nothing else is begun.
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        _guidances()
        _columns()
        _constraints()
        _indexes()
    # From here on one transaction, which also writes down the revision.
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sa.UniqueConstraint("position", name=op.f("uq_audit_entries_position")),
    )
    op.create_index(op.f("ix_audit_entries_actor_id_id"), "audit_entries", ["actor_id", "id"], unique=False)
    op.create_index(op.f("ix_audit_entries_row_id_id"), "audit_entries", ["row_id", "id"], unique=False)
    op.create_index(op.f("ix_audit_entries_unit_path_id"), "audit_entries", ["unit_path", "id"], unique=False)
    op.create_index(
        "ix_audit_entries_unsealed", "audit_entries", ["id"], unique=False, postgresql_where=sa.text("position IS NULL")
    )
    op.create_table(
        "audit_seals",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_seals")),
    )
    op.create_table(
        "login_guards",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_login_guards")),
    )
    op.create_table(
        "unit_places",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("territory_path", sa.Text(collation="C"), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("unit_id"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_unit_places_one_at_a_time",
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_unit_places_period")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_unit_places_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "valid_from", name=op.f("pk_unit_places")),
    )
    op.create_index(op.f("ix_unit_places_path"), "unit_places", ["path"], unique=False)
    op.create_index(op.f("ix_unit_places_territory_path"), "unit_places", ["territory_path"], unique=False)
    op.create_table(
        "unit_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("territory_id", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("grams", postgresql.ARRAY(sa.Text()), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("unit_id"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_unit_versions_one_at_a_time",
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_unit_versions_period")),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name=op.f("fk_unit_versions_parent_id")),
        sa.ForeignKeyConstraint(["territory_id"], ["units.id"], name=op.f("fk_unit_versions_territory_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_unit_versions_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_versions")),
    )
    op.create_index(op.f("ix_unit_versions_code_valid_from"), "unit_versions", ["code", "valid_from"], unique=False)
    op.create_index(
        op.f("ix_unit_versions_grams"),
        "unit_versions",
        ["grams"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": False},
    )
    op.create_index(
        op.f("ix_unit_versions_parent_id_valid_from"), "unit_versions", ["parent_id", "valid_from"], unique=False
    )
    op.create_index(op.f("ix_unit_versions_territory_id"), "unit_versions", ["territory_id"], unique=False)
    op.create_index(
        op.f("ix_unit_versions_unit_id_valid_from"), "unit_versions", ["unit_id", "valid_from"], unique=True
    )
    op.create_table(
        "login_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_login_links_created_by")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_login_links_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_links")),
    )
    op.create_index(op.f("ix_login_links_user_id_created_at"), "login_links", ["user_id", "created_at"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end", sa.String(32), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_sessions_secret_digest")),
    )
    op.create_index(op.f("ix_sessions_user_id_created_at"), "sessions", ["user_id", "created_at"], unique=False)
    op.create_table(
        "unit_acts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissal", sa.Text(), nullable=True),
        sa.Column("failure", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_unit_acts_decided_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["users.id"], name=op.f("fk_unit_acts_proposed_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_unit_acts_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_acts")),
    )
    op.create_index(
        "ix_unit_acts_due", "unit_acts", ["effective_on"], unique=False, postgresql_where=sa.text("state = 'PLANNED'")
    )
    op.create_index(op.f("ix_unit_acts_unit_id"), "unit_acts", ["unit_id"], unique=False)
    op.create_index(op.f("ix_unit_acts_unit_path_id"), "unit_acts", ["unit_path", "id"], unique=False)
    op.create_table(
        "account_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("change", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_account_events_account_id")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_account_events_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_events")),
    )
    op.create_index(
        op.f("ix_account_events_account_id_at_id"), "account_events", ["account_id", "at", "id"], unique=False
    )
    op.create_table(
        "delegations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("delegated_by", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_delegations_period")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_delegations_account_id")),
        sa.ForeignKeyConstraint(["delegated_by"], ["users.id"], name=op.f("fk_delegations_delegated_by")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_delegations_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_index(
        op.f("ix_delegations_account_id_valid_from"), "delegations", ["account_id", "valid_from"], unique=False
    )
    op.create_index(op.f("ix_delegations_user_id"), "delegations", ["user_id"], unique=False)
    op.create_table(
        "refresh_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_refresh_tokens_session_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_refresh_tokens")),
    )
    op.create_index(op.f("ix_refresh_tokens_session_id"), "refresh_tokens", ["session_id"], unique=False)


def _guidances() -> None:
    """The one new table that an old one refers to."""
    op.create_table(
        "guidances",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_guidances_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guidances")),
        if_not_exists=True,
    )
    index("ix_guidances_unit_id", "guidances (unit_id)")
    index("ix_guidances_unit_path_id", "guidances (unit_path, id)")


def _columns() -> None:
    """One lock a table, for as long as it takes to write a few rows of the catalogue; no row of the table is touched.

    0.1.0 names no new column when it inserts, so what has a plain default gets it from here until 0004.
    """
    op.execute(
        """
        ALTER TABLE deliveries ADD COLUMN IF NOT EXISTS unit_id uuid
        """
    )
    op.execute(
        """
        ALTER TABLE accounts
            ADD COLUMN IF NOT EXISTS state_reason text,
            ADD COLUMN IF NOT EXISTS suspended_height bigint,
            ADD COLUMN IF NOT EXISTS state_since timestamptz,
            ADD COLUMN IF NOT EXISTS positioning varchar(32),
            ADD COLUMN IF NOT EXISTS guidance_id uuid,
            ADD COLUMN IF NOT EXISTS is_brand boolean NOT NULL DEFAULT false,
            ADD COLUMN IF NOT EXISTS keeper_id uuid,
            ADD COLUMN IF NOT EXISTS version bigint NOT NULL DEFAULT 1,
            ADD COLUMN IF NOT EXISTS last_posted_at timestamptz,
            ALTER COLUMN state_since SET DEFAULT now()
        """
    )
    op.execute(
        """
        ALTER TABLE grants
            ADD COLUMN IF NOT EXISTS reach varchar(32) NOT NULL DEFAULT 'ACT',
            ADD COLUMN IF NOT EXISTS granted_by uuid,
            ADD COLUMN IF NOT EXISTS ended_by uuid
        """
    )
    op.execute(
        """
        ALTER TABLE units
            ADD COLUMN IF NOT EXISTS territory_id uuid,
            ADD COLUMN IF NOT EXISTS territory_path text COLLATE "C",
            ADD COLUMN IF NOT EXISTS successor_id uuid,
            ADD COLUMN IF NOT EXISTS upper_posting varchar(32) NOT NULL DEFAULT 'DIRECT'
        """
    )
    op.execute(
        """
        ALTER TABLE users
            ADD COLUMN IF NOT EXISTS unit_id uuid,
            ADD COLUMN IF NOT EXISTS unit_path text COLLATE "C",
            ADD COLUMN IF NOT EXISTS password_hash text,
            ADD COLUMN IF NOT EXISTS password_set_at timestamptz,
            ADD COLUMN IF NOT EXISTS disabled_reason text,
            ADD COLUMN IF NOT EXISTS disabled_height bigint
        """
    )


def _constraints() -> None:
    foreign_key("deliveries", "unit_id", "units")
    foreign_key("accounts", "guidance_id", "guidances")
    foreign_key("accounts", "keeper_id", "users")
    foreign_key("grants", "ended_by", "users")
    foreign_key("grants", "granted_by", "users")
    foreign_key("units", "successor_id", "units")
    foreign_key("units", "territory_id", "units")
    foreign_key("users", "unit_id", "units")
    check("grants", "ck_grants_period", "valid_to IS NULL OR valid_to >= valid_from")
    validate("grants", "ck_grants_period")


def _indexes() -> None:
    index("ix_deliveries_unit_id_published_at", "deliveries (unit_id, published_at)")
    index("ix_accounts_guidance_id", "accounts (guidance_id)")
    index("ix_accounts_keeper_id", "accounts (keeper_id)")
    index("ix_accounts_silent", "accounts (unit_path, last_posted_at) WHERE state = 'ACTIVE'")
    index("ix_grants_unit_path_id", "grants (unit_path, id)")
    index("uq_units_nation", "units (level) WHERE level = 'NATIONAL'", unique=True)
    index("ix_units_open_level_path", "units (level, path) WHERE closed_on IS NULL")
    drop_index("ix_units_level_path")
    index("ix_units_successor_id", "units (successor_id)")
    index("ix_units_territory_id", "units (territory_id)")
    index("ix_units_territory_path", "units (territory_path)")
    index("ix_users_login_beginning", "users (login text_pattern_ops)")
    index("ix_users_name_beginning", "users (name text_pattern_ops)")
    index("ix_users_unit_id", "users (unit_id)")
    index("ix_users_unit_path_id", "users (unit_path, id)")
