"""The end of a campaign: its report becomes evidence, and the time of the calendar that asked for it is done."""

from datetime import datetime
from io import BytesIO

from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict
from isms.core.permissions import Actor
from isms.core.words import gettext
from isms.crosschecks import campaigns, report, results, yearly
from isms.crosschecks.models import Campaign
from isms.crosschecks.words import arc_words
from isms.evidence.files import Upload
from isms.evidence.models import Evidence
from isms.evidence.rules import propose_valid_until, record_evidence

VALID_MONTHS = 14  # a year, and the time that the next campaign takes until its report


def left_to_do(rows: list[results.VisitResult]) -> list[str]:
    """Name the visits that are neither finished nor called off."""
    return [arc_words(row.visit.checker.name, row.visit.checked.name) for row in rows if not row.over]


def close(campaign_id: int, *, text: str = "", by: Actor, now: datetime) -> Evidence:
    """Close a campaign whose visits are over: no answers from then on, its report is evidence, its occurrence is done.

    The report is set before the transaction, which refuses it when something came in meanwhile.
    """
    campaign = campaigns.running(campaign_id)
    rows = _over(campaign)
    said = campaigns.cleaned("text", text, campaigns.TEXT, lines=True, empty="") if text.strip() else ""
    files = [
        Upload(f"{campaign.ref}.pdf", BytesIO(report.as_pdf(campaign, rows, now))),
        Upload(f"{campaign.ref}.xlsx", BytesIO(report.as_xlsx(campaign, rows))),
    ]
    today = settings.today(now)
    with atomic():
        campaigns.running(campaign_id)
        if _over(campaign) != rows:
            raise Conflict(gettext("報告書を作る間に記録が加わりました。もう一度お試しください。"))
        evidence = record_evidence(
            title=gettext("%(title)s 実施報告書", title=campaign.title),
            controls=results.proven(campaign),
            collected_on=today,
            valid_until=propose_valid_until(today, VALID_MONTHS),
            files=files,
            note=said,
            origin="crosscheck",
            by=by,
            now=now,
        )
        campaigns.step(campaign, "closed", said, by, now, evidence.id)
        yearly.finish(campaign, evidence.id, by=by, now=now)
        return evidence


def _over(campaign: Campaign) -> list[results.VisitResult]:
    """Give the visits, which must all be over, and not all of them called off: nothing would be proven."""
    rows = results.results_of(campaign)
    if left := left_to_do(rows):
        raise Conflict(
            gettext(
                "まだ終えていない訪問があります：%(visits)s。終えるのを待つか、理由を書いて取りやめてください。",
                visits=gettext("、").join(left),
            )
        )
    if not any(row.state == "finished" for row in rows):
        raise Conflict(
            gettext("終えた訪問が一つもないため、報告書を証跡にできません。理由を書いて、中止にしてください。")
        )
    return rows
