"""Comments at the sandbox: invented, as many as are counted, the same ones whenever they are asked for."""

import pytest

from integrations.sandbox.faults import CommentFaults
from tests.integrations.sandbox.running import Person, code_of, running


def posted(person: Person, code: str, comments: int = 150) -> str:
    idstr: str = person.share(code).json()["idstr"]
    person.sandbox.comments_end_at(idstr, comments)
    return idstr


def ids(answer) -> list[int]:
    return [comment["id"] for comment in answer.json()["comments"]]


def test_there_are_as_many_comments_as_are_counted_and_they_stay_the_same():
    with running(growth_seconds=1_000.0) as sandbox:
        person = sandbox.person()
        idstr = posted(person, "seen000001")
        before: list[int] = []
        for _ in range(4):
            sandbox.clock.ahead += 400
            (counts,) = person.get("statuses/count", ids=idstr).json()
            answer = person.get("comments/show", id=idstr, count=200)
            shown = answer.json()
            assert abs(shown["total_number"] - counts["comments"]) <= 1
            assert ids(answer) == sorted(ids(answer), reverse=True)
            assert len(ids(answer)) == min(shown["total_number"], 200)
            # What was there is there, below what came.
            assert ids(answer)[-len(before) :] == before or not before
            before = ids(answer)
        assert len(before) > 10


def test_comments_say_that_they_are_simulated(sandbox, person):
    idstr = posted(person, "seen000002")
    sandbox.clock.ahead += 86_400
    comments = person.get("comments/show", id=idstr).json()["comments"]
    assert len(comments) == 50
    assert {type(comment["id"]) for comment in comments} == {int}
    assert all(comment["idstr"] == str(comment["id"]) for comment in comments)
    assert all(comment["user"]["screen_name"].startswith("模拟读者") for comment in comments)
    assert not any(character.isdigit() for comment in comments for character in comment["text"])
    assert comments == person.get("comments/show", id=idstr, max_id=comments[0]["id"]).json()["comments"]


def test_pages_join_without_a_gap_or_a_repetition_however_they_are_asked_for(sandbox, person):
    idstr = posted(person, "seen000003")
    sandbox.clock.ahead += 86_400
    whole = ids(person.get("comments/show", id=idstr, count=120))
    by_page = [ids(person.get("comments/show", id=idstr, count=40, page=page, max_id=whole[0])) for page in (1, 2, 3)]
    assert [each for page in by_page for each in page] == whole
    by_id, below = [], whole[0]
    for _ in range(3):
        page = ids(person.get("comments/show", id=idstr, count=40, max_id=below))
        by_id += page
        below = page[-1] - 1
    assert by_id == whole
    assert ids(person.get("comments/show", id=idstr, since_id=whole[5], max_id=whole[0])) == whole[:5]


def test_deleted_comments_are_neither_counted_nor_shown(sandbox, person):
    idstr = posted(person, "seen000004")
    sandbox.clock.ahead += 86_400
    before = person.get("comments/show", id=idstr, count=200)
    assert sandbox.control("POST", "comments", json={"deleted": 0.5, "seed": 3}).json()["deleted"] == 0.5
    after = person.get("comments/show", id=idstr, count=200)
    (counts,) = person.get("statuses/count", ids=idstr).json()
    assert 0 < after.json()["total_number"] < before.json()["total_number"]
    assert abs(counts["comments"] - after.json()["total_number"]) <= 1
    assert set(ids(before)) - set(ids(after))


def test_comments_can_be_made_to_tell_an_invented_number(sandbox, person):
    idstr = posted(person, "seen000005")
    sandbox.clock.ahead += 86_400
    sandbox.control("POST", "comments", json={"telling": 1})
    assert all("13800138000" in c["text"] for c in person.get("comments/show", id=idstr).json()["comments"])


def test_wrong_questions_get_the_codes_of_the_platform(person):
    idstr = posted(person, "seen000006")
    assert code_of(person.get("comments/show")) == 10016
    assert code_of(person.get("comments/show", id="4999999999999999")) == 20101
    assert code_of(person.get("comments/show", id=idstr, count=201)) == 10017
    assert code_of(person.get("comments/show", id=idstr, max_id="x")) == 10017
    person.post("statuses/destroy", id=idstr)
    assert code_of(person.get("comments/show", id=idstr)) == 20101


def test_a_fault_and_a_limit_strike_comments_as_other_calls():
    with running(requests_per_user_per_day=2) as sandbox:
        person = sandbox.person()
        idstr = posted(person, "seen000007")
        sandbox.fault(endpoint="comments", kind="error", code=10009, times=1)
        assert code_of(person.get("comments/show", id=idstr)) == 10009
        assert person.get("comments/show", id=idstr).status_code == 200
        assert code_of(person.get("comments/show", id=idstr)) == 10023


@pytest.mark.parametrize("faults", [[], {"deleted": 2}, {"telling": "all"}, {"seed": "x"}, {"hidden": 1}])
def test_orders_that_make_no_sense_are_refused(sandbox, faults):
    assert sandbox.control("POST", "comments", json=faults).status_code == 400
    assert sandbox.control("GET", "comments").json() == {"deleted": 0.0, "telling": 0.0, "seed": 0}
    assert sandbox.server.app.state.host.comments == CommentFaults()
