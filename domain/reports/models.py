"""Reports: asked for, made by a worker, kept for a while."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.campaigns.models import Campaign
from domain.handouts.rows import Handout, waiting
from domain.terms import Language


class CampaignReport(Handout):
    """What a campaign came to, as page and PDF (推介报告), for whoever sees the posts of its unit."""

    __tablename__ = "campaign_reports"
    __table_args__ = (Index(None, "unit_path", "id"), Index(None, "asked_by", "id"), waiting("campaign_reports"))

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    language: Mapped[Language]

    campaign: Mapped[Campaign] = relationship(lazy="raise")

    folder = "reports"
    reach_column = "unit_path"
    # Its figures are those of posts.
    noun = "post"
