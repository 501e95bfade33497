"""Until when keys are needed by open links."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import new_id
from domain.logins.keys import links_open_until
from domain.logins.models import LoginLink
from domain.terms import LinkPurpose
from tests.factories.units import NOW, add_user, plant_tree

DAY = timedelta(days=1)


async def test_a_key_is_needed_until_the_last_of_its_open_links_expires(session: AsyncSession):
    user = await add_user(session, (await plant_tree(session))["east"])

    def link(key_id: str, days: int, **columns: Any) -> LoginLink:
        made = {"user_id": user.id, "purpose": LinkPurpose.RESET, "created_at": NOW - DAY}
        return LoginLink(id=new_id(), key_id=key_id, expires_at=NOW + days * DAY, **made, **columns)

    session.add_all(
        [
            link("one", 2),
            link("one", 5),
            link("one", 9, used_at=NOW),
            link("one", 9, withdrawn_at=NOW),
            link("other", 1),
            link("over", 0),
        ]
    )
    await session.commit()
    assert await links_open_until(session, now=NOW) == {"one": NOW + 5 * DAY, "other": NOW + DAY}
