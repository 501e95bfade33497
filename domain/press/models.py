"""Press kits: asked for, worked on by a worker, kept for a while."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.campaigns.models import Campaign
from domain.lessons.models import Lesson
from domain.terms import PressKitState
from domain.units.models import Unit


class PressKit(Base):
    """What a unit hands to a newspaper about a showcase lesson or a campaign (新闻素材包); forgotten a week later."""

    __tablename__ = "press_kits"
    __table_args__ = (
        CheckConstraint("(lesson_id IS NULL) <> (campaign_id IS NULL)", name="subject"),
        Index(None, "unit_path", "id"),
        Index(None, "asked_by", "id"),
        Index("ix_press_kits_waiting", "id", postgresql_where=text("state IN ('QUEUED', 'MAKING')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    lesson_id: Mapped[UUID | None] = mapped_column(ForeignKey("lessons.id"))
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaigns.id"))
    # How the unit, and no person, is reached.
    contact: Mapped[str]
    # Of each picture: its key in the store, its caption and whom to credit.
    pictures: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    state: Mapped[PressKitState] = mapped_column(default=PressKitState.QUEUED)
    # Out of a hundred.
    progress: Mapped[int] = mapped_column(default=0)
    # Counts the claims: a worker that was overtaken holds an older number and settles nothing.
    tries: Mapped[int] = mapped_column(default=0)
    try_at: Mapped[datetime]
    # Which revision of the lesson it tells; a campaign has none.
    revision: Mapped[int | None]
    # By format: the hash and the size of the document.
    documents: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSONB, default=dict)
    # The code of the reason why there is none.
    failure: Mapped[str | None]
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    # From then on it is cleared away, with its documents.
    expires_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship(lazy="raise")
    lesson: Mapped[Lesson | None] = relationship(lazy="raise")
    campaign: Mapped[Campaign | None] = relationship(lazy="raise")

    reach_column = "unit_path"
    # Whoever sees the lessons of a unit sees what it tells newspapers of them.
    noun = "lesson"
