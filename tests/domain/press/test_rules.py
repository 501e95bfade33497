"""What is asked of a contact and of captions."""

import pytest

from domain.press.rules import checked_contact, checked_words
from domain.refusals import Invalid, Reason


def test_a_contact_is_one_line():
    assert checked_contact(" 电话 029-12345678\n人民路 1 号 ") == "电话 029-12345678 人民路 1 号"


@pytest.mark.parametrize(
    ("contact", "reason"),
    [
        ("  ", Reason.TEXT_EMPTY),
        ("1" * 101, Reason.WORDS_TOO_LONG),
        ("联系人某某 029-12345678", Reason.CONTACT_NAMES_PERSON),
        ("某老师 029-12345678", Reason.CONTACT_NAMES_PERSON),
    ],
)
def test_a_contact_that_is_none_of_a_unit_is_refused(contact: str, reason: Reason):
    with pytest.raises(Invalid) as caught:
        checked_contact(contact)
    assert (caught.value.reason, caught.value.path) == (reason, ("contact",))


@pytest.mark.parametrize(
    ("pictures", "path"),
    [
        ([{"caption": "课堂", "credit": " "}], ("pictures", "0", "credit")),
        ([{"caption": "", "credit": "单位"}], ("pictures", "0", "caption")),
        ([{"caption": "课堂", "credit": "单位"}] * 5, ("pictures",)),
    ],
)
def test_every_picture_has_its_words_and_there_are_few(pictures: list[dict[str, str]], path: tuple[str, ...]):
    with pytest.raises(Invalid) as caught:
        checked_words(pictures)
    assert caught.value.path == path
