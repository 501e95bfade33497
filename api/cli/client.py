"""A front end in small: the demo speaks to the API over HTTP as any other client does."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

# Of the tokens it comes with: no demo takes longer, not even that of the whole country.
LIFE = timedelta(hours=1)


class Refused(Exception):
    """The API refused; the message is its own."""


@dataclass
class ApiClient:
    """GraphQL over HTTP with a bearer token."""

    http: httpx.AsyncClient
    url: str
    token: str

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """Run a document; errors and problems are raised."""
        answer = await self.http.post(
            f"{self.url}/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=60,
        )
        content = answer.json()
        if content.get("errors"):
            raise Refused(str(content["errors"]))
        data: dict[str, Any] = content["data"]
        for value in data.values():
            if isinstance(value, dict) and value.get("__typename") == "Problem":
                raise Refused(f"{value['code']}: {value['messageZh']} {value['messageEn']}")
        return data

    def as_(self, token: str) -> "ApiClient":
        """The same API, as somebody else."""
        return replace(self, token=token)

    async def put(self, address: str, content: bytes) -> None:
        """Hand in a file; the address is as the API told it, save for where this client reaches the API."""
        parts = urlsplit(address)
        answer = await self.http.put(f"{self.url}{parts.path}?{parts.query}", content=content, timeout=60)
        if answer.status_code != 200:
            raise Refused(answer.text)


PROBLEM = "... on Problem { code messageZh messageEn }"
START = '{ unitCounts { levels { level count } } unit(code: "0") { id name } accounts(first: 1) { totalCount } }'
CREATE_CAMPAIGN = f"""mutation($input: CreateCampaignInput!) {{ createCampaign(input: $input) {{
  __typename ... on CreateCampaignPayload {{ campaign {{ id title }} }} {PROBLEM} }} }}"""
CREATE_LESSON = f"""mutation($input: CreateLessonInput!) {{ createLesson(input: $input) {{
  __typename ... on CreateLessonPayload {{ lesson {{ id title }} }} {PROBLEM} }} }}"""
SHOWCASE = f"""mutation($input: ShowcaseLessonInput!) {{ showcaseLesson(input: $input) {{
  __typename ... on ShowcaseLessonPayload {{ lesson {{ id state }} }} {PROBLEM} }} }}"""
BEGIN_UPLOADS = f"""mutation($input: BeginUploadsInput!) {{ beginUploads(input: $input) {{
  __typename ... on BeginUploadsPayload {{ uploads {{ id url }} }} {PROBLEM} }} }}"""
SCHEDULE = f"""mutation($input: ScheduleLessonInput!) {{ scheduleLesson(input: $input) {{
  __typename ... on ScheduleLessonPayload {{ post {{ id version states {{ state count }} }} }} {PROBLEM} }} }}"""
APPROVE = f"""mutation($input: ApprovePostInput!) {{ approvePost(input: $input) {{
  __typename ... on ApprovePostPayload {{ post {{ id isApproved }} }} {PROBLEM} }} }}"""
SERIES = f"""mutation($input: ScheduleSeriesInput!) {{ scheduleSeries(input: $input) {{
  __typename ... on ScheduleSeriesPayload {{ postIds deliveries }} {PROBLEM} }} }}"""
APPROVE_ALL = f"""mutation($input: ApprovePostsInput!) {{ approvePosts(input: $input) {{
  __typename ... on ApprovePostsPayload {{ approved }} {PROBLEM} }} }}"""
QUOTA = """query($campaignId: ID!, $withinId: ID!) {
  campaignProgress(campaignId: $campaignId, withinId: $withinId, first: 100) { name level minimum published isMet } }"""
PROGRESS = """query($id: ID!) { node(id: $id) { ... on Campaign { deliveries { state count } } } }"""
RESULT = """query($id: ID!) { node(id: $id) { ... on Campaign { engagement {
  level deliveries published
  reposts { value known expected } comments { value known expected } likes { value known expected }
} } } }"""
UNIT = "query($code: String!) { unit(code: $code) { id name } }"
MOVE = f"""mutation($input: MoveUnitInput!) {{ moveUnit(input: $input) {{
  __typename ... on MoveUnitPayload {{ touches {{ units rows {{ table count }} }} }} {PROBLEM} }} }}"""
PUBLICATIONS = """query($withinId: ID!, $since: Date!, $until: Date!, $tree: TreeTime!) {
  publications(withinId: $withinId, since: $since, until: $until, tree: $tree) { levels { level published } } }"""
