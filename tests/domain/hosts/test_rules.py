"""How a platform counts, and which texts and pictures it would refuse."""

from dataclasses import replace
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.hosts.rules import (
    CAPABILITIES,
    WEIBO,
    PictureLimits,
    check_picture,
    check_text,
    is_the_platform,
    weibo_length,
)
from domain.refusals import Invalid, Reason
from domain.terms import HostKind, Metric, PictureKind

latin = st.text(st.characters(max_codepoint=0xFF))
han = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF))
beyond = st.text(st.characters(min_codepoint=0x10000, exclude_categories=["Cs"]))
texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(latin, han, beyond)
def test_latin_letters_count_a_half_chinese_one_and_emoji_two(letters: str, signs: str, emoji: str):
    expected = ceil(len(letters) / 2) + len(signs) + 2 * len(emoji)
    assert weibo_length(signs + letters + emoji) == expected


@given(texts, texts)
def test_what_is_put_together_is_rounded_up_once(one: str, other: str):
    together = weibo_length(one + other)
    assert weibo_length(one) + weibo_length(other) - 1 <= together <= weibo_length(one) + weibo_length(other)


@given(texts)
def test_the_order_of_a_text_does_not_matter(text: str):
    assert weibo_length(text) == weibo_length(text[::-1])


@pytest.mark.parametrize(
    ("text", "length"),
    [("", 0), ("a", 1), ("ab", 1), ("abc", 2), ("七彩", 2), ("七彩a", 3), ("七彩ab", 3), ("😀", 2), ("ÿ", 1), ("Ā", 1)],
)
def test_known_texts_have_known_lengths(text: str, length: int):
    assert weibo_length(text) == length


@pytest.mark.parametrize("text", ["七" * 140, "a" * 280, "😀" * 70, "七" * 139 + "ab"])
def test_a_text_that_fills_the_limit_is_taken(text: str):
    check_text(text, WEIBO, path="text")


@pytest.mark.parametrize("text", ["七" * 141, "a" * 281, "😀" * 70 + "a", "七" * 140 + "a"])
def test_a_text_one_over_the_limit_is_refused_with_both_numbers(text: str):
    with pytest.raises(Invalid) as caught:
        check_text(text, WEIBO, path="text")
    assert caught.value.reason is Reason.TEXT_TOO_LONG
    assert caught.value.path == ("text",)
    assert caught.value.facts == {"host": HostKind.WEIBO, "length": 141, "limit": 140}


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_an_empty_text_is_refused(text: str):
    with pytest.raises(Invalid) as caught:
        check_text(text, WEIBO, path="body")
    assert (caught.value.reason, caught.value.path) == (Reason.TEXT_EMPTY, ("body",))


@pytest.mark.parametrize("text", ["#七彩课堂#", "看 #七彩 课堂# 吧", "a#b#c", "#多\n行#", "##a##"])
def test_a_topic_is_refused_where_the_platform_takes_none(text: str):
    with pytest.raises(Invalid) as caught:
        check_text(text, WEIBO, path="text")
    assert (caught.value.reason, caught.value.path) == (Reason.TEXT_HAS_TOPIC, ("text",))
    check_text(text, replace(WEIBO, takes_topics=True), path="text")


@pytest.mark.parametrize("text", ["第1名 #1", "C# 课", "# 标题", "##", "# #", "a # b # c"])
def test_a_hash_that_makes_no_topic_is_taken(text: str):
    check_text(text, WEIBO, path="text")


def test_every_platform_has_its_capabilities():
    assert set(CAPABILITIES) == set(HostKind)
    for kind, capabilities in CAPABILITIES.items():
        assert capabilities.kind is kind
        assert capabilities.metrics <= set(Metric)
        assert min(capabilities.text_limit, capabilities.batch_size, capabilities.look_back) > 0


@pytest.mark.parametrize("kind", PictureKind)
def test_weibo_takes_every_kind_of_picture_below_its_limit(kind: PictureKind):
    check_picture(kind, 5 * 1024 * 1024 - 1, WEIBO, path="pictureId")
    with pytest.raises(Invalid) as caught:
        check_picture(kind, 5 * 1024 * 1024, WEIBO, path="pictureId")
    assert (caught.value.reason, caught.value.path) == (Reason.PICTURE_SIZE, ("pictureId",))


@pytest.mark.parametrize("limits", [None, PictureLimits(frozenset({PictureKind.JPEG}), 1000)])
def test_a_platform_without_such_pictures_says_which_it_takes(limits: PictureLimits | None):
    with pytest.raises(Invalid) as caught:
        check_picture(PictureKind.GIF, 1, replace(WEIBO, picture=limits), path="pictureId")
    assert caught.value.reason is Reason.PICTURE_KIND
    assert ("JPEG" if limits else "-") in caught.value.words("zh")
    assert ("JPEG" if limits else "-") in caught.value.words("en")


@pytest.mark.parametrize(
    ("address", "is_real"),
    [
        ("https://api.weibo.com", True),
        ("https://weibo.com/2/", True),
        ("http://127.0.0.1:8766", False),
        ("https://api.weibo.com.example", False),
        ("https://notweibo.com", False),
        ("", False),
    ],
)
def test_what_answers_elsewhere_is_not_the_platform(address: str, is_real: bool):
    assert is_the_platform(HostKind.WEIBO, address) is is_real
