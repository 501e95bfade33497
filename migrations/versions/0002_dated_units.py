"""Dated units, reaches, logins, accounts in full, and the audit log: new tables, and columns that are still empty."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
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
    )
    op.create_index(op.f("ix_guidances_unit_id"), "guidances", ["unit_id"], unique=False)
    op.create_index(op.f("ix_guidances_unit_path_id"), "guidances", ["unit_path", "id"], unique=False)
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
    op.add_column("accounts", sa.Column("state_reason", sa.Text(), nullable=True))
    op.add_column("accounts", sa.Column("state_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("accounts", sa.Column("positioning", sa.String(32), nullable=True))
    op.add_column("accounts", sa.Column("guidance_id", sa.Uuid(), nullable=True))
    op.add_column("accounts", sa.Column("is_brand", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("accounts", sa.Column("keeper_id", sa.Uuid(), nullable=True))
    op.add_column("accounts", sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False))
    op.add_column("accounts", sa.Column("last_posted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_accounts_guidance_id"), "accounts", ["guidance_id"], unique=False)
    op.create_index(op.f("ix_accounts_keeper_id"), "accounts", ["keeper_id"], unique=False)
    op.create_index(
        "ix_accounts_silent",
        "accounts",
        ["unit_path", "last_posted_at"],
        unique=False,
        postgresql_where=sa.text("state = 'ACTIVE'"),
    )
    op.create_foreign_key(op.f("fk_accounts_guidance_id"), "accounts", "guidances", ["guidance_id"], ["id"])
    op.create_foreign_key(op.f("fk_accounts_keeper_id"), "accounts", "users", ["keeper_id"], ["id"])
    op.add_column("deliveries", sa.Column("unit_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_deliveries_unit_id_published_at"), "deliveries", ["unit_id", "published_at"], unique=False)
    op.create_foreign_key(op.f("fk_deliveries_unit_id"), "deliveries", "units", ["unit_id"], ["id"])
    op.add_column("grants", sa.Column("reach", sa.String(32), nullable=True))
    op.add_column("grants", sa.Column("granted_by", sa.Uuid(), nullable=True))
    op.add_column("grants", sa.Column("ended_by", sa.Uuid(), nullable=True))
    op.drop_constraint(op.f("ck_grants_period"), "grants", type_="check")
    op.create_check_constraint(op.f("ck_grants_period"), "grants", "valid_to IS NULL OR valid_to >= valid_from")
    op.create_index(op.f("ix_grants_unit_path_id"), "grants", ["unit_path", "id"], unique=False)
    op.create_foreign_key(op.f("fk_grants_ended_by"), "grants", "users", ["ended_by"], ["id"])
    op.create_foreign_key(op.f("fk_grants_granted_by"), "grants", "users", ["granted_by"], ["id"])
    op.add_column("units", sa.Column("territory_id", sa.Uuid(), nullable=True))
    op.add_column("units", sa.Column("territory_path", sa.Text(collation="C"), nullable=True))
    op.add_column("units", sa.Column("successor_id", sa.Uuid(), nullable=True))
    op.add_column("units", sa.Column("upper_posting", sa.String(32), nullable=True))
    op.create_index("uq_units_nation", "units", ["level"], unique=True, postgresql_where=sa.text("level = 'NATIONAL'"))
    op.create_index(
        "ix_units_open_level_path", "units", ["level", "path"], postgresql_where=sa.text("closed_on IS NULL")
    )
    op.drop_index("ix_units_level_path", table_name="units")
    op.create_index(op.f("ix_units_successor_id"), "units", ["successor_id"], unique=False)
    op.create_index(op.f("ix_units_territory_id"), "units", ["territory_id"], unique=False)
    op.create_index(op.f("ix_units_territory_path"), "units", ["territory_path"], unique=False)
    op.create_foreign_key(op.f("fk_units_successor_id"), "units", "units", ["successor_id"], ["id"])
    op.create_foreign_key(op.f("fk_units_territory_id"), "units", "units", ["territory_id"], ["id"])
    op.add_column("users", sa.Column("unit_id", sa.Uuid(), nullable=True))
    op.add_column("users", sa.Column("unit_path", sa.Text(collation="C"), nullable=True))
    op.add_column("users", sa.Column("password_hash", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("disabled_reason", sa.Text(), nullable=True))
    for name in ("login", "name"):
        pattern = {name: "text_pattern_ops"}
        op.create_index(f"ix_users_{name}_beginning", "users", [name], unique=False, postgresql_ops=pattern)
    op.create_index(op.f("ix_users_unit_id"), "users", ["unit_id"], unique=False)
    op.create_index(op.f("ix_users_unit_path_id"), "users", ["unit_path", "id"], unique=False)
    op.create_foreign_key(op.f("fk_users_unit_id"), "users", "units", ["unit_id"], ["id"])
