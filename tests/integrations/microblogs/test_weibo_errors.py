"""Weibo's table of error codes, written down here a second time."""

from collections import Counter

import pytest

from domain.hosts import port
from integrations.microblogs import weibo_errors

TABLE: dict[type[port.HostError], list[int]] = {
    port.TransientBeforeSend: [10002, 10009, 20014],
    port.OutcomeUnknown: [10001, 10003, 10010, 10011],
    port.Unauthorized: [21301, 21314, 21315, 21316, 21317, 21319, 21327, 21332],
    port.PermissionMissing: [10005, 10014, 20102, 21321],
    port.Invalid: [10007, 10008, 10012, 10016, 10017, 10018, 20008, 20009, 20012, 20013, 20109],
    port.MediaInvalid: [20005, 20006, 20007],
    port.Duplicate: [20017, 20019, 20111],
    port.ContentRejected: [20018, 20020, 20021, 20104, 21602],
    port.AccountBlocked: [10013, 20015, 20022],
    port.HumanNeeded: [20031, 20507],
    port.Gone: [20003, 20101, 20201],
    port.Misconfigured: [10006, 10020, 10021, 21305, 21320],
    port.RateLimited: [10004, 10022, 10023, 10024, 20016],
}
SCOPES = {10004: "host", 10022: "host", 10023: "account", 10024: "account", 20016: "account"}
CODES = [(code, kind) for kind, codes in TABLE.items() for code in codes]
ACCEPTED = 20032
# Known to the sandbox from the OAuth side, and to no class.
UNKNOWN = 21325


def test_no_code_is_in_two_classes():
    listed = Counter(code for codes in weibo_errors.CLASSES.values() for code in codes.split())
    listed.update(list(weibo_errors.LIMITS))
    listed.update([weibo_errors.ACCEPTED])
    assert listed.most_common(1)[0][1] == 1


def test_every_code_of_the_table_has_a_class_and_no_other_code_has():
    known = {*weibo_errors.BY_CODE, *weibo_errors.LIMITS, weibo_errors.ACCEPTED}
    assert known == {str(code) for code, _ in CODES} | {str(ACCEPTED)}


def test_every_way_to_fail_is_in_the_table():
    assert set(TABLE) == set(port.HostError.__subclasses__())


@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize(("code", "kind"), CODES)
def test_a_code_means_the_same_on_writes_and_reads(code: int, kind: type[port.HostError], writes: bool):
    error = weibo_errors.error_for(str(code), "words", writes=writes)
    assert type(error) is kind
    assert (error.code, error.detail) == (str(code), "words")


@pytest.mark.parametrize(("code", "scope"), SCOPES.items())
def test_a_limit_says_who_is_limited(code: int, scope: str):
    error = weibo_errors.error_for(str(code), "", writes=True)
    assert isinstance(error, port.RateLimited)
    assert (error.scope, error.until) == (scope, None)


def test_an_unknown_code_may_hide_a_success_on_a_write_only():
    assert type(weibo_errors.error_for("99999", "", writes=True)) is port.OutcomeUnknown
    assert type(weibo_errors.error_for("99999", "", writes=False)) is port.TransientBeforeSend


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error_code": 20019}, "20019"),
        ({"error_code": "20019"}, "20019"),
        ({"error": "no code"}, None),
        ([{"error_code": 1}], None),
        ("error_code", None),
        (None, None),
    ],
)
def test_a_code_is_a_number_or_a_string(answer: object, code: str | None):
    assert weibo_errors.code_of(answer) == code
