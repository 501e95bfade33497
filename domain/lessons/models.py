"""Lessons, what they said before, the themes they may have, where they were taught, and how they are chosen."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, UniqueConstraint, Uuid, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.terms import LessonState, NominationOutcome, ServiceKind
from domain.units.models import Unit


class Lesson(Base):
    """A lesson of the seven-colour classroom (七彩课堂课程); in state SHOWCASE a 示范课程.

    The row holds the newest revision, or, while it is a showcase lesson, the one that was showcased.
    """

    __tablename__ = "lessons"
    __table_args__ = (Index(None, "unit_path"), Index(None, "unit_id"), Index(None, "adapted_from_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    title: Mapped[str]
    service: Mapped[ServiceKind]
    theme: Mapped[str]
    text: Mapped[str]
    # Whose names these are is not for everybody.
    authors: Mapped[str] = mapped_column(default="", server_default=sql("''"))
    # A `Plan` of content.py.
    plan: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=sql("'{}'"))
    # Each an `Attachment` of content.py.
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default=sql("'[]'"))
    # Which revision the row holds, and which is the newest: whoever edits says which one was seen.
    revision: Mapped[int] = mapped_column(default=1, server_default=sql("1"))
    version: Mapped[int] = mapped_column(default=1, server_default=sql("1"))
    # Who wrote the newest revision, who nominated it, and who else wrote, nominated or reviewed it since it last was
    # showcased: none of them makes it a showcase lesson.
    written_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    nominated_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    took_part: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list, server_default=sql("'{}'"))
    # The lesson, and its revision, that this one was made of.
    adapted_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("lessons.id"))
    adapted_from_revision: Mapped[int | None]
    state: Mapped[LessonState] = mapped_column(default=LessonState.DRAFT)
    # Which revision a call chose, where one vouches for what is polished or showcased.
    chosen_revision: Mapped[int | None]
    showcased_at: Mapped[datetime | None]
    # Why it is one, where no call chose it as it is.
    showcase_reason: Mapped[str | None]
    # Whether it ever was one: what was public is not discarded.
    once_showcased: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    created_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship(lazy="raise")
    adapted_from: Mapped["Lesson | None"] = relationship(
        remote_side="Lesson.id", backref=backref("adaptations", lazy="raise"), lazy="raise"
    )

    reach_column = "unit_path"
    # A showcase lesson is there to be promoted by every level.
    open_where = ("state", LessonState.SHOWCASE)
    # Once it is taken back it says again what is for its unit: posts that named it do not show that.
    is_private = True
    noun = "lesson"


# Lessons of the time before dates of showcasing have only the day they were written.
SHOWN_SINCE = func.coalesce(Lesson.showcased_at, Lesson.created_at)
# The public reads the newest first.
Index("ix_lessons_shown", SHOWN_SINCE, Lesson.id, postgresql_where=sql("state = 'SHOWCASE'"))


class LessonRevision(Base):
    """What a lesson said from one edit to the next (课程修订稿); written once, never changed, but erased at need.

    It has a path of its own: a showcase lesson is open to all, but not what it said before or may say next.
    """

    __tablename__ = "lesson_revisions"
    __table_args__ = (UniqueConstraint("lesson_id", "number"), Index(None, "unit_path"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id"))
    unit_path: Mapped[str] = mapped_column(path())
    number: Mapped[int]
    # A `Content` of content.py.
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str | None]
    # Empty for lessons of the time before revisions.
    written_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[datetime]
    # Since when it says nothing any more.
    erased_at: Mapped[datetime | None]

    lesson: Mapped[Lesson] = relationship(backref=backref("revisions", lazy="raise"), lazy="raise")

    reach_column = "unit_path"
    noun = "lesson"


class Theme(Base):
    """A theme of a list that the programme used from a year on (主题分类); a lesson bears it by its name."""

    __tablename__ = "themes"
    __table_args__ = (UniqueConstraint("list_name", "since", "place"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    list_name: Mapped[str]
    since: Mapped[int]
    place: Mapped[int]
    name: Mapped[str]
    # Since when the list names it no more; lessons that bear it keep it.
    retired_at: Mapped[datetime | None]

    for_everyone = True
    order = ("since", "list_name", "place", "id")


class Practice(Base):
    """A lesson taught by a unit on a day (实践运用): numbers only, no child is named; taken back, never deleted."""

    __tablename__ = "practices"
    __table_args__ = (Index(None, "lesson_id", "id"), Index(None, "unit_path", "taught_on"), Index(None, "unit_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    taught_on: Mapped[date]
    classes: Mapped[int]
    children: Mapped[int]
    class_hours: Mapped[int]
    remark: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship(lazy="raise")
    lesson: Mapped[Lesson] = relationship(backref=backref("practices", lazy="raise"), lazy="raise")

    reach_column = "unit_path"
    noun = "lesson"


class LessonCall(Base):
    """A unit's call for lessons of the units below it (课程征集); everybody may know of it."""

    __tablename__ = "lesson_calls"
    __table_args__ = (Index(None, "unit_path"), Index(None, "unit_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    title: Mapped[str]
    text: Mapped[str]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    # How many lessons each unit may nominate; any number where it is empty.
    quota: Mapped[int | None]
    # Until when reviewers score; until the reviews are closed, where it is empty.
    score_by: Mapped[datetime | None]
    # From then on nobody scores, and what came of it is shown.
    reviews_closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default=sql("1"))
    created_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship(lazy="raise")

    for_everyone = True


class Nomination(Base):
    """One revision of a lesson, nominated by a unit into a call of a unit above (推荐)."""

    __tablename__ = "nominations"
    __table_args__ = (
        Index(None, "call_id", "id"),
        Index(None, "unit_path"),
        Index(None, "unit_id"),
        Index(None, "lesson_id"),
        Index("uq_nominations_open", "lesson_id", unique=True, postgresql_where=sql("outcome IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    call_id: Mapped[UUID] = mapped_column(ForeignKey("lesson_calls.id"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id"))
    revision: Mapped[int]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    nominated_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    nominated_at: Mapped[datetime]
    outcome: Mapped[NominationOutcome | None]
    reason: Mapped[str | None]
    ended_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship(lazy="raise")
    lesson: Mapped[Lesson] = relationship(lazy="raise")
    call: Mapped[LessonCall] = relationship(backref=backref("nominations", lazy="raise"), lazy="raise")

    reach_column = "unit_path"
    noun = "lesson"


class Review(Base):
    """What one person is asked to say of a nominated lesson, without knowing whose it is (盲评)."""

    __tablename__ = "reviews"
    __table_args__ = (UniqueConstraint("nomination_id", "reviewer_id"), Index(None, "reviewer_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    nomination_id: Mapped[UUID] = mapped_column(ForeignKey("nominations.id"))
    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    assigned_at: Mapped[datetime]
    # By good: a score from 1 to 5 and a remark.
    scores: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    scored_at: Mapped[datetime | None]

    reach_owner = "reviewer_id"
