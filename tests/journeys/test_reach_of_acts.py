"""Every mutation, as every role from every place: nobody does what they may not, and whoever may, does it."""

# Who may do what is written down here a second time, act by act; places are compared by the names of the units above,
# and what a role holds is taken from the table of permissions. None of the rules under test decides what is expected.

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access.models import User
from domain.access.permissions import Permission
from domain.logins import passwords
from domain.logins.models import Session
from domain.terms import Reach, Role
from integrations.keys import Keys
from tests.factories.acts import BELOW, HERE, SERVED, Stage, mutations, set_stage, share
from tests.factories.asks import Ask, Held, line, line_of, refusal
from tests.factories.lesson_acts import CALLING, REVIEWER
from tests.factories.logins import CHEAP, OTHER, PASSWORD, link_for, logged_in
from tests.factories.people import add_grant
from tests.factories.units import add_user
from tests.factories.world import SHAPE

PLACES = [name for name, _, _ in SHAPE]
ABOVE = "own city"
LONG_OVER = datetime(2021, 1, 1, tzinfo=UTC)


P = Permission
ACCOUNT = Ask(P.ACCOUNT_EDIT, P.ACCOUNT_VIEW)
OCCASION = Ask(P.OCCASION_EDIT, P.OCCASION_VIEW, is_seen_below=True)
GOAL = Ask(P.GOAL_EDIT, P.GOAL_VIEW)
GUIDANCE = Ask(P.GUIDANCE_EDIT, P.GUIDANCE_VIEW)
# A person to run an account, or to be given a role, must be known to whoever says so.
SEEN_PERSON, FOUND_PERSON = Ask(P.USER_VIEW, P.USER_VIEW), Ask(P.USER_FIND, P.USER_VIEW)
PERSON = Ask(P.USER_EDIT, P.USER_VIEW)
APPOINTS, ENDS = Ask(P.GRANT_EDIT, P.UNIT_VIEW), Ask(P.GRANT_EDIT, P.GRANT_VIEW)
TREE = Ask(P.UNIT_EDIT, P.UNIT_VIEW)
# One list for all, which the national level keeps.
WORDS = Ask(P.WORDING_EDIT, None, "nation")
# The level above decides on a unit.
COUNTY_FROM_ABOVE = Ask(P.UNIT_EDIT, P.UNIT_VIEW, HERE, ABOVE)
TOWN_FROM_ABOVE = Ask(P.UNIT_EDIT, P.UNIT_VIEW, BELOW, HERE)
SIBLING_FROM_ABOVE = Ask(P.UNIT_EDIT, P.UNIT_VIEW, "sibling town", HERE)
CALLED = Ask(P.LESSON_SHOWCASE, P.LESSON_VIEW, HERE, CALLING)
STRICTLY_ABOVE: dict[str, Any] = {"not_from": [HERE], "code": "GRANT_FROM_ABOVE"}
HOLDS_MORE: dict[str, Any] = {"not_from": [HERE], "code": "USER_HOLDS_MORE"}

# Every mutation that takes somebody who is logged in; what follows its name tells its cases apart.
TABLE = {
    "editAccount": line(ACCOUNT),
    "editAccount into a class": line(Ask(P.ACCOUNT_EDIT, P.ACCOUNT_VIEW, BELOW), GUIDANCE),
    "appointKeeper": line(ACCOUNT, SEEN_PERSON),
    "delegateAccount": line(ACCOUNT, SEEN_PERSON),
    "endDelegation": line(ACCOUNT),
    "beginConnection": line(Ask(P.ACCOUNT_EDIT, P.UNIT_VIEW)),
    "beginConnection to renew": line(ACCOUNT),
    "beginConnection to renew what one runs": line(Ask(P.ACCOUNT_RENEW, P.ACCOUNT_VIEW)),
    "suspendAccount": line(ACCOUNT),
    "resumeAccount": line(ACCOUNT),
    "writeGuidance": line(Ask(P.GUIDANCE_EDIT, P.UNIT_VIEW)),
    "editGuidance": line(GUIDANCE),
    "classAccounts": line(GUIDANCE, Ask(P.ACCOUNT_VIEW, P.ACCOUNT_VIEW, BELOW), proof=("classed", 1)),
    # For the unit alone to say: its own administrators, none of those above.
    "setUpperPosting": line(
        Ask(P.UNIT_SET, P.UNIT_VIEW), not_from=["nation", "own province", ABOVE], code="SETTING_OF_THE_UNIT"
    ),
    "handOverAccounts": line(Ask(P.ACCOUNT_EDIT, P.USER_VIEW), SEEN_PERSON, proof=("kept", 1)),
    "beginUploads": line(Ask(P.POST_EDIT, P.UNIT_VIEW)),
    "beginUploads for a lesson": line(Ask(P.LESSON_EDIT, P.UNIT_VIEW)),
    "requestPressKit": line(Ask(P.LESSON_SCHEDULE, P.UNIT_VIEW)),
    "requestPressKit of a campaign": line(Ask(P.LESSON_SCHEDULE, P.UNIT_VIEW)),
    "createCampaign": line(Ask(P.CAMPAIGN_EDIT, P.UNIT_VIEW)),
    "editCampaign": line(Ask(P.CAMPAIGN_EDIT, P.CAMPAIGN_VIEW, is_seen_below=True)),
    "setGoal": line(Ask(P.GOAL_EDIT, P.UNIT_VIEW)),
    "editGoal": line(GOAL),
    "withdrawGoal": line(GOAL),
    "planLessons": line(Ask(P.CAMPAIGN_EDIT, P.CAMPAIGN_VIEW, is_seen_below=True)),
    "createOccasion": line(Ask(P.OCCASION_EDIT, P.UNIT_VIEW)),
    "editOccasion": line(OCCASION),
    "retireOccasion": line(OCCASION),
    # Days off are everybody's, and written down by the nation.
    "addHolidays": line(Ask(P.OCCASION_EDIT, None, "nation"), proof=("days", 1)),
    "createSchoolTerm": line(Ask(P.OCCASION_EDIT, P.UNIT_VIEW)),
    "editSchoolTerm": line(OCCASION),
    "createLesson": line(Ask(P.LESSON_EDIT, P.UNIT_VIEW)),
    "editLesson": line(Ask(P.LESSON_EDIT, P.LESSON_VIEW)),
    "adaptLesson": line(Ask(P.LESSON_EDIT, P.UNIT_VIEW)),
    "adaptLesson of a draft": line(Ask(P.LESSON_EDIT, P.UNIT_VIEW), Ask(P.LESSON_VIEW, P.LESSON_VIEW)),
    "showcaseLesson": line(Ask(P.LESSON_SHOWCASE, P.LESSON_VIEW)),
    "withdrawLesson": line(Ask(P.LESSON_SHOWCASE, P.LESSON_VIEW)),
    "discardLesson": line(Ask(P.LESSON_EDIT, P.LESSON_VIEW), proof=("revisions", 2)),
    "eraseRevision": line(Ask(P.LESSON_SHOWCASE, P.LESSON_VIEW)),
    # The lists are everybody's, and kept by the nation.
    "editThemes": line(Ask(P.LESSON_SHOWCASE, None, "nation"), proof=("added", 1)),
    "openCall": line(Ask(P.LESSON_SHOWCASE, P.UNIT_VIEW)),
    "editCall": line(Ask(P.LESSON_SHOWCASE, None, CALLING)),
    "nominateLesson": line(Ask(P.LESSON_EDIT, P.UNIT_VIEW), Ask(P.LESSON_EDIT, P.LESSON_VIEW)),
    "withdrawNomination": line(Ask(P.LESSON_EDIT, P.LESSON_VIEW)),
    # The unit that calls runs it, not the one that nominates.
    "assignReviewers": line(CALLED),
    "unassignReviewers": line(CALLED),
    "scoreReview": line(of=REVIEWER),
    "closeReviews": line(Ask(P.LESSON_SHOWCASE, None, CALLING)),
    "reopenReviews": line(Ask(P.LESSON_SHOWCASE, None, CALLING)),
    "decideNomination": line(CALLED),
    "recordPractice": line(Ask(P.LESSON_EDIT, P.UNIT_VIEW)),
    "editPractice": line(Ask(P.LESSON_EDIT, P.LESSON_VIEW)),
    "withdrawPractice": line(Ask(P.LESSON_EDIT, P.LESSON_VIEW)),
    "scheduleLesson": line(Ask(P.LESSON_SCHEDULE, P.UNIT_VIEW)),
    "scheduleLesson for the campaign of the county": line(
        Ask(P.LESSON_SCHEDULE, P.UNIT_VIEW, BELOW),
        Ask(P.CAMPAIGN_EDIT, P.CAMPAIGN_VIEW, is_seen_below=True, code="CAMPAIGN_ASKS_NOTHING"),
    ),
    "scheduleSeries": line(Ask(P.LESSON_SCHEDULE, P.UNIT_VIEW), proof=("accounts", 2)),
    "cancelPost": line(Ask(P.POST_CANCEL, P.POST_VIEW), proof=("cancelled", 1)),
    "releaseWaiting": line(Ask(P.POST_EDIT, P.POST_VIEW), proof=("released", 0)),
    "duplicatePost": line(Ask(P.LESSON_SCHEDULE, P.POST_VIEW), proof=("accounts", 1)),
    "approvePost": line(Ask(P.POST_APPROVE, P.POST_VIEW)),
    "approvePosts": line(Ask(P.POST_APPROVE, P.POST_VIEW), proof=("approved", 1)),
    "withdrawApproval": line(Ask(P.POST_APPROVE, P.POST_VIEW)),
    "editPost": line(Ask(P.POST_EDIT, P.POST_VIEW), proof=("changed", 1)),
    "holdPost": line(Ask(P.POST_EDIT, P.POST_VIEW)),
    "releasePost": line(Ask(P.POST_EDIT, P.POST_VIEW)),
    "orderSilence": line(Ask(P.SILENCE_EDIT, P.UNIT_VIEW)),
    "liftSilence": line(Ask(P.SILENCE_EDIT, P.SILENCE_VIEW, BELOW)),
    "liftSilence from above": line(Ask(P.SILENCE_EDIT, P.SILENCE_VIEW, BELOW), not_from=[BELOW], code="DECIDED_ABOVE"),
    "eraseCommenter": line(Ask(P.POST_SETTLE, P.POST_VIEW), proof=("erased", 1)),
    "settleDelivery": line(Ask(P.POST_SETTLE, P.POST_VIEW)),
    "settleDeliveries": line(Ask(P.POST_SETTLE, P.POST_VIEW), proof=("settled", 1)),
    "settleDeliveries of a campaign": line(Ask(P.POST_SETTLE, P.CAMPAIGN_VIEW), proof=("settled", 1)),
    "settleDeliveries below a unit": line(Ask(P.POST_SETTLE, P.UNIT_VIEW), proof=("settled", 1)),
    "requestCampaignReport": line(Ask(P.POST_VIEW, P.CAMPAIGN_VIEW, is_seen_below=True)),
    "requestExport": line(Ask(P.POST_VIEW, P.UNIT_VIEW)),
    "requestExport of accounts": line(Ask(P.ACCOUNT_VIEW, P.UNIT_VIEW)),
    "requestExport of units": line(Ask(P.UNIT_VIEW, P.UNIT_VIEW)),
    "requestExport of comments": line(Ask(P.POST_VIEW, P.UNIT_VIEW)),
    # An export is shown to nobody but who asked for it; an administrator who knows of it may remove it still.
    "discardHandout": line(Ask(P.UNIT_SET, P.UNIT_SET), of=(Role.VIEWER, Reach.ACT, HERE), proof=("discarded", True)),
    "discardHandout of a press kit": line(Ask(P.UNIT_SET, P.LESSON_VIEW), proof=("discarded", True)),
    "discardHandout of a report": line(Ask(P.UNIT_SET, P.POST_VIEW), proof=("discarded", True)),
    "cancelExport": line(of=(Role.VIEWER, Reach.ACT, HERE)),
    "logOut": line(proof=("ended", True)),
    "endSession": line(PERSON, proof=("ended", True)),
    "endSession of one's own": line(proof=("ended", True)),
    "changePassword": line(),
    "inviteUsers": line(APPOINTS, proof=("created", 1)),
    # The file is read for whoever appoints anybody there; what becomes of the row is looked at below.
    "inviteUsers as administrators": line(APPOINTS),
    "grantRole": line(APPOINTS, FOUND_PERSON),
    "grantRole of administrators": line(APPOINTS, FOUND_PERSON, **STRICTLY_ABOVE),
    # The nation has nobody above.
    "grantRole of administrators of the nation": line(Ask(P.GRANT_EDIT, P.UNIT_VIEW, "nation"), FOUND_PERSON),
    "endGrant": line(ENDS),
    "endGrant of administrators": line(ENDS, **STRICTLY_ABOVE),
    "disableUser": line(PERSON),
    "disableUser of administrators": line(PERSON, **HOLDS_MORE),
    "enableUser": line(PERSON),
    "sendResetLink": line(PERSON),
    "sendResetLink to administrators": line(PERSON, **HOLDS_MORE),
    "sendResetLink to whoever sees the nation": line(
        PERSON, not_from=["own province", ABOVE, HERE], code="USER_HOLDS_MORE"
    ),
    "editUser": line(PERSON),
    "editUser into another unit": line(Ask(P.USER_EDIT, P.UNIT_VIEW, BELOW), PERSON),
    "editUser of administrators": line(PERSON, **HOLDS_MORE),
    "openUnit": line(TREE),
    "openUnit in the territory of another": line(TREE, Ask(P.UNIT_FIND, P.UNIT_VIEW, "sibling county")),
    "renameUnit": line(COUNTY_FROM_ABOVE),
    "renameUnit of the nation": line(Ask(P.UNIT_EDIT, P.UNIT_VIEW, "nation")),
    "moveUnit": line(TOWN_FROM_ABOVE, Ask(P.UNIT_EDIT, P.UNIT_VIEW, "sibling county")),
    "mergeUnits": line(TOWN_FROM_ABOVE, SIBLING_FROM_ABOVE),
    "splitUnit": line(COUNTY_FROM_ABOVE),
    "closeUnit": line(TOWN_FROM_ABOVE, SIBLING_FROM_ABOVE),
    # It stood below the county and is to stand there again.
    "reopenUnit": line(TREE),
    "addLabelWord": line(WORDS),
    "editLabelWord": line(WORDS),
    "retireLabelWord": line(WORDS),
    "acceptUnitAct": line(TREE, TOWN_FROM_ABOVE),
    "dismissUnitAct": line(TREE),
}
# What whoever is not logged in comes in by: a secret stands in for the person, and a wrong one is refused so.
ENTERING = {
    "logIn": ({"login": "target", "password": OTHER}, "LOGIN_REFUSED"),
    "refreshLogin": ({"refreshToken": "none of ours"}, "REFRESH_REFUSED"),
    "redeemLink": ({"token": "none of ours", "password": OTHER}, "LINK_UNUSABLE"),
}
# A subscription is asked like a query, by a walk of its own: whoever adds one names it here with its test.
SUBSCRIPTIONS: dict[str, str] = {
    "handoutProgress": "tests/api/test_watching_handouts.py",
    "postProgress": "tests/api/test_sockets.py",
}


@pytest.fixture(scope="module")
async def stage(engine: AsyncEngine, keys: Keys) -> AsyncIterator[Stage]:
    async with set_stage(engine, keys) as found:
        yield found


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


@pytest.mark.parametrize("reach", Reach)
@pytest.mark.parametrize("role", Role)
async def test_nobody_does_what_they_may_not(stage: Stage, role: Role, reach: Reach):
    before = await stage.contents()
    for at in PLACES:
        user = stage.world.people[role, reach, at]
        async with stage.undone():
            codes = {case: refusal(asked, (role, reach, at)) for case, asked in TABLE.items()}
            answers = await stage.refused([case for case, code in codes.items() if code is not None], user.id)
            for case, answer in answers.items():
                assert answer.get("code") == codes[case], (case, role, reach, at, answer)
                # The field at fault: an act that was done, and only then not shown, names none.
                assert {*answer["path"][:1]} & {*stage.given(case, user.id)}, (case, role, reach, at, answer)
                assert answer["messageZh"] != answer["messageEn"]
            # Not undone before it is looked at: what is refused leaves nothing behind by itself.
            assert await stage.contents() == before, (role, reach, at)


@pytest.mark.parametrize("reach", Reach)
@pytest.mark.parametrize("role", Role)
async def test_whoever_may_does_it_with_what_others_are_refused(stage: Stage, role: Role, reach: Reach):
    for at in PLACES:
        user = stage.world.people[role, reach, at]
        for case, asked in TABLE.items():
            if refusal(asked, (role, reach, at)) is None:
                async with stage.undone():
                    await succeeds(stage, case, user.id, asked.proof)


async def succeeds(stage: Stage, case: str, user_id: UUID, proof: tuple[str, Any] | None) -> None:
    mutation = case.split()[0]
    name, value = proof or ("__typename", f"{mutation[0].upper()}{mutation[1:]}Payload")
    answer = await stage.act(case, user_id, name)
    assert answer["__typename"].endswith("Payload"), (case, user_id, answer)
    assert answer[name] == value, (case, user_id, answer)
    assert await stage.recorded(mutation, user_id) == 1, case


# Whose grants together might seem to reach further than each: the act at one place, the sight at another.
SEVERAL: list[tuple[Held, Held]] = [
    ((Role.ADMINISTRATOR, Reach.ACT, ABOVE), (Role.VIEWER, Reach.ACT, HERE)),
    ((Role.ADMINISTRATOR, Reach.ACT, ABOVE), (Role.ADMINISTRATOR, Reach.ACT, HERE)),
    ((Role.ADMINISTRATOR, Reach.ACT, HERE), (Role.ADMINISTRATOR, Reach.VIEW, "nation")),
    ((Role.ADMINISTRATOR, Reach.ACT, "sibling county"), (Role.AUDITOR, Reach.ACT, "own province")),
    ((Role.ADMINISTRATOR, Reach.ACT, BELOW), (Role.MEDIA_MANAGER, Reach.ACT, HERE)),
    ((Role.ADMINISTRATOR, Reach.FIND, "nation"), (Role.ADMINISTRATOR, Reach.ACT, "sibling town")),
]


@pytest.mark.parametrize("grants", SEVERAL, ids=lambda grants: " and ".join(f"{r} {far} {at}" for r, far, at in grants))
async def test_several_grants_reach_no_further_than_each(stage: Stage, grants: tuple[Held, Held]):
    async with stage.undone():
        async with stage.sessions() as session:
            user = await add_user(session, stage.world.units[HERE], login="several", valid_to=LONG_OVER)
            for role, reach, at in grants:
                await add_grant(session, user, stage.world.units[at], role, reach=reach)
            await share(stage, session, user.id)
        before = await stage.contents()
        for case, asked in TABLE.items():
            code = refusal(asked, *grants)
            if code is not None:
                assert (await stage.act(case, user.id)).get("code") == code, (case, grants)
        assert await stage.contents() == before
        for case, asked in TABLE.items():
            if asked.asks and refusal(asked, *grants) is None:
                async with stage.undone():
                    await succeeds(stage, case, user.id, asked.proof)


def test_whatever_is_refused_to_somebody_is_done_by_somebody_else():
    cells = [(role, reach, at) for role in Role for reach in Reach for at in PLACES]
    for case, asked in TABLE.items():
        allowed = [cell for cell in cells if refusal(asked, cell) is None]
        assert allowed, case
        # Acts on oneself are everybody's; all others are somebody's only.
        assert (len(allowed) == len(cells)) is not bool(asked.asks or asked.of), case


async def test_whoever_has_no_grant_acts_on_nobody_but_themselves(stage: Stage):
    async with stage.undone():
        async with stage.sessions() as session:
            over = await add_user(session, stage.world.units[HERE], login="over", valid_to=LONG_OVER)
        before = await stage.contents()
        for case, asked in TABLE.items():
            if asked.asks or asked.of:
                assert (await stage.act(case, over.id)).get("code") == refusal(asked), case
        assert await stage.contents() == before


@pytest.mark.parametrize("who", ["nobody", "disabled", "logged out"])
async def test_whoever_is_not_logged_in_does_nothing(stage: Stage, who: str):
    user_id = stage.world.people[Role.ADMINISTRATOR, Reach.ACT, "nation"].id
    async with stage.undone():
        if who == "disabled":
            await stage.connection.execute(update(User).where(User.id == user_id).values(disabled_at=stage.now))
        own = update(Session).where(Session.user_id == user_id)
        if who == "logged out":
            await stage.connection.execute(own.values(ended_at=stage.now))
        before = await stage.contents()
        for case in TABLE:
            asking = None if who == "nobody" else user_id
            answer = await stage.ask(case.split()[0], stage.given(case, asking), asking)
            assert [(error.extensions or {}).get("code") for error in answer.errors or ()] == ["UNAUTHENTICATED"], case
            assert answer.data is None
        assert await stage.contents() == before


@pytest.mark.parametrize("mutation", ENTERING)
async def test_nobody_comes_in_with_a_wrong_secret(stage: Stage, mutation: str):
    given, code = ENTERING[mutation]
    async with stage.undone():
        before = await stage.contents()
        answer = await stage.ask(mutation, given, None)
        assert answer.errors is None
        assert answer.data[mutation]["code"] == code
        # A guess at a name is counted, and nothing else is written.
        assert {table for table, print_ in (await stage.contents()).items() if print_ != before[table]} == (
            {"login_guards"} if mutation == "logIn" else set()
        )


@pytest.mark.parametrize("mutation", ENTERING)
async def test_whoever_has_the_right_secret_comes_in(stage: Stage, mutation: str):
    target = stage.rows["target"]
    async with stage.undone():
        async with stage.sessions() as session:
            login, door = await logged_in(session, target, sessions=stage.sessions, now=stage.now)
            token = await link_for(session, target, now=stage.now, keys=door.links)
        secrets: dict[str, dict[str, Any]] = {
            "logIn": {"login": target.login, "password": PASSWORD},
            "refreshLogin": {"refreshToken": login.refresh_token},
            "redeemLink": {"token": token, "password": OTHER},
        }
        answer = await stage.ask(mutation, secrets[mutation], None)
        assert answer.errors is None
        assert answer.data[mutation]["__typename"].endswith("Payload"), answer.data
        # That an app goes on is no decision of anybody.
        assert await stage.recorded(mutation, target.id) == (0 if mutation == "refreshLogin" else 1)


@pytest.mark.parametrize("at", line_of(HERE))
async def test_a_row_of_a_file_goes_by_the_rule_of_levels(stage: Stage, at: str):
    user = stage.world.people[Role.ADMINISTRATOR, Reach.ACT, at]
    async with stage.undone():
        shown = "created refused users { outcome problems { code } }"
        answer = await stage.act("inviteUsers as administrators", user.id, shown)
        codes = [problem["code"] for row in answer["users"] for problem in row["problems"]]
        is_own = at == HERE
        assert (answer["created"], answer["refused"], codes) == ((0, 1, ["GRANT_FROM_ABOVE"]) if is_own else (1, 0, []))


def test_every_mutation_has_a_line_in_the_table():
    assert {case.split()[0] for case in TABLE} | set(ENTERING) == set(mutations())
    assert not {case.split()[0] for case in TABLE} & set(ENTERING)


def test_every_subscription_is_listed():
    served = SERVED.subscription_type
    assert set(served.fields if served else ()) == set(SUBSCRIPTIONS)


async def test_every_case_has_its_input(stage: Stage):
    assert set(TABLE) == {*stage.inputs, "endSession of one's own"}
