"""Clicks on short links by delivery and day, and an index by which the public reads showcase lessons."""

import sqlalchemy as sa
from alembic import op

from migrations.online import index

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_table(
            "clicks",
            sa.Column("delivery_id", sa.Uuid(), nullable=False),
            sa.Column("day", sa.Date(), nullable=False),
            sa.Column("count", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_clicks_delivery_id")),
            sa.PrimaryKeyConstraint("delivery_id", "day", name=op.f("pk_clicks")),
            if_not_exists=True,
        )
        index("ix_lessons_shown", "lessons (coalesce(showcased_at, created_at), id) WHERE state = 'SHOWCASE'")
