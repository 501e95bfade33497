"""What code says: through its log, with an issue number, and never by swallowing what it did not foresee."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tests.house.sources import Source, code, dotted, hold, sources

LATER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
NUMBER = re.compile(r"#\d+")
BROAD = {"Exception", "BaseException"}
# A door that must not fall shut over one defect: it tells the defect as an error, and goes on.
GOES_ON = {
    "workers/lane.py:_claimed": "a defect in one lane's claim must not stop the other lanes",
    "workers/audit.py:_round": "a defect in one round must not end the sealing of all that is decided later",
    "workers/gate.py:_whole": "a defect in one step at the gate must not keep the others from holding and letting go",
    "workers/units.py:carry_out_due": "a defect in one change of the tree must not keep the others from their day",
    "workers/requests.py:forget_old": "a defect in forgetting must not end the sending beside it",
    "workers/renewals.py:find_renewals": "a defect in finding renewals must not end the sending beside it",
    "workers/rollups.py:keep_rollups": "a defect in counting must not end the sending beside it",
    "workers/posts.py:_answer": "a claim whose client is broken has to end with a person, not come up for ever",
}


def prints(source: Source) -> Iterator[str]:
    for node in source.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "pprint"):
            yield source.at(node, f"{node.func.id}(...)")


def loose_ends(source: Source) -> Iterator[str]:
    """Comments that put something off without saying where it is kept."""
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and LATER.search(token.string) and not NUMBER.search(token.string):
            yield f"{source.path}:{token.start[0]}: {token.string}"


def swallowed(source: Source) -> Iterator[str]:
    """Handlers of everything that neither raise it again at their end nor may go on after telling it."""
    for function in source.functions:
        for node in ast.walk(function):
            if not isinstance(node, ast.ExceptHandler) or not _is_broad(node.type):
                continue
            last = node.body[-1]
            raised_again = isinstance(last, ast.Raise) and last.exc is None
            told = any(
                isinstance(n, ast.Call) and dotted(n.func) in ("log.exception", "log.error") for n in ast.walk(node)
            )
            if not raised_again and not (told and f"{source.path}:{function.name}" in GOES_ON):
                yield source.at(node, f"{function.name} catches everything and goes on")


def _is_broad(caught: ast.expr | None) -> bool:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(name is None or (isinstance(name, ast.Name) and name.id in BROAD) for name in names)


def test_nobody_prints():
    found = [breach for source in code() for breach in prints(source)]
    hold(found, rule="Processes log through structlog, commands write their result to sys.stdout.")


def test_what_is_put_off_has_an_issue_number():
    found = [breach for source in sources() for breach in loose_ends(source)]
    hold(found, rule="A TODO names its issue: `TODO #12: ...`.")


def test_nobody_swallows_what_was_not_foreseen():
    found = [breach for source in code() for breach in swallowed(source)]
    hold(found, rule="Catch the narrowest type; a door that catches everything logs it and raises it again.")


def test_speech_out_of_place_is_noticed():
    assert list(prints(Source("api/x.py", "print(1)"))) == ["api/x.py:1: print(...)"]
    assert list(prints(Source("api/x.py", "page.print(1)"))) == []
    assert list(loose_ends(Source("api/x.py", "x = 1  # TODO tidy\n"))) == ["api/x.py:1: # TODO tidy"]
    assert list(loose_ends(Source("api/x.py", "x = 'TODO'  # TODO #7: tidy\n"))) == []


def test_whoever_goes_on_after_a_defect_is_there():
    known = {f"{source.path}:{function.name}" for source in code() for function in source.functions}
    assert set(GOES_ON) <= known, "Take what is gone off the list of exceptions."


def test_a_swallowed_defect_is_noticed():
    text = "def f():\n try: g()\n except {}:\n  {}\n"
    for broad in ("Exception", "BaseException as error", "(ValueError, Exception)"):
        assert len(list(swallowed(Source("api/x.py", text.format(broad, "pass"))))) == 1
        assert list(swallowed(Source("api/x.py", text.format(broad, "raise")))) == []
    assert list(swallowed(Source("api/x.py", text.format("ValueError", "pass")))) == []
    assert len(list(swallowed(Source("api/x.py", text.format("", "pass").replace(" :", ":"))))) == 1


def test_who_may_go_on_still_has_to_tell_the_defect():
    text = "def _answer():\n try: g()\n except Exception:\n  {}\n"
    assert len(list(swallowed(Source("workers/posts.py", text.format("pass"))))) == 1
    assert list(swallowed(Source("workers/posts.py", text.format("log.exception('x')")))) == []
    assert len(list(swallowed(Source("workers/main.py", text.format("log.exception('x')"))))) == 1
