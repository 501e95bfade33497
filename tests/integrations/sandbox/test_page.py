"""The pages of the sandbox that people look at."""

import re

from tests.integrations.sandbox.running import DOMAIN, PNG, running

EVIL = '<script>alert("1")</script>&\''


def test_the_front_page_shows_the_newest_statuses_and_says_what_it_is():
    with running(limit_scale=2, growth_seconds=600) as sandbox:
        person = sandbox.known("1000000001", EVIL)
        person.share("a", words=EVIL, picture=PNG)
        sandbox.clock.ahead += 3600
        person.share("b")
        gone = person.share("c").json()["idstr"]
        person.post("statuses/destroy", id=gone)
        page = sandbox.http.get("/")
    text = page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script" not in page.headers["content-security-policy"]
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert text.index(f"https://{DOMAIN}/s/b") < text.index(f"https://{DOMAIN}/s/a")
    assert f"https://{DOMAIN}/s/c" not in text
    for words in ("沙盒", "synthetic", 'name="viewport"', 'http-equiv="refresh"', "× 2", "<dd>200</dd>", "<dd>60</dd>"):
        assert words in text
    likes = [int(number.replace(",", "")) for number in re.findall(r"likes ([\d,]+)", text)]
    assert likes[0] < likes[1]


def test_users_are_searched_by_name(sandbox):
    found, other = sandbox.known("1100000001", "云南找得到"), sandbox.known("1100000002", "贵州别的")
    text = sandbox.http.get("/", params={"q": "找得到"}).text
    assert f'href="/u/{found.uid}"' in text
    assert f'<li><a href="/u/{other.uid}"' not in text
    assert "http-equiv" not in text


def test_statuses_come_in_pages():
    with running(limit_scale=10) as sandbox:
        person = sandbox.person()
        for n in range(31):
            person.share(f"n{n}", words=f"第{n}讲")
        for path in ("/", f"/u/{person.uid}"):
            first = sandbox.http.get(path).text
            second = sandbox.http.get(path, params={"page": "2"}).text
            assert ("第30讲" in first, "第0讲" in first, "Older" in first) == (True, False, True)
            assert ("第30讲" in second, "第0讲" in second, "Newer" in second) == (False, True, True)
        for page in ("99", "-1", "x", "9" * 50):
            assert sandbox.http.get("/", params={"page": page}).status_code == 200


def test_a_user_has_a_page_of_its_own(sandbox, person):
    person.share("own1", words="自己的课")
    text = sandbox.http.get(f"/u/{person.uid}").text
    assert person.name in text
    assert "自己的课" in text
    assert sandbox.http.get("/u/404").status_code == 404
