"""Campaigns: opened by those who may, with a title."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import new_id
from domain.campaigns.commands import create_campaign
from domain.refusals import Invalid, NotFound, NotPermitted, Reason, Refusal
from domain.terms import Role
from tests.factories.units import NOW, actor_at, plant_tree


async def test_a_campaign_is_opened_for_its_unit(session: AsyncSession):
    tree = await plant_tree(session)
    actor = actor_at(tree["east"], Role.MEDIA_MANAGER)
    campaign = await create_campaign(session, actor, now=NOW, unit_id=tree["east city"].id, title=" 六一推介 ")
    await session.commit()
    await session.refresh(campaign)
    assert (campaign.unit_id, campaign.unit_path) == (tree["east city"].id, tree["east city"].path)
    assert (campaign.title, campaign.created_at) == ("六一推介", NOW)


@pytest.mark.parametrize("title", ["", "  ", "\u3000\n"])
async def test_a_campaign_without_a_title_is_refused(session: AsyncSession, title: str):
    tree = await plant_tree(session)
    with pytest.raises(Invalid) as caught:
        await create_campaign(session, actor_at(tree["nation"]), now=NOW, unit_id=tree["nation"].id, title=title)
    assert (caught.value.reason, caught.value.path) == (Reason.TEXT_EMPTY, ("title",))


@pytest.mark.parametrize(
    ("place", "role", "kind"), [("west", Role.ADMINISTRATOR, NotFound), ("east", Role.VIEWER, NotPermitted)]
)
async def test_whoever_may_not_edit_there_opens_no_campaign(
    session: AsyncSession, place: str, role: Role, kind: type[Refusal]
):
    tree = await plant_tree(session)
    with pytest.raises(kind) as caught:
        await create_campaign(session, actor_at(tree[place], role), now=NOW, unit_id=tree["east"].id, title="六一")
    assert caught.value.path == ("unitId",)


async def test_a_campaign_of_no_unit_is_refused(session: AsyncSession):
    tree = await plant_tree(session)
    with pytest.raises(NotFound) as caught:
        await create_campaign(session, actor_at(tree["nation"]), now=NOW, unit_id=new_id(), title="六一")
    assert (caught.value.path, caught.value.facts) == (("unitId",), {"what": "unit"})
