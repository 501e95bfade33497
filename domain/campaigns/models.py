"""Campaigns and their quotas."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.calendar.models import Occasion
from domain.lessons.models import Lesson
from domain.terms import Lateness, Level, QuotaScope
from domain.units.models import Unit


class Campaign(Base):
    """A batch of posts that promotes showcase lessons on an occasion (推介批次)."""

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint("(occasion_id IS NULL) = (occasion_date IS NULL)", name="occasion"),
        CheckConstraint("(window_from IS NULL) = (window_to IS NULL) AND window_from <= window_to", name="window"),
        Index(None, "unit_path"),
        Index(None, "unit_id"),
        Index(None, "occasion_id", "occasion_date"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    title: Mapped[str]
    # On which date of which occasion it stands.
    occasion_id: Mapped[UUID | None] = mapped_column(ForeignKey("occasions.id"))
    occasion_date: Mapped[date | None]
    # The first and the last day whose posts count for its quotas.
    window_from: Mapped[date | None]
    window_to: Mapped[date | None]
    # What becomes of late posts of it that say nothing themselves.
    lateness: Mapped[Lateness] = mapped_column(default=Lateness.SEND, server_default=text("'SEND'"))
    note: Mapped[str] = mapped_column(default="", server_default=text("''"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    created_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship(lazy="raise")
    occasion: Mapped[Occasion | None] = relationship(lazy="raise")

    reach_column = "unit_path"
    # Whoever is to do something for it has to see it; its posts stay with those who may see posts.
    seen_below = True
    noun = "campaign"


class CampaignLesson(Base):
    """A lesson that a campaign promotes (推介课程): planned for it, or promoted by one of its posts."""

    __tablename__ = "campaign_lessons"
    __table_args__ = (UniqueConstraint("campaign_id", "lesson_id"), Index(None, "lesson_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id"))
    added_at: Mapped[datetime]

    campaign: Mapped[Campaign] = relationship(backref=backref("lessons", lazy="raise"), lazy="raise")
    lesson: Mapped[Lesson] = relationship(lazy="raise")

    reach_through = "campaign"


class CampaignQuota(Base):
    """How many posts each unit of a level is to publish for a campaign (推介指标)."""

    __tablename__ = "campaign_quotas"
    __table_args__ = (UniqueConstraint("campaign_id", "level", "scope"), CheckConstraint("minimum > 0", name="minimum"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    level: Mapped[Level]
    scope: Mapped[QuotaScope]
    minimum: Mapped[int]
