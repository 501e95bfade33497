"""Refusals: stable codes, the same facts in two languages, and no message without its facts."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import domain
from domain import refusals
from domain.refusals import Conflict, Invalid, NotAuthenticated, NotFound, NotPermitted, QuotaExceeded, Reason, Refusal
from domain.terms import HostKind

# Programs decide by these codes: one may be added, none renamed or taken away.
CODES = {
    "UNAUTHENTICATED",
    "NOT_PERMITTED",
    "NOT_FOUND",
    "BAD_ID",
    "BAD_CURSOR",
    "BAD_PAGE",
    "TOO_MANY",
    "TOO_MANY_ROWS",
    "SEARCH_TOO_SHORT",
    "PERIOD_INVALID",
    "DATE_TOO_EARLY",
    "ACT_TOO_EARLY",
    "ACT_DECIDER_GONE",
    "DECIDED_ABOVE",
    "ACT_DECIDED",
    "UNIT_AWAITED",
    "UNIT_CLOSED",
    "UNIT_OPEN",
    "UNIT_UNCHANGED",
    "UNIT_CODE_TAKEN",
    "UNIT_HAS_CHILDREN",
    "UNIT_LEVELS_DIFFER",
    "LEVEL_NOT_BELOW",
    "TERRITORY_ELSEWHERE",
    "NATION_STAYS",
    "MERGE_UNITS",
    "SPLIT_PARTS",
    "SPLIT_CHILDREN",
    "WORDS_TOO_LONG",
    "WORDING_BLOCKS",
    "WORDING_NOT_SEEN",
    "LABEL_WORD_THERE",
    "LABEL_WORD_RETIRED",
    "LABEL_WORD_UNUSABLE",
    "TEXT_EMPTY",
    "TEXT_TOO_LONG",
    "TEXT_HAS_TOPIC",
    "FILE_KIND",
    "FILE_SIZE",
    "UPLOADS_SPENT",
    "PICTURE_KIND",
    "PICTURE_SIZE",
    "TIME_WITHOUT_ZONE",
    "TIME_PASSED",
    "TIME_TOO_FAR",
    "CHOOSE_TIME",
    "WALL_TIME_UNREADABLE",
    "ZONE_UNKNOWN",
    "SPREAD_INVALID",
    "SERIES_SIZE",
    "SERIES_TOO_LARGE",
    "SERIES_REPEATS",
    "LESSON_NOT_SHOWCASE",
    "PRESS_SUBJECT",
    "CONTACT_NAMES_PERSON",
    "PICTURE_NOT_APPROVED",
    "CAMPAIGN_WITHOUT_SHOWCASE",
    "FILES_SPENT",
    "PRESS_PICTURE_MISSING",
    "FILE_GAVE_UP",
    "EXPORT_FILTER_UNFIT",
    "EXPORTS_UNDER_WAY",
    "EXPORT_ENDED",
    "EXPORT_REACH_LOST",
    "EXPORT_TOO_LARGE",
    "PRESS_WORDING",
    "LESSON_ALREADY_SHOWCASE",
    "LESSON_STAYS",
    "LESSON_USED",
    "HOLIDAYS_THERE",
    "DAYS_UNFIT",
    "PRACTICE_TWICE",
    "LESSON_POSTED",
    "CAMPAIGN_ASKS_NOTHING",
    "REVISION_SHOWN",
    "REVISION_ERASED",
    "SHOWCASER_IS_AUTHOR",
    "SHOWCASE_UNREVIEWED",
    "SHOWCASE_CHANGED",
    "THEMES_CHANGED",
    "NUMBER_UNFIT",
    "AGES_UNFIT",
    "STEPS_TOO_LONG",
    "LICENCE_FORBIDS",
    "DAY_UNFIT",
    "CALL_NOT_ABOVE",
    "CALL_NOT_OPEN",
    "CALL_STILL_OPEN",
    "CALL_QUOTA_SPENT",
    "LESSON_NOT_BELOW",
    "NOMINATION_ENDED",
    "REVIEWER_CONCERNED",
    "REVIEWER_SEES_LESSON",
    "REVIEW_SCORED",
    "SCORING_OVER",
    "SCORE_BY_UNFIT",
    "NOMINATION_UNSCORED",
    "DECIDER_IS_REVIEWER",
    "REVIEWS_CLOSED",
    "REVIEWS_OPEN",
    "GOODS_UNFIT",
    "PRACTICE_WITHDRAWN",
    "NO_ACCOUNTS",
    "TOKEN_EXPIRED",
    "CSRF_FAILED",
    "LOGIN_REFUSED",
    "LOGIN_LOCKED",
    "LOGINS_BUSY",
    "REFRESH_REFUSED",
    "REFRESH_RACED",
    "LINK_UNUSABLE",
    "PASSWORD_WRONG",
    "PASSWORD_TOO_SHORT",
    "PASSWORD_TOO_LONG",
    "PASSWORD_WEAK",
    "POST_APPROVED",
    "TOO_MANY_POSTS",
    "POST_NAMED_TWICE",
    "POSTS_OF_SEVERAL_UNITS",
    "POST_NOT_APPROVED",
    "APPROVER_IS_AUTHOR",
    "POST_CANCELLED",
    "POST_HELD",
    "POST_NOT_HELD",
    "NOTHING_LEFT_TO_EDIT",
    "POST_PARTLY_SENT",
    "LATENESS_INVALID",
    "NOT_FOR_A_PERSON",
    "LINK_UNFIT",
    "LINK_NEEDED",
    "CHOOSE_FACET",
    "CHOOSE_PLACE",
    "SILENCE_THERE",
    "SILENCE_LIFTED",
    "ONLY_BY_RELEASE",
    "EDITED_MEANWHILE",
    "GUIDANCE_NOT_ABOVE",
    "CHOOSE_ACCOUNTS",
    "NOT_ENTITLED_TO_RUN",
    "RUNS_IT_ALREADY",
    "DELEGATION_OVER",
    "UNTIL_PASSED",
    "ACCOUNT_SUSPENDED",
    "ACCOUNT_NOT_SUSPENDED",
    "CHOOSE_UNIT_OR_ACCOUNT",
    "SAME_PERSON",
    "SETTING_OF_THE_UNIT",
    "GOAL_WITHDRAWN",
    "GRANT_FROM_ABOVE",
    "GRANT_TO_SELF",
    "GRANT_THERE",
    "GRANT_ENDED",
    "GRANT_PERIOD",
    "USER_HOLDS_MORE",
    "USER_IS_SELF",
    "USER_DISABLED",
    "USER_ENABLED",
    "LOGIN_TAKEN",
    "LOGIN_UNUSABLE",
    "LOGIN_TWICE",
    "NAME_UNUSABLE",
    "WORD_UNKNOWN",
    "DAY_UNREADABLE",
    "DAY_PASSED",
    "FILE_HEADER",
    "FILE_UNREADABLE",
    "CELLS_TOO_MANY",
    "RULE_UNFIT",
    "OCCASION_THERE",
    "OCCASION_RETIRED",
    "OCCASION_DATE_UNFIT",
    "CHOOSE_OCCASION_DATE",
    "SCHOOL_TERMS_OVERLAP",
    "QUOTA_TWICE",
    "QUOTA_ABOVE",
    "KEY_UNUSABLE",
    "KEY_REUSED",
}
ROOT = Path(domain.__file__).parent.parent
KINDS = {"Invalid", "Conflict", "QuotaExceeded"}


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def raised() -> Iterator[tuple[str, Reason, set[str]]]:
    """Every place in the code that refuses with a reason, and the facts given there."""
    for room in ("domain", "schema", "api", "workers"):
        for file in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                    reason = node.args[0]
                    assert isinstance(reason, ast.Attribute), f"{file}:{node.lineno} names no reason"
                    facts = {keyword.arg for keyword in node.keywords if keyword.arg}
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", Reason[reason.attr], facts - {"path"}


def test_the_codes_are_the_published_ones():
    assert {reason.name for reason in Reason} == CODES


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.name)
def test_both_languages_take_the_same_facts(reason: Reason):
    assert placeholders(reason.zh) == placeholders(reason.en)


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.name)
def test_both_languages_can_be_put_into_words(reason: Reason):
    refusal = Refusal(reason, **dict.fromkeys(placeholders(reason.en), "FACT"))
    for language in ("zh", "en"):
        words = refusal.words(language)
        assert "{" not in words
        assert words.count("FACT") == len(placeholders(reason.en))
    assert any("一" <= letter <= "鿿" for letter in refusal.words("zh"))
    assert refusal.words("en").isascii()


def test_wherever_the_code_refuses_it_gives_the_facts_of_the_message():
    places = list(raised())
    wrong = [place for place, reason, facts in places if facts != placeholders(reason.en)]
    assert len(places) > 10
    assert wrong == []


def test_a_term_among_the_facts_is_named_in_the_language_of_the_message():
    refusal = Invalid(Reason.TEXT_HAS_TOPIC, host=HostKind.WEIBO)
    assert refusal.words("zh").startswith("新浪微博接口")
    assert refusal.words("en").startswith("WEIBO refuses")


@pytest.mark.parametrize("what", ["unit", "Unit"])
def test_a_missing_row_is_named_in_the_language_of_the_message(what: str):
    refusal = NotFound(what, path="unitId")
    assert refusal.words("zh") == "找不到该机构,或您无权查看。"
    assert refusal.words("en").startswith("There is no such unit,")


@pytest.mark.parametrize(
    ("noun", "named"), [("lessonfile", "file of a lesson"), ("LessonRevision", "revision of a lesson")]
)
def test_a_missing_row_is_named_in_english_words(noun: str, named: str):
    assert NotFound(noun).words("en") == f"There is no such {named}, or you may not see it."
    assert Invalid(Reason.BAD_ID, what=noun).words("en") == f"This is no id of the kind asked for: {named}."


def test_a_noun_is_named_as_words_in_both_languages_also_among_several():
    refused = Invalid(Reason.BAD_ID, what="CampaignReport / Export / PressKit")
    assert refused.words("en").endswith(": campaign report / export / press kit.")
    assert "推介报告 / 数据导出 / 新闻素材包" in refused.words("zh")
    assert Invalid(Reason.BAD_ID, what="Account").words("en").endswith(": account.")


def test_every_noun_that_can_be_missing_has_a_chinese_name():
    calls = [
        node
        for room in ("domain", "schema", "api")
        for file in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "NotFound"
    ]
    nouns = {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}
    assert "lesson" in nouns
    assert nouns <= set(refusals.NOUNS)


def test_the_path_names_the_input_field_step_by_step():
    assert NotFound("unit", path="input.unitId").path == ("input", "unitId")
    assert NotAuthenticated().path == ()


def test_a_refused_permission_is_named():
    refusal = NotPermitted("post:cancel", path="postId")
    assert refusal.code == "NOT_PERMITTED"
    assert "post:cancel" in refusal.words("zh")
    assert "post:cancel" in refusal.words("en")


def test_only_a_used_up_limit_may_be_asked_again():
    kinds: list[type[Refusal]] = [NotAuthenticated, NotPermitted, NotFound, Conflict, Invalid, QuotaExceeded]
    assert [kind for kind in kinds if kind.retryable] == [QuotaExceeded]


def test_the_docstring_draws_every_kind_of_refusal():
    drawn = Refusal.__doc__ or ""
    kinds = [kind for kind in Refusal.__subclasses__() if kind.__module__ == refusals.__name__]
    assert len(kinds) == 6
    assert all(kind.__name__ in drawn for kind in kinds)
