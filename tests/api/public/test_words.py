"""The pages have words in both languages for all that lessons may say."""

import re

from api.public.words import WORDS, Language, named
from domain.terms import ContentGuidance, Licence, ServiceKind, SupervisionLevel

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_every_word_of_the_field_that_a_page_shows_has_both_languages():
    for kind in (ServiceKind, SupervisionLevel, ContentGuidance, Licence):
        for term in kind:
            assert named(term, Language.ZH) == term.zh
            assert not CHINESE.search(named(term, Language.EN))


def test_every_word_of_the_pages_is_chinese_in_one_language_alone():
    # The switch names the other language in that language.
    assert [word for word, (zh, en) in WORDS.items() if not CHINESE.search(zh) or CHINESE.search(en)] == ["other"]
