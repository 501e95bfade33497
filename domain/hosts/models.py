"""The microblog platforms in use."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base.ids import new_id
from domain.base.models import Base
from domain.terms import HostKind

# What Weibo allows an account and application; of the calls so many are for looking up what became of a post.
CALLS_PER_DAY = 100
CALLS_KEPT_BACK = 10
POSTS_PER_HOUR = 30


class Host(Base):
    """A microblog platform and our application there (微博平台)."""

    __tablename__ = "hosts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[HostKind]
    name: Mapped[str] = mapped_column(unique=True)
    # Where its interface answers; the sandbox gives its own address here.
    api_url: Mapped[str]
    app_key: Mapped[str]
    # Sealed for the row `hosts:app_secret:<id>`.
    app_secret: Mapped[str]
    # The domain that links in posts must lie in, as registered with the platform.
    safe_domain: Mapped[str]
    # How long after an unclear answer a post may still appear; only then is its absence a proof.
    settling_seconds: Mapped[int]
    # No request is sent to the platform before this instant: it limits our address or application.
    paused_until: Mapped[datetime | None]
    # What one account may ask of it: calls in all on a day in China, and posts in an hour.
    calls_per_day: Mapped[int] = mapped_column(default=CALLS_PER_DAY, server_default=text(str(CALLS_PER_DAY)))
    calls_kept_back: Mapped[int] = mapped_column(default=CALLS_KEPT_BACK, server_default=text(str(CALLS_KEPT_BACK)))
    posts_per_hour: Mapped[int] = mapped_column(default=POSTS_PER_HOUR, server_default=text(str(POSTS_PER_HOUR)))
    created_at: Mapped[datetime]

    for_everyone = True
