"""The walls see every file, and a breach of one is told with its place."""

import ast

import pytest

from tests.house.sources import ROOMS, Source, _walk, code, dotted, hold, project_files, sources


def test_a_breach_fails_with_its_place_and_its_rule():
    with pytest.raises(pytest.fail.Exception, match=r"(?s)2 x Do better\..*a\.py:1: one.*b\.py:2: two"):
        hold(iter(["a.py:1: one", "b.py:2: two"]), rule="Do better.")
    hold([], rule="Do better.")


def test_the_walls_look_at_every_room_and_at_the_tests():
    assert {source.room for source in code()} == set(ROOMS)
    assert "tests/house/test_sources.py" in {source.path for source in sources()}
    assert {source.room for source in code("domain")} == {"domain"}


def test_without_git_the_same_code_is_found():
    walked = {name for name in _walk() if name.endswith(".py")}
    assert {source.path for source in sources()} <= walked
    assert not any(name.startswith((".venv", "var/")) for name in walked)
    assert "pyproject.toml" in project_files()


def test_names_are_read_as_written():
    read = [dotted(ast.parse(text, mode="eval").body) for text in ("now", "datetime.now", "f().now", "1")]
    assert read == ["now", "datetime.now", "", ""]
    assert Source("domain/posts/__init__.py", "").module == "domain.posts"
