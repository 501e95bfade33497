"""The words of the field: one value, one Chinese term, and a column that holds them."""

import pytest

from domain.base.models import term
from domain.terms import Level, Term

WORDS = [word for kind in Term.__subclasses__() for word in kind]


@pytest.mark.parametrize("word", WORDS, ids=repr)
def test_a_word_is_kept_under_its_own_name(word: Term):
    # Columns keep the name, indexes and statements say the value: they must not part.
    assert word.value == word.name == str(word) == f"{word}"


@pytest.mark.parametrize("word", WORDS, ids=repr)
def test_a_word_has_a_chinese_term(word: Term):
    assert any("一" <= letter <= "鿿" for letter in word.zh)


@pytest.mark.parametrize("kind", Term.__subclasses__())
def test_every_word_of_a_kind_has_a_term_of_its_own(kind: type[Term]):
    assert len({word.zh for word in kind}) == len(list(kind))


@pytest.mark.parametrize("kind", Term.__subclasses__())
def test_a_kind_of_word_says_its_chinese_term_in_its_docstring(kind: type[Term]):
    assert kind.__doc__
    assert any("一" <= letter <= "鿿" for letter in kind.__doc__)


@pytest.mark.parametrize("kind", Term.__subclasses__())
def test_a_column_is_wide_enough_for_every_word(kind: type[Term]):
    length = term(kind).length
    assert length is not None
    assert max(len(word.value) for word in kind) <= length


def test_levels_are_one_to_five_from_the_nation_down():
    depths = {level: level.depth for level in Level}
    assert depths == {
        Level.NATIONAL: 1,
        Level.PROVINCIAL: 2,
        Level.PREFECTURE: 3,
        Level.COUNTY: 4,
        Level.GRASSROOTS: 5,
    }
