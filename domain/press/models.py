"""Press kits: asked for, worked on by a worker, kept for a while."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.campaigns.models import Campaign
from domain.handouts.rows import Handout, waiting
from domain.lessons.models import Lesson


class PressKit(Handout):
    """What a unit hands to a newspaper about a showcase lesson or a campaign (新闻素材包); forgotten a week later."""

    __tablename__ = "press_kits"
    __table_args__ = (
        CheckConstraint("(lesson_id IS NULL) <> (campaign_id IS NULL)", name="subject"),
        Index(None, "unit_path", "id"),
        Index(None, "asked_by", "id"),
        waiting("press_kits"),
    )

    lesson_id: Mapped[UUID | None] = mapped_column(ForeignKey("lessons.id"))
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaigns.id"))
    # How the unit, and no person, is reached.
    contact: Mapped[str]
    # Of each picture: its key in the store, its caption and whom to credit.
    pictures: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    # Which revision of the lesson it tells; a campaign has none.
    revision: Mapped[int | None]
    # Of a campaign: which revisions of which lessons it tells, by their ids.
    revisions: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))

    lesson: Mapped[Lesson | None] = relationship(lazy="raise")
    campaign: Mapped[Campaign | None] = relationship(lazy="raise")

    folder = "press"
    reach_column = "unit_path"
    # Whoever sees the lessons of a unit sees what it tells newspapers of them.
    noun = "lesson"
