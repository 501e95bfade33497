"""What a campaign says of its occasion, its window and its quotas; and who changes it."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.calendar.commands import create_occasion, retire_occasion
from domain.calendar.models import Occasion
from domain.campaigns.commands import create_campaign, edit_campaign
from domain.campaigns.models import Campaign, CampaignQuota
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, Reason, Refusal
from domain.terms import Lateness, Level, OccasionKind, QuotaScope, Role
from tests.factories.units import NOW, Tree, actor_at, plant_tree

JUNE_1 = date(2026, 6, 1)
THIRTY = {"level": Level.PROVINCIAL, "scope": QuotaScope.OWN, "minimum": 30}


async def declare(session: AsyncSession, tree: Tree, unit: str) -> Occasion:
    rule = {"kind": OccasionKind.FIXED, "month": 6, "day": 1}
    given: dict[str, Any] = {"unit_id": tree[unit].id, "name": "六一", "rule": rule}
    return await create_occasion(session, Actor.operator(), now=NOW, **given)


async def open_campaign(session: AsyncSession, tree: Tree, unit: str = "nation", **given: Any) -> Campaign:
    wanted: dict[str, Any] = {"unit_id": tree[unit].id, "title": "六一推介"} | given
    return await create_campaign(session, actor_at(tree[unit], Role.MEDIA_MANAGER), now=NOW, **wanted)


async def quotas(session: AsyncSession, campaign: Campaign) -> set[tuple[Level, QuotaScope, int]]:
    rows = await session.execute(select(CampaignQuota).where(CampaignQuota.campaign_id == campaign.id))
    return {(row.level, row.scope, row.minimum) for row in rows.scalars()}


async def test_a_campaign_stands_on_a_date_of_an_occasion(session: AsyncSession):
    tree = await plant_tree(session)
    occasion = await declare(session, tree, "nation")
    campaign = await open_campaign(
        session,
        tree,
        "east city",
        occasion_id=occasion.id,
        occasion_date=JUNE_1,
        window_from=date(2026, 5, 16),
        window_to=date(2026, 5, 31),
        lateness=Lateness.HOLD,
        note=" 每省三十条 ",
        quotas=[{**THIRTY, "level": Level.COUNTY}],
    )
    await session.commit()
    await session.refresh(campaign)
    assert (campaign.occasion_id, campaign.occasion_date, campaign.note) == (occasion.id, JUNE_1, "每省三十条")
    assert (campaign.lateness, campaign.version) == (Lateness.HOLD, 1)
    assert await quotas(session, campaign) == {(Level.COUNTY, QuotaScope.OWN, 30)}


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        ({"occasion_date": JUNE_1}, ("occasionDate",), Reason.CHOOSE_OCCASION_DATE),
        ({"window_from": JUNE_1}, ("windowTo",), Reason.PERIOD_INVALID),
        ({"window_from": JUNE_1, "window_to": date(2026, 5, 31)}, ("windowTo",), Reason.PERIOD_INVALID),
        ({"window_from": date.min, "window_to": date.max}, ("windowTo",), Reason.PERIOD_INVALID),
        ({"window_from": date.max, "window_to": date.max}, ("windowFrom",), Reason.NUMBER_UNFIT),
        ({"note": "字" * 1001}, ("note",), Reason.WORDS_TOO_LONG),
        ({"quotas": [THIRTY, {**THIRTY, "minimum": 5}]}, ("quotas", "1"), Reason.QUOTA_TWICE),
        ({"quotas": [{**THIRTY, "minimum": 0}]}, ("quotas", "0", "minimum"), Reason.NUMBER_UNFIT),
        ({"quotas": [THIRTY] * 11}, ("quotas",), Reason.TOO_MANY),
    ],
)
async def test_what_cannot_be_is_refused(
    session: AsyncSession, given: dict[str, Any], path: tuple[str, ...], reason: Reason
):
    tree = await plant_tree(session)
    with pytest.raises(Invalid) as caught:
        await open_campaign(session, tree, **given)
    assert (caught.value.path, caught.value.reason) == (path, reason)


async def test_nothing_is_asked_of_the_levels_above(session: AsyncSession):
    tree = await plant_tree(session)
    with pytest.raises(Invalid) as caught:
        await open_campaign(session, tree, "east city", quotas=[THIRTY])
    assert caught.value.reason is Reason.QUOTA_ABOVE


async def test_only_an_occasion_of_the_unit_or_above_it_counts_and_only_on_its_day(session: AsyncSession):
    tree = await plant_tree(session)
    occasion = await declare(session, tree, "east")
    given: dict[str, Any] = {"occasion_id": occasion.id, "occasion_date": JUNE_1}
    with pytest.raises(NotFound):
        await open_campaign(session, tree, "west", **given)
    with pytest.raises(NotFound):
        await open_campaign(session, tree, "east", **{**given, "occasion_id": new_id()})
    for day in (date(2026, 6, 2), date.max):
        with pytest.raises(Invalid) as caught:
            await open_campaign(session, tree, "east", **{**given, "occasion_date": day})
        assert caught.value.reason is Reason.OCCASION_DATE_UNFIT
    kept = await open_campaign(session, tree, "east", **given)
    await retire_occasion(session, Actor.operator(), now=NOW, occasion_id=occasion.id)
    with pytest.raises(Conflict) as retired:
        await open_campaign(session, tree, "east", **given)
    assert retired.value.reason is Reason.OCCASION_RETIRED
    # What stood on it before may be edited all the same.
    edited = await edit_campaign(
        session,
        actor_at(tree["east"]),
        now=NOW,
        campaign_id=kept.id,
        expected_version=1,
        title="改名",
        **given,
    )
    assert (edited.title, edited.version) == ("改名", 2)


async def test_quotas_that_are_left_out_stay_and_others_replace_them(session: AsyncSession):
    tree = await plant_tree(session)
    campaign = await open_campaign(session, tree, quotas=[THIRTY])
    given: dict[str, Any] = {"campaign_id": campaign.id, "title": "六一推介"}
    actor = actor_at(tree["nation"])
    await edit_campaign(session, actor, now=NOW, expected_version=1, **given)
    assert await quotas(session, campaign) == {(Level.PROVINCIAL, QuotaScope.OWN, 30)}
    await edit_campaign(session, actor, now=NOW, expected_version=2, quotas=[{**THIRTY, "minimum": 20}], **given)
    assert await quotas(session, campaign) == {(Level.PROVINCIAL, QuotaScope.OWN, 20)}
    await edit_campaign(session, actor, now=NOW, expected_version=3, quotas=[], **given)
    assert await quotas(session, campaign) == set()


async def test_an_edit_takes_the_version_that_was_seen(session: AsyncSession):
    tree = await plant_tree(session)
    campaign = await open_campaign(session, tree)
    with pytest.raises(Conflict) as caught:
        await edit_campaign(
            session,
            actor_at(tree["nation"]),
            now=NOW,
            campaign_id=campaign.id,
            expected_version=2,
            title="改名",
        )
    assert caught.value.reason is Reason.EDITED_MEANWHILE
    assert campaign.title == "六一推介"


@pytest.mark.parametrize(
    ("place", "role", "kind"),
    [
        ("west", Role.ADMINISTRATOR, NotFound),
        ("east", Role.VIEWER, NotPermitted),
        ("north county", Role.ADMINISTRATOR, NotPermitted),
    ],
)
async def test_whoever_may_not_edit_there_changes_nothing(
    session: AsyncSession, place: str, role: Role, kind: type[Refusal]
):
    tree = await plant_tree(session)
    campaign = await open_campaign(session, tree, "east")
    actor = actor_at(tree[place], role)
    with pytest.raises(kind) as caught:
        await edit_campaign(session, actor, now=NOW, campaign_id=campaign.id, expected_version=1, title="改名")
    assert caught.value.path == ("campaignId",)


@pytest.mark.parametrize("field", ["title", "note"])
async def test_what_many_read_of_a_campaign_is_looked_through_when_it_is_written(session: AsyncSession, field: str):
    tree = await plant_tree(session)
    words = {"title": "六一推介"} | {field: "天河小学王小明同学"}
    with pytest.raises(Conflict) as caught:
        await open_campaign(session, tree, **words)
    assert (caught.value.reason, caught.value.path) == (Reason.WORDING_BLOCKS, (field,))
    campaign = await open_campaign(session, tree)
    edit: dict[str, Any] = {"campaign_id": campaign.id, "expected_version": 1, **words}
    with pytest.raises(Conflict) as caught:
        await edit_campaign(session, Actor.operator(), now=NOW, **edit)
    assert (caught.value.reason, caught.value.path) == (Reason.WORDING_BLOCKS, (field,))
    assert (campaign.title, campaign.note) == ("六一推介", "")


@pytest.mark.parametrize("field", ["title", "note"])
async def test_what_is_warned_of_in_a_campaign_is_public_only_once_somebody_says_to_have_seen_it(
    session: AsyncSession, field: str
):
    tree = await plant_tree(session)
    words = {"title": "六一推介"} | {field: "王小明(天河小学)9岁的心愿"}
    with pytest.raises(Conflict) as caught:
        await open_campaign(session, tree, **words)
    assert (caught.value.reason, caught.value.path) == (Reason.WORDING_NOT_SEEN, ("wordingSeen",))
    assert getattr(await open_campaign(session, tree, **words, wording_seen=True), field) == words[field]
    campaign = await open_campaign(session, tree)
    edit: dict[str, Any] = {"campaign_id": campaign.id, "expected_version": 1, **words}
    with pytest.raises(Conflict) as caught:
        await edit_campaign(session, Actor.operator(), now=NOW, **edit)
    assert caught.value.reason is Reason.WORDING_NOT_SEEN
    await edit_campaign(session, Actor.operator(), now=NOW, **edit, wording_seen=True)
    assert getattr(campaign, field) == words[field]
