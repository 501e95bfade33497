"""Which turn a delivery takes: nobody's many hold up another's few. What waits already is in the first tier."""

from alembic import op

from migrations.online import drop_index, index

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE deliveries ADD COLUMN IF NOT EXISTS tier smallint NOT NULL DEFAULT 0")
        index("ix_deliveries_turn", "deliveries (tier, try_at, id) WHERE state = 'SCHEDULED'")
        index(
            "ix_deliveries_look_turn",
            "deliveries (tier, look_at, id) WHERE state IN ('ACCEPTED', 'UNCONFIRMED')",
        )
        index("ix_posts_unit_id_publish_at", "posts (unit_id, publish_at)")
        drop_index("ix_deliveries_due")
        drop_index("ix_deliveries_look")
