"""The microblog platforms in use."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from domain.base.ids import new_id
from domain.base.models import Base
from domain.terms import HostKind


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
    created_at: Mapped[datetime]

    for_everyone = True
