"""Statuses at the sandbox: shared, looked up, counted and refused."""

import hashlib
import re
from datetime import datetime

import pytest

from tests.integrations.sandbox.running import DOMAIN, GIF, JPEG, PNG, code_of, running

LINK = f"https://{DOMAIN}/s/x"


def test_a_shared_status_comes_back_in_the_form_of_the_platform(sandbox, person):
    answer = person.share("form1")
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    status = answer.json()
    assert re.fullmatch(r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d \+0800 20\d\d", status["created_at"])
    moment = datetime.strptime(status["created_at"], "%a %b %d %H:%M:%S %z %Y").timestamp()
    assert moment == pytest.approx(sandbox.clock(), abs=10)
    assert status["text"] == f"示范课 https://{DOMAIN}/s/form1"
    assert status["idstr"] == status["mid"]
    assert status["user"]["idstr"] == person.uid
    assert "original_pic" not in status


def test_the_numeric_id_is_rounded_and_must_not_be_used(person):
    status = person.share("round1").json()
    assert isinstance(status["id"], int)
    assert status["id"] != int(status["idstr"])
    assert status["id"] == pytest.approx(int(status["idstr"]), abs=100_000)
    assert len(status["idstr"]) == 16


@pytest.mark.parametrize(("content", "kind"), [(JPEG, "jpg"), (PNG, "png"), (GIF, "gif")])
def test_a_picture_is_known_by_its_content(sandbox, person, content, kind):
    status = person.share(f"pic-{kind}", picture=content).json()
    assert status["original_pic"].endswith(kind)
    assert status["thumbnail_pic"]
    entry = sandbox.journal(code_prefix=f"pic-{kind}")[-1]
    assert entry["picture_sha256"] == hashlib.sha256(content).hexdigest()


def test_a_picture_of_another_kind_is_refused(person):
    assert code_of(person.share("bmp", picture=b"BM" + bytes(100))) == 20005
    assert code_of(person.share("none", picture=b"")) == 20007


def test_a_picture_must_be_below_five_megabytes(person):
    limit = 5 * 1024 * 1024
    assert person.share("big1", picture=PNG + bytes(limit - 1 - len(PNG))).status_code == 200
    assert code_of(person.share("big2", picture=PNG + bytes(limit - len(PNG)))) == 20006
    assert code_of(person.share("big3", picture=PNG + bytes(2 * limit))) == 10018


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 20008),
        (" \n", 20008),
        ("课" * 141 + LINK, 20012),
        (f"#七彩课堂# {LINK}", 10017),
        ("没有链接", 10017),
        ("https://elsewhere.example/s/x", 10017),
    ],
)
def test_a_text_that_breaks_a_rule_is_refused(person, text, code):
    answer = person.post("statuses/share", status=text)
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert person.texts() == []


def test_the_longest_text_counts_its_link_as_it_stands(person):
    rest = 140 - (len(LINK) + 1) // 2
    assert person.post("statuses/share", status="课" * rest + LINK).status_code == 200
    assert code_of(person.post("statuses/share", status="课" * (rest + 1) + LINK)) == 20012


def test_the_real_address_of_the_acting_person_may_be_given(person):
    assert person.post("statuses/share", status=f"a {LINK}", rip="203.0.113.7").status_code == 200


def test_the_token_may_stand_in_query_form_or_header(sandbox, person):
    path, token = "/2/statuses/share.json", person.token
    in_query = sandbox.http.post(path, params={"access_token": token}, data={"status": f"1 {LINK}"})
    bearer = {"Authorization": f"OAuth2 {token}"}
    in_header = sandbox.http.post(path, headers=bearer, data={"status": f"2 {LINK}"})
    assert (in_query.status_code, in_header.status_code) == (200, 200)


def test_the_same_text_of_the_same_user_is_refused_for_a_while():
    with running(duplicate_seconds=600) as sandbox:
        one, other = sandbox.person(), sandbox.person()
        assert one.share("a").status_code == 200
        assert code_of(one.share("a")) == 20019
        assert one.share("a", words="另一课").status_code == 200
        assert other.share("a").status_code == 200
        sandbox.clock.ahead += 600
        assert one.share("a").status_code == 200
        assert sandbox.accepted("a") == 4


def test_without_the_refusal_the_same_code_is_counted_twice():
    with running(refuse_duplicates=False) as sandbox:
        person = sandbox.person()
        first = person.share("twice").json()
        assert person.share("twice").status_code == 200
        assert sandbox.accepted("twice") == 2
        assert sandbox.journal()[0]["idstr"] == first["idstr"]


def test_the_timeline_is_newest_first_and_comes_in_pages(person):
    ids = [person.share(f"page{n}").json()["idstr"] for n in range(5)]

    def shown(**query):
        answer = person.get("statuses/user_timeline", base_app=1, **query).json()
        assert answer["total_number"] == 5
        return [status["idstr"] for status in answer["statuses"]]

    newest = ids[::-1]
    assert shown() == newest
    assert shown(count=2) == newest[:2]
    assert shown(count=2, page=2) == newest[2:4]
    assert shown(count=2, page=3) == newest[4:]
    assert shown(count=2, page=4) == []
    assert shown(since_id=ids[2]) == newest[:2]
    assert shown(since_id=ids[1], count=2, page=2) == [ids[2]]
    assert shown(max_id=ids[1]) == [ids[1], ids[0]]
    assert shown(uid=person.uid) == newest
    biz = person.get("statuses/user_timeline/biz", uid=person.uid).json()
    assert [status["idstr"] for status in biz["statuses"]] == newest


def test_the_timeline_of_another_user_needs_more_permissions(sandbox, person):
    assert code_of(person.get("statuses/user_timeline", uid=sandbox.person().uid)) == 10014


@pytest.mark.parametrize("query", [{"count": 101}, {"count": 0}, {"page": 0}, {"count": "x"}, {"since_id": -1}])
def test_a_page_out_of_bounds_is_refused(person, query):
    assert code_of(person.get("statuses/user_timeline", **query)) == 10017


def test_counts_are_strings_in_the_commercial_form_and_numbers_in_the_free_one():
    with running(growth_seconds=1) as fast:
        person = fast.person(audience=1.0)
        idstr = person.share("counts").json()["idstr"]
        fast.clock.ahead += 100
        biz = person.get("statuses/count/biz", ids=idstr).json()
        free = person.get("statuses/count", ids=idstr).json()
        shown = person.get("statuses/show", id=idstr).json()
    assert set(biz[0]) == {"id", "comments", "reposts", "likes"}
    assert all(isinstance(value, str) for value in biz[0].values())
    assert biz[0]["id"] == idstr
    likes = int(biz[0]["likes"])
    assert likes > 0
    assert (free[0]["attitudes"], shown["attitudes_count"]) == (likes, likes)
    assert free[0]["id"] == int(idstr)


def test_unknown_and_deleted_ids_are_silently_absent_from_the_counts(person):
    kept, gone = (person.share(code).json()["idstr"] for code in ("kept", "gone"))
    person.post("statuses/destroy", id=gone)
    answer = person.get("statuses/count/biz", ids=f"{gone},{kept},12345,nonsense,").json()
    assert [one["id"] for one in answer] == [kept]


def test_ninety_nine_ids_are_counted_and_a_hundred_are_too_many(person):
    assert person.get("statuses/count/biz", ids=",".join(["1"] * 99)).json() == []
    assert code_of(person.get("statuses/count/biz", ids=",".join(["1"] * 100))) == 20009
    assert code_of(person.get("statuses/count/biz")) == 10016


def test_a_deleted_status_is_gone_everywhere_but_in_the_journal(sandbox, person):
    idstr = person.share("deleted1").json()["idstr"]
    assert person.post("statuses/destroy", id=idstr).json()["idstr"] == idstr
    assert code_of(person.get("statuses/show", id=idstr)) == 20101
    assert code_of(person.post("statuses/destroy", id=idstr)) == 20101
    assert person.texts() == []
    assert sandbox.accepted("deleted1") == 1


def test_only_the_author_may_delete_a_status(sandbox, person):
    idstr = person.share("mine").json()["idstr"]
    assert code_of(sandbox.person().post("statuses/destroy", id=idstr)) == 20102


def test_a_repost_shows_the_original_and_counts_for_it(sandbox, person):
    original = person.share("reposted1").json()["idstr"]
    fan = sandbox.person()
    repost = fan.post("statuses/repost", id=original, status="好课").json()
    assert repost["text"] == "好课"
    assert repost["retweeted_status"]["idstr"] == original
    assert fan.post("statuses/repost", id=original).json()["text"]
    assert person.get("statuses/show", id=original).json()["reposts_count"] >= 2
    assert sandbox.accepted("reposted1") == 1
    person.post("statuses/destroy", id=original)
    assert "retweeted_status" not in fan.get("statuses/show", id=repost["idstr"]).json()
    assert code_of(fan.post("statuses/repost", id=original)) == 20101


def test_a_form_may_hold_unescaped_chinese(sandbox, person):
    body = f"access_token={person.token}&status=示范课 {LINK}".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = sandbox.http.post("/2/statuses/share.json", content=body, headers=headers)
    assert answer.json()["text"] == f"示范课 {LINK}"


def test_a_body_that_is_no_form_is_refused(sandbox):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (b"nonsense", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut'):
        assert code_of(sandbox.http.post("/2/statuses/share.json", content=body, headers=headers)) == 10008
    headers = {"Content-Type": "multipart/form-data"}
    assert code_of(sandbox.http.post("/2/statuses/share.json", content=b"--x--", headers=headers)) == 10008
