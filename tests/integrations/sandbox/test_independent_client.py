"""The sandbox as an independent client of the real platform sees it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import weibo

from tests.integrations.sandbox.running import CALLBACK, DOMAIN, GIF, Person, Running, config


class Client(weibo.Client):  # type: ignore[misc]
    """The published client, pointed at a sandbox."""

    def __init__(self, site: str, **options: object) -> None:
        super().__init__(config().client_id, config().client_secret, CALLBACK, **options)
        self.site = site + "/"
        self.authorization_url = self.site + "oauth2/authorize"
        self.token_url = self.site + "oauth2/access_token"
        self.api_url = self.site + "2/"


@contextmanager
def signed_in(sandbox: Running, person: Person) -> Iterator[Client]:
    client = Client(sandbox.url)
    page = httpx.get(client.authorize_url)
    assert page.status_code == 200
    answer = httpx.post(client.authorize_url, data={"account": person.uid})
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    client.set_code(code)
    try:
        yield client
    finally:
        client.session.close()


def test_it_signs_in_posts_and_reads(sandbox, person):
    with signed_in(sandbox, person) as client:
        assert client.uid == person.uid
        assert client.alive
        plain = client.post("statuses/share", status=f"课一 https://{DOMAIN}/s/sdk1")
        pictured = client.post("statuses/share", status=f"课二 https://{DOMAIN}/s/sdk2", pic=io.BytesIO(GIF))
        assert pictured["original_pic"].endswith(".gif")
        user = client.get("users/show", uid=client.uid)
        assert (user["screen_name"], user["statuses_count"]) == (person.name, 2)
        timeline = client.get("statuses/user_timeline", base_app=1)
        ids = [status["idstr"] for status in timeline["statuses"]]
        assert ids == [pictured["idstr"], plain["idstr"]]
        counts = client.get("statuses/count", ids=",".join(ids))
        assert [str(one["id"]) for one in counts] == ids
        assert client.get("account/get_uid") == {"uid": int(person.uid)}
        assert client.post("statuses/destroy", id=plain["idstr"])["idstr"] == plain["idstr"]
    assert (sandbox.accepted("sdk1"), sandbox.accepted("sdk2")) == (1, 1)


def test_it_recognises_a_refusal(sandbox, person):
    with signed_in(sandbox, person) as client:
        client.post("statuses/share", status=f"课 https://{DOMAIN}/s/sdk3")
        with pytest.raises(RuntimeError, match="20019"):
            client.post("statuses/share", status=f"课 https://{DOMAIN}/s/sdk3")
        with pytest.raises(RuntimeError, match="20003"):
            client.get("users/show", uid="404")
        with pytest.raises(RuntimeError, match="21325"):
            client.set_code("guess")
