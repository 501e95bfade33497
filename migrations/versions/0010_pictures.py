"""Files that people hand in, the pictures that come of them, and which one a post carries."""

import sqlalchemy as sa
from alembic import op

from migrations.online import foreign_key, index

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _tables()
        index("ix_uploads_unit_path", "uploads (unit_path)")
        index("ix_uploads_created_by", "uploads (created_by)")
        index("ix_pictures_unit_path", "pictures (unit_path)")
        op.execute("ALTER TABLE posts ADD COLUMN IF NOT EXISTS picture_id uuid")
        op.execute("ALTER TABLE posts ADD COLUMN IF NOT EXISTS pictured_by uuid")
        op.execute("ALTER TABLE deliveries ADD COLUMN IF NOT EXISTS picture_key text")
        foreign_key("posts", "picture_id", "pictures")
        foreign_key("posts", "pictured_by", "users")
        index("ix_posts_picture_id", "posts (picture_id) WHERE picture_id IS NOT NULL")


def _tables() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_uploads_created_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_uploads_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        if_not_exists=True,
    )
    op.create_table(
        "pictures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_pictures_created_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_pictures_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        if_not_exists=True,
    )
