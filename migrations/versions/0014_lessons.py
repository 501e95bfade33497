"""Lessons in full: plans, revisions, themes, where they are taught, and how they are nominated and reviewed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.online import foreign_key, index

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _lessons()
        _revisions()
        _themes()
        _practices()
        _calls()
        _nominations()
        _reviews()


def _lessons() -> None:
    op.execute(
        """
        ALTER TABLE lessons
            ADD COLUMN IF NOT EXISTS authors text NOT NULL DEFAULT '',
            ADD COLUMN IF NOT EXISTS plan jsonb NOT NULL DEFAULT '{}',
            ADD COLUMN IF NOT EXISTS revision bigint NOT NULL DEFAULT 1,
            ADD COLUMN IF NOT EXISTS version bigint NOT NULL DEFAULT 1,
            ADD COLUMN IF NOT EXISTS written_by uuid,
            ADD COLUMN IF NOT EXISTS nominated_by uuid,
            ADD COLUMN IF NOT EXISTS adapted_from_id uuid,
            ADD COLUMN IF NOT EXISTS adapted_from_revision bigint
        """
    )
    foreign_key("lessons", "written_by", "users")
    foreign_key("lessons", "nominated_by", "users")
    foreign_key("lessons", "adapted_from_id", "lessons")
    index("ix_lessons_adapted_from_id_id", "lessons (adapted_from_id, id)")


def _revisions() -> None:
    op.create_table(
        "lesson_revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.Column("written_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["lesson_id"], ["lessons.id"], name=op.f("fk_lesson_revisions_lesson_id")),
        sa.ForeignKeyConstraint(["written_by"], ["users.id"], name=op.f("fk_lesson_revisions_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_revisions")),
        sa.UniqueConstraint("lesson_id", "number", name=op.f("uq_lesson_revisions_lesson_id_number")),
        if_not_exists=True,
    )
    index("ix_lesson_revisions_unit_path", "lesson_revisions (unit_path)")
    # Lessons are some thousands: one statement is short.
    op.execute(
        """
        INSERT INTO lesson_revisions (id, lesson_id, unit_path, number, content, written_at)
        SELECT gen_random_uuid(), id, unit_path, 1,
            jsonb_build_object('title', title, 'service', service, 'theme', theme, 'text', text,
                'authors', authors, 'plan', plan),
            created_at
        FROM lessons ON CONFLICT DO NOTHING
        """
    )


def _themes() -> None:
    op.create_table(
        "themes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_themes")),
        sa.UniqueConstraint("list_name", "since", "place", name=op.f("uq_themes_list_name_since_place")),
        if_not_exists=True,
    )
    op.execute(
        """
        INSERT INTO themes (id, list_name, since, place, name)
        SELECT md5(concat_ws('/', list_name, since, place))::uuid, list_name, since, place, name
        FROM (VALUES
            ('三原色课堂', 2012, ARRAY['红色课堂(认知教育)', '黄色课堂(情感教育)', '蓝色课堂(意志培养)']),
            ('七彩假期', 2019, ARRAY['学业辅导', '亲情陪伴', '素质拓展', '自护教育', '思想引领', '心理辅导']),
            ('七彩假期', 2023,
                ARRAY['思想引领', '文明生活', '身心成长', '科技创新', '快乐学习', '艺术素养', '文化传承'])
        ) AS lists (list_name, since, names), unnest(names) WITH ORDINALITY AS named (name, place)
        ON CONFLICT DO NOTHING
        """
    )


def _practices() -> None:
    op.create_table(
        "practices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("taught_on", sa.Date(), nullable=False),
        sa.Column("classes", sa.BigInteger(), nullable=False),
        sa.Column("children", sa.BigInteger(), nullable=False),
        sa.Column("class_hours", sa.BigInteger(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["lesson_id"], ["lessons.id"], name=op.f("fk_practices_lesson_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_practices_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practices")),
        if_not_exists=True,
    )
    index("ix_practices_lesson_id_id", "practices (lesson_id, id)")
    index("ix_practices_unit_path_taught_on", "practices (unit_path, taught_on)")
    index("ix_practices_unit_id", "practices (unit_id)")


def _calls() -> None:
    op.create_table(
        "lesson_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("opens_at", TIME, nullable=False),
        sa.Column("closes_at", TIME, nullable=False),
        sa.Column("quota", sa.BigInteger(), nullable=True),
        sa.Column("reviews_closed_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_lesson_calls_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_calls")),
        if_not_exists=True,
    )
    index("ix_lesson_calls_unit_path", "lesson_calls (unit_path)")
    index("ix_lesson_calls_unit_id", "lesson_calls (unit_id)")


def _nominations() -> None:
    op.create_table(
        "nominations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(collation="C"), nullable=False),
        sa.Column("nominated_by", sa.Uuid(), nullable=True),
        sa.Column("nominated_at", TIME, nullable=False),
        sa.Column("outcome", sa.String(32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["lesson_calls.id"], name=op.f("fk_nominations_call_id")),
        sa.ForeignKeyConstraint(["lesson_id"], ["lessons.id"], name=op.f("fk_nominations_lesson_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_nominations_unit_id")),
        sa.ForeignKeyConstraint(["nominated_by"], ["users.id"], name=op.f("fk_nominations_nominated_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nominations")),
        if_not_exists=True,
    )
    index("ix_nominations_call_id_id", "nominations (call_id, id)")
    index("ix_nominations_unit_path", "nominations (unit_path)")
    index("ix_nominations_unit_id", "nominations (unit_id)")
    index("ix_nominations_lesson_id", "nominations (lesson_id)")
    index("uq_nominations_open", "nominations (lesson_id) WHERE outcome IS NULL", unique=True)


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("nomination_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("assigned_at", TIME, nullable=False),
        sa.Column("scores", JSONB(), nullable=False),
        sa.Column("scored_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["nomination_id"], ["nominations.id"], name=op.f("fk_reviews_nomination_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name=op.f("fk_reviews_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("nomination_id", "reviewer_id", name=op.f("uq_reviews_nomination_id_reviewer_id")),
        if_not_exists=True,
    )
    index("ix_reviews_reviewer_id_id", "reviews (reviewer_id, id)")
