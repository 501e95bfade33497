"""What was said in a revision may be erased; which lessons were public once; lessons of campaigns; days off."""

import sqlalchemy as sa
from alembic import op

from migrations.online import index

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE lesson_revisions ADD COLUMN IF NOT EXISTS erased_at timestamptz")
        _once_showcased()
        _campaign_lessons()
        _holidays()


def _once_showcased() -> None:
    op.execute("ALTER TABLE lessons ADD COLUMN IF NOT EXISTS once_showcased boolean NOT NULL DEFAULT false")
    # Lessons are some thousands: one statement is short. Which of those taken back were public, nobody wrote down.
    op.execute(
        """
        UPDATE lessons SET once_showcased = true
        WHERE NOT once_showcased AND (
            state IN ('SHOWCASE', 'WITHDRAWN') OR EXISTS (SELECT FROM posts WHERE posts.lesson_id = lessons.id)
        )
        """
    )


def _campaign_lessons() -> None:
    op.create_table(
        "campaign_lessons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_lessons_campaign_id")),
        sa.ForeignKeyConstraint(["lesson_id"], ["lessons.id"], name=op.f("fk_campaign_lessons_lesson_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_lessons")),
        sa.UniqueConstraint("campaign_id", "lesson_id", name=op.f("uq_campaign_lessons_campaign_id_lesson_id")),
        if_not_exists=True,
    )
    index("ix_campaign_lessons_lesson_id", "campaign_lessons (lesson_id)")
    # A campaign promotes what its posts promote.
    op.execute(
        """
        INSERT INTO campaign_lessons (id, campaign_id, lesson_id, added_at)
        SELECT gen_random_uuid(), campaign_id, lesson_id, min(created_at) FROM posts
        WHERE campaign_id IS NOT NULL GROUP BY campaign_id, lesson_id
        ON CONFLICT DO NOTHING
        """
    )


def _holidays() -> None:
    op.create_table(
        "holidays",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holidays")),
        sa.UniqueConstraint("day", name=op.f("uq_holidays_day")),
        if_not_exists=True,
    )
    index("ix_holidays_year", "holidays (year)")
