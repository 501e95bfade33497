"""Files, functions and nesting stay small enough to be read at once."""

import ast
from collections.abc import Iterator

from tests.house.sources import Source, code, hold, sources

FILE_LINES = 400
FUNCTION_LINES = 50
DEPTH = 3
# A migration is one list of statements, read once from top to bottom.
LISTS = ("migrations/versions/",)
# A `try` is no level, since it decides nothing; a handler is one.
BLOCKS = ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.ExceptHandler | ast.Match
SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


def long_files(source: Source) -> Iterator[str]:
    lines = len(source.text.splitlines())
    if lines > FILE_LINES:
        yield f"{source.path}:{FILE_LINES + 1}: {lines} lines"


def long_functions(source: Source) -> Iterator[str]:
    for function in source.functions:
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES:
            yield source.at(function, f"{function.name} has {lines} lines")


def deep_functions(source: Source) -> Iterator[str]:
    for function in source.functions:
        for block, depth in _blocks(function, 0):
            if depth == DEPTH + 1:
                yield source.at(block, f"{function.name} is nested {depth} deep here")


def _blocks(node: ast.AST, depth: int) -> Iterator[tuple[ast.AST, int]]:
    """The blocks below a node with their depth; an `elif` is no deeper than its `if`, a function starts anew."""
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, SCOPES):
                continue
            elif_ = (
                name == "orelse" and isinstance(child, ast.If) and child.col_offset == getattr(node, "col_offset", -1)
            )
            if elif_ or not isinstance(child, BLOCKS):
                yield from _blocks(child, depth)
            else:
                yield child, depth + 1
                yield from _blocks(child, depth + 1)


def test_no_file_is_longer_than_400_lines():
    found = [breach for source in sources() for breach in long_files(source)]
    hold(found, rule="A file has at most 400 lines: two life-cycles are two files, split by act.")


def test_no_function_is_longer_than_50_lines():
    own = [source for source in sources() if not source.path.startswith(LISTS)]
    found = [breach for source in own for breach in long_functions(source)]
    hold(found, rule="A function has at most 50 lines: give the parts names, in the order they are called.")


def test_no_function_nests_deeper_than_three():
    found = [breach for source in code() for breach in deep_functions(source)]
    hold(found, rule="Blocks nest at most 3 deep: return early, or name the inner part.")


def test_a_long_file_and_a_long_function_are_noticed():
    body = "    pass\n" * FUNCTION_LINES
    assert list(long_functions(Source("domain/x.py", f"def fits():\n{body[9:]}"))) == []
    assert list(long_functions(Source("domain/x.py", f"\ndef grows():\n{body}"))) == [
        "domain/x.py:2: grows has 51 lines"
    ]
    assert list(long_files(Source("domain/x.py", "\n" * 400))) == []
    assert list(long_files(Source("domain/x.py", "\n" * 401))) == ["domain/x.py:401: 401 lines"]


def test_nesting_counts_blocks_and_not_elifs():
    text = "def f():\n for a in b:\n  with c:\n   if d: pass\n   elif e: pass\n   elif g: pass\n   else: pass\n"
    assert list(deep_functions(Source("domain/x.py", text))) == []
    deeper = text.replace("else: pass", "else:\n    if h: pass")
    assert list(deep_functions(Source("domain/x.py", deeper))) == ["domain/x.py:8: f is nested 4 deep here"]


def test_a_handler_is_a_level_and_its_try_is_none():
    text = "def f():\n for a in b:\n  with c:\n   try:\n    if d: pass\n   except E:\n    pass\n"
    assert list(deep_functions(Source("domain/x.py", text))) == []
    assert len(list(deep_functions(Source("domain/x.py", text + "    if g: pass\n")))) == 1


def test_a_function_inside_a_function_starts_anew():
    text = "def f():\n if a:\n  if b:\n   if c:\n    def g():\n     if d: pass\n"
    assert list(deep_functions(Source("domain/x.py", text))) == []
