"""The words that label children."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base.ids import new_id
from domain.base.models import Base
from domain.terms import WordingSeverity


class LabelWord(Base):
    """A word that labels children (标签化用语), with what to write instead."""

    __tablename__ = "label_words"
    __table_args__ = (
        Index("uq_label_words_in_force", "word", unique=True, postgresql_where=text("retired_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    word: Mapped[str]
    # What it does by itself; beside a child who is named it blocks.
    severity: Mapped[WordingSeverity]
    advice_zh: Mapped[str]
    advice_en: Mapped[str]
    # Counts the edits: whoever edits says which one was seen.
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    # From then on it is looked for no more.
    retired_at: Mapped[datetime | None]

    for_everyone = True
    noun = "labelword"
