"""Indexes small enough to count the nation with, and one for the accounts that were silent longest."""

from alembic import op

from migrations.online import drop_index, index

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ACTIVE = "WHERE state = 'ACTIVE'"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        index("ix_units_open_level", "units (level) WHERE closed_on IS NULL")
        index("ix_accounts_quiet", "accounts (coalesce(last_posted_at, created_at))")
        index("ix_accounts_active_path", f"accounts (unit_path) {ACTIVE}")
        index("ix_accounts_active_level", f"accounts (level) {ACTIVE}")
        drop_index("ix_accounts_silent")
