"""From an occasion to what came of it: declared, put into the calendar, promoted with a quota, and looked back upon."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.dates import today
from domain.posts.models import Delivery
from domain.terms import DeliveryState
from tests.factories.api import Country, Front, id_of
from tests.factories.posts import add_lesson

CALENDAR = """query($unit: ID!, $since: Date!, $until: Date!) {
  calendar(withinId: $unit, since: $since, until: $until) {
  fallsOn lastDay prepareFrom day { kind holiday source } occasion { name rule { kind month day } unit { name } }
  campaigns { title quotas { level scope minimum units met } } } }"""
PROGRESS = """query($campaign: ID!, $unit: ID!) { campaignProgress(campaignId: $campaign, withinId: $unit) {
  unitId name level scope minimum published isMet } }"""
DRAGON_BOAT = {"kind": "LUNAR", "month": 5, "day": 5}
YEAR = {"since": "2026-01-01", "until": "2027-01-01"}


async def declared(front: Front, country: Country, unit: str = "nation", **given: Any) -> str:
    wanted = {"unitId": id_of(country.tree[unit]), "name": "端午节", "rule": DRAGON_BOAT, "leadDays": 21} | given
    answer = await front.act("createOccasion", "occasion { id version viewerCan { act allowed } }", **wanted)
    assert answer["__typename"] == "CreateOccasionPayload", answer
    found: str = answer["occasion"]["id"]
    return found


async def opened(front: Front, country: Country, **given: Any) -> str:
    wanted = {"unitId": id_of(country.tree["nation"]), "title": "端午推介"} | given
    answer = await front.act("createCampaign", "campaign { id }", **wanted)
    assert answer["__typename"] == "CreateCampaignPayload", answer
    found: str = answer["campaign"]["id"]
    return found


async def test_a_county_sees_when_the_nation_promotes(api: Front, country: Country):
    nation, county = api.as_(country.nation), api.as_(country.county)
    occasion = await declared(nation, country)
    quota = {"level": "PROVINCIAL", "minimum": 30}
    await opened(nation, country, occasionId=occasion, occasionDate="2026-06-19", quotas=[quota])
    (entry,) = (await county.ask(CALENDAR, unit=id_of(country.tree["north county"]), **YEAR))["calendar"]
    assert (entry["fallsOn"], entry["lastDay"], entry["prepareFrom"]) == ("2026-06-19", "2026-06-19", "2026-05-29")
    assert (entry["day"]["kind"], entry["day"]["holiday"]) == ("HOLIDAY", "端午节")
    assert entry["occasion"] == {"name": "端午节", "rule": DRAGON_BOAT, "unit": {"name": "nation"}}
    # It sees what is asked, and nothing of how the provinces get on.
    (promoted,) = entry["campaigns"]
    assert promoted["quotas"] == [{"level": "PROVINCIAL", "scope": "OWN", "minimum": 30, "units": 0, "met": 0}]
    tomorrow = {"since": "2027-01-01", "until": "2028-01-01"}
    (later,) = (await county.ask(CALENDAR, unit=id_of(country.tree["north county"]), **tomorrow))["calendar"]
    assert later["fallsOn"] == "2027-06-09"
    assert later["day"] == {"kind": "NOT_ANNOUNCED", "holiday": None, "source": None}
    assert later["campaigns"] == []


async def test_what_is_seen_from_below_is_not_changed_from_there(api: Front, country: Country):
    nation, county = api.as_(country.nation), api.as_(country.county)
    occasion = await declared(nation, country)
    campaign = await opened(nation, country)
    refused = await county.act("retireOccasion", occasionId=occasion)
    assert refused["code"] == "NOT_PERMITTED"
    given: dict[str, Any] = {"campaignId": campaign, "expectedVersion": 1, "title": "改名"}
    assert (await county.act("editCampaign", **given))["code"] == "NOT_PERMITTED"
    edited = await nation.act("editCampaign", "campaign { title version }", **given)
    assert edited["campaign"] == {"title": "改名", "version": 2}
    assert (await nation.act("editCampaign", **given))["code"] == "EDITED_MEANWHILE"


async def test_a_repetition_declares_an_occasion_once(api: Front, country: Country):
    nation = api.as_(country.nation)
    first = await declared(nation, country, clientMutationKey="once")
    assert await declared(nation, country, clientMutationKey="once") == first


async def test_every_province_sees_its_own_progress(api: Front, country: Country, session: AsyncSession):
    nation, county = api.as_(country.nation), api.as_(country.county)
    day = today(datetime.now(UTC))
    window = {"windowFrom": (day - timedelta(days=1)).isoformat(), "windowTo": (day + timedelta(days=1)).isoformat()}
    asked = [{"level": "PROVINCIAL", "scope": "WITH_BELOW", "minimum": 2}, {"level": "COUNTY", "minimum": 1}]
    campaign = await opened(nation, country, quotas=asked, lateness="MISS", **window)
    lesson = await add_lesson(session, country.tree)
    wish = {"lessonId": id_of(lesson), "unitId": id_of(country.tree["nation"]), "levels": ["PROVINCIAL", "COUNTY"]}
    wish |= {"text": "推介", "publishAt": (datetime.now(UTC) + timedelta(minutes=5)).isoformat()}
    done = await nation.act("scheduleLesson", "post { lateness }", campaignId=campaign, **wish)
    assert done["post"]["lateness"] == "MISS"
    lacks = "readiness { isReady posts notApproved outsideWindow unitsWithoutAccount }"
    found = await nation.ask(f"query($id: ID!) {{ node(id: $id) {{ ... on Campaign {{ {lacks} }} }} }}", id=campaign)
    assert found["node"]["readiness"] == {
        "isReady": False,
        "posts": 1,
        "notApproved": 1,
        "outsideWindow": 0,
        "unitsWithoutAccount": 0,
    }
    of_east = Delivery.unit_path.startswith(country.tree["east"].path)
    await session.execute(
        update(Delivery).where(of_east).values(state=DeliveryState.PUBLISHED, published_at=datetime.now(UTC))
    )
    await session.commit()
    whole = (await nation.ask(PROGRESS, campaign=campaign, unit=id_of(country.tree["nation"])))["campaignProgress"]
    assert [(row["name"], row["published"], row["isMet"]) for row in whole] == [
        ("east", 3, True),
        ("north county", 1, True),
        ("south county", 1, True),
        ("west", 0, False),
        ("far county", 0, False),
    ]
    own = (await county.ask(PROGRESS, campaign=campaign, unit=id_of(country.tree["north county"])))["campaignProgress"]
    assert [row["name"] for row in own] == ["north county"]
    hidden = await county.error(PROGRESS, campaign=campaign, unit=id_of(country.tree["west"]))
    assert hidden["extensions"]["code"] == "NOT_FOUND"
