"""The window on reports of campaigns, and the act that asks for one."""

from typing import Annotated, Any

import strawberry

from domain.handouts.rules import documents_in
from domain.reports import commands, models
from domain.terms import HandoutState, Language
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, one, ref, row_id_of, shows
from schema._reads import listed
from schema.campaigns import Campaign
from schema.handouts import Handout, HandoutDocument, shown_documents


def _documents(root: strawberry.Parent[Any], info: Asked) -> list[HandoutDocument]:
    if root.state is not HandoutState.READY:
        return []
    found = documents_in(models.CampaignReport.folder, root.id, root.documents, expires_at=root.expires_at)
    return shown_documents(info.context, found)


@shows(models.CampaignReport)
class CampaignReport(Handout):
    language: Language
    campaign: Campaign = one("campaign", "The campaign of which it tells.")
    documents: list[HandoutDocument] = strawberry.field(
        resolver=_documents,
        description="A page, `report.html`, and the same as `report.pdf`, once it is READY.",
        metadata={"needs": frozenset({"state", "documents", "expires_at"})},
    )


@strawberry.input(description="A campaign whose report is asked for.")
class RequestCampaignReportInput:
    campaign_id: strawberry.ID = ref("Campaign", "The campaign.")
    language: Language = strawberry.field(description="Of the report.", default=Language.ZH_CN)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The report; yours of the same campaign that is under way already, if there is one.")
class RequestCampaignReportPayload:
    campaign_report: CampaignReport


RequestCampaignReportResult = Annotated[
    RequestCampaignReportPayload | Problem, strawberry.union("RequestCampaignReportResult")
]


@strawberry.type
class ReportQueries:
    @strawberry.field(
        description="Reports of campaigns of units whose posts you see, oldest first; each is forgotten a week after "
        "it was asked for."
    )
    async def campaign_reports(
        self,
        info: Asked,
        campaign_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[CampaignReport]:
        of = None if campaign_id is None else [("campaign_id", row_id_of(campaign_id, "Campaign", path="campaignId"))]
        return await listed(info, models.CampaignReport, first, after, last, before, of)


@strawberry.type
class ReportMutations:
    @strawberry.mutation(description="Ask for the report of a campaign (推介报告) as page and PDF; a worker makes it.")
    async def request_campaign_report(
        self, info: Asked, input: RequestCampaignReportInput
    ) -> RequestCampaignReportResult:
        return await act(
            info,
            input,
            commands.request_campaign_report,
            RequestCampaignReportPayload,
            shows=("campaign_report", models.CampaignReport),
            wakes="handouts",
        )
