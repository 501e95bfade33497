"""The sandbox's own reading of the platform's rules for texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.texts import counted_length, first_safe_url, has_topic, short_code

texts = st.text(st.characters(codec="utf-8"), max_size=400)


@pytest.mark.parametrize(
    ("text", "length"),
    [("", 0), ("a", 1), ("ab", 1), ("abc", 2), ("é", 1), ("ÿÿ", 1), ("Ā", 1), ("课", 1), ("课a", 2), ("😀", 2)],
)
def test_latin_counts_half_chinese_one_and_the_rest_two(text, length):
    assert counted_length(text) == length


@pytest.mark.parametrize(("text", "length"), [("a" * 280, 140), ("课" * 140, 140), ("😀" * 70, 140)])
def test_the_limit_is_70_to_280_characters(text, length):
    assert counted_length(text) == length
    assert counted_length(text + "a") == length + 1


@given(texts)
def test_the_length_is_the_rounded_up_sum_of_the_characters(text):
    halves = sum(1 if ord(c) < 0x100 else 2 if ord(c) < 0x10000 else 4 for c in text)
    assert counted_length(text) == -(-halves // 2)


@given(texts, texts)
def test_joining_texts_saves_at_most_one_character(one, other):
    apart = counted_length(one) + counted_length(other)
    assert apart - 1 <= counted_length(one + other) <= apart


@pytest.mark.parametrize("text", ["#七彩课堂#", "看 #七彩 课堂# 好", "C# and F#", "a #x https://e.org/#part y# b"])
def test_a_topic_is_text_between_two_marks(text):
    assert has_topic(text)


@pytest.mark.parametrize("text", ["", "#", "##", "# #", "第1#课", "https://e.org/#a 见 https://e.org/#b"])
def test_a_single_mark_or_the_fragment_of_a_link_is_no_topic(text):
    assert not has_topic(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("见 https://qicai.example/s/abc", "https://qicai.example/s/abc"),
        ("见https://qicai.example/s/abc，欢迎", "https://qicai.example/s/abc"),
        ("See https://qicai.example/s/abc.", "https://qicai.example/s/abc"),
        ("HTTPS://QICAI.example/s/abc", "HTTPS://QICAI.example/s/abc"),
        ("http://m.qicai.example/s/abc", "http://m.qicai.example/s/abc"),
        ("https://other.example/s/x https://qicai.example/s/y", "https://qicai.example/s/y"),
        ("https://qicai.example.evil.example/s/x", None),
        ("https://notqicai.example/s/x", None),
        ("https://qicai.example@evil.example/s/x", None),
        ("https://evil.example/?https://qicai.example/s/x", None),
        ("https://[broken https://qicai.example/s/y", "https://qicai.example/s/y"),
        ("qicai.example/s/x", None),
    ],
)
def test_the_first_link_to_the_safe_domain_is_found(text, url):
    assert first_safe_url(text, "qicai.example") == url


def test_a_safe_domain_may_have_a_port():
    assert first_safe_url("http://127.0.0.1:8000/s/a", "127.0.0.1:8000") == "http://127.0.0.1:8000/s/a"
    assert first_safe_url("http://127.0.0.1:8001/s/a", "127.0.0.1:8000") is None


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://q.e/s/abc", "abc"),
        ("https://q.e/s/abc/?x=/y#/z", "abc"),
        ("https://q.e", None),
        ("https://q.e/", None),
    ],
)
def test_the_code_is_the_last_segment_of_the_path(url, code):
    assert short_code(url) == code
