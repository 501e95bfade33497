"""How often short links were followed."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.base.models import Base
from domain.posts.models import Delivery


class Click(Base):
    """How often the short link of a delivery was followed on a day in China (短链点击); nothing of whoever did."""

    __tablename__ = "clicks"

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]

    delivery: Mapped[Delivery] = relationship(lazy="raise")

    reach_through = "delivery"
