"""New ids grow with time, and codes can be read aloud."""

import time
from uuid import UUID

from domain.base.ids import CODE_ALPHABET, CODE_LENGTH, new_code, new_id


def milliseconds(row_id: UUID) -> int:
    return row_id.int >> 80


def test_an_id_is_a_uuid_of_version_7():
    for _ in range(200):
        row_id = new_id()
        assert row_id.version == 7
        assert row_id.variant == "specified in RFC 4122"


def test_an_id_begins_with_the_milliseconds_of_its_making():
    before = time.time_ns() // 1_000_000
    made = [milliseconds(new_id()) for _ in range(1000)]
    after = time.time_ns() // 1_000_000
    assert made == sorted(made)
    assert before <= made[0] <= made[-1] <= after


def test_a_later_millisecond_gives_a_greater_id(monkeypatch):
    instants = iter(range(1_780_000_000_000_000_000, 1_780_000_000_500_000_000, 1_000_000))
    monkeypatch.setattr(time, "time_ns", lambda: next(instants))
    made = [new_id() for _ in range(400)]
    assert made == sorted(made)
    assert [row_id.bytes for row_id in made] == sorted(row_id.bytes for row_id in made)


def test_ids_of_one_millisecond_differ(monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_780_000_000_000_000_000)
    assert len({new_id() for _ in range(5000)}) == 5000


def test_all_random_bits_are_used(monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    seen_one, seen_zero = 0, 0
    for _ in range(300):
        value = new_id().int
        seen_one |= value
        seen_zero |= ~value
    random = ((1 << 80) - 1) & ~(0xF << 76) & ~(0x3 << 62)
    assert seen_one & random == random
    assert seen_zero & random == random


def test_a_code_has_ten_letters_of_the_alphabet():
    codes = [new_code() for _ in range(2000)]
    assert {len(code) for code in codes} == {CODE_LENGTH} == {10}
    assert {letter for code in codes for letter in code} == set(CODE_ALPHABET)
    assert len(set(codes)) == len(codes)


def test_the_alphabet_spells_no_word_and_has_no_look_alikes():
    assert len(set(CODE_ALPHABET)) == len(CODE_ALPHABET) == 28
    assert set(CODE_ALPHABET).isdisjoint("aeiou01l")
    assert CODE_ALPHABET.lower() == CODE_ALPHABET
