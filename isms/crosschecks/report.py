"""The report of a campaign, as PDF and as a workbook: who checked whom, what was found, what the departments replied."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from isms.checklists.models import ChecklistItem
from isms.checklists.rules import controls_of, get_version, items_of
from isms.checklists.words import version_name
from isms.core import pdf, settings
from isms.core.days import fiscal_label
from isms.core.look import short_day
from isms.core.sheets import write_xlsx
from isms.core.words import gettext, locale
from isms.crosschecks import campaigns, plans, results
from isms.crosschecks.models import Campaign
from isms.crosschecks.results import Share, VisitResult
from isms.crosschecks.visit_words import VALUES, VISIT_STATES, said
from isms.crosschecks.words import reasons_said
from isms.trail import head


def as_pdf(campaign: Campaign, rows: list[VisitResult], now: datetime) -> bytes:
    """Set the report for paper."""
    newest = head()
    data = {
        "title": gettext("%(title)s 実施報告書", title=campaign.title),
        "organisation": settings.get("organisation_name"),
        "head": f"{newest.no} {newest.hash}" if newest else "",
        "lead": gettext("%(ref)s　%(day)s 現在", ref=campaign.ref, day=short_day(settings.today(now))),
        "facts": [[term, value] for term, value in facts(campaign)],
        "tally": tally(rows),
        **_visits(rows),
        **_remarks(campaign, rows),
        **_years(campaign),
    }
    return pdf.render("crosscheck", data, made_at=now)


def facts(campaign: Campaign) -> list[tuple[str, str]]:
    """Give what the campaign was, as terms and values."""
    version = get_version(campaign.list_version_id)
    start = settings.get("fiscal_year_start_month")
    days = gettext("%(first)s から %(last)s", first=short_day(campaign.from_day), last=short_day(campaign.to_day))
    comma = gettext("、")
    return [
        (gettext("年度"), fiscal_label(campaign.fiscal_year, locale(), start)),
        (gettext("期間"), days),
        (gettext("点検表"), version_name(version.checklist.title, version.number)),
        (gettext("参加部署"), comma.join(row.department.name for row in campaigns.departments_of(campaign.id))),
        (gettext("管理策"), comma.join(dict.fromkeys(key for _, key in results.proven(campaign)))),
    ]


def tally(rows: list[VisitResult]) -> list[list[str]]:
    """Give the counts that stand on top: word and figure."""
    share = Share(sum(row.count(v) for row in rows for v in results.JUDGED), sum(row.count("ng") for row in rows))
    return [
        [gettext("訪問"), f"{sum(row.state == 'finished' for row in rows)} / {len(rows)}"],
        [gettext("答えた項目"), str(sum(row.answered for row in rows))],
        [str(VALUES["ng"]), str(share.ng)],
        [gettext("否の割合"), percent(share)],
        [gettext("回答待ちの指摘"), str(sum(row.unreplied for row in rows))],
    ]


def percent(share: Share | None) -> str:
    """Write a share in percent, a dash for nothing judged."""
    return "–" if share is None or share.percent is None else f"{share.percent:g}%"


def _visits(rows: list[VisitResult]) -> dict[str, Any]:
    heads = [
        gettext("点検する部署"), gettext("点検される部署"), gettext("状態"), gettext("訪問日"), gettext("訪問者"),
        *(str(VALUES[value]) for value in VALUES), gettext("組み合わせの理由"),
    ]  # fmt: skip
    lines = [
        [
            row.visit.checker.name,
            row.visit.checked.name,
            str(VISIT_STATES[row.state]),
            short_day(row.finished_on) if row.finished_on else "–",
            gettext("、").join(row.members) or "–",
            *(str(row.count(value)) for value in VALUES),
            row.called_off or reasons_said(plans.reasons_of(row.visit)),
        ]
        for row in rows
    ]
    return {"visits_title": gettext("訪問"), "visit_heads": heads, "visits": lines}


def _remarks(campaign: Campaign, rows: list[VisitResult]) -> dict[str, Any]:
    heads = [
        gettext("点検された部署"),
        gettext("問い"),
        gettext("結果"),
        gettext("見たこと"),
        gettext("指摘事項"),
        gettext("部署の回答"),
    ]
    lines = []
    for row, item in _asked(campaign, rows):
        answer = row.answers.get(item.id)
        if answer is None or item.answer_kind != "verdict" or answer.value not in ("remark", "ng"):
            continue
        finding = row.findings.get(item.id)
        lines.append([
            row.visit.checked.name, item.title, said(answer.value, item), answer.comment or "–",
            finding.ref if finding else "–", _reply_state(row, item.id),
        ])  # fmt: skip
    none = gettext("否も気づきもありませんでした。")
    return {"remarks_title": gettext("否と気づき"), "remark_heads": heads, "remarks": lines, "no_remarks": none}


def _reply_state(row: VisitResult, item_id: int) -> str:
    if item_id not in row.findings:
        return "–"
    return row.replies.get(item_id) or gettext("まだない")


def _years(campaign: Campaign) -> dict[str, Any]:
    """Give the share of 否 of this and earlier years."""
    start = settings.get("fiscal_year_start_month")
    lines = [
        [fiscal_label(year, locale(), start), str(share.judged), str(share.ng), percent(share)]
        for year, share in by_year(until=campaign.fiscal_year)
    ]
    heads = [gettext("年度"), gettext("判断した項目"), str(VALUES["ng"]), gettext("否の割合")]
    return {"years_title": gettext("否の割合の移り変わり"), "year_heads": heads, "years": lines}


def by_year(until: int | None = None) -> list[tuple[int, Share]]:
    """Give the share of 否 of each fiscal year that had a campaign, the oldest first."""
    ends = campaigns.newest_steps()
    there = [
        one
        for one in Campaign.select().order_by(Campaign.fiscal_year, Campaign.id)
        if ends[one.id].kind in ("begun", "closed") and (until is None or one.fiscal_year <= until)
    ]
    found = results.shares(one.id for one in there)
    return [(one.fiscal_year, results.whole(found.get(one.id, {}).values())) for one in there]


def as_xlsx(campaign: Campaign, rows: list[VisitResult]) -> bytes:
    """Write every answer as a row of a workbook."""
    heads = [
        gettext("点検する部署"), gettext("点検される部署"), gettext("状態"), gettext("訪問日"), gettext("訪問者"),
        gettext("番号"), gettext("問い"), gettext("管理策"), gettext("結果"), gettext("見たこと"), gettext("指摘事項"),
        gettext("部署の回答"),
    ]  # fmt: skip
    title = gettext("%(title)s 実施報告書", title=campaign.title)
    lines = (_line(row, item, number) for number, row, item in _numbered(campaign, rows))
    return write_xlsx(heads, lines, title=title, sheet_name=campaign.ref, locale=locale())


def _line(row: VisitResult, item: ChecklistItem, number: int) -> list[object]:
    answer, finding = row.answers.get(item.id), row.findings.get(item.id)
    return [
        row.visit.checker.name,
        row.visit.checked.name,
        str(VISIT_STATES[row.state]),
        row.finished_on,
        gettext("、").join(row.members),
        number,
        item.title,
        gettext("、").join(key for _, key in controls_of(item)),
        said(answer.value, item) if answer else "",
        answer.comment if answer else "",
        finding.ref if finding else "",
        _reply_state(row, item.id) if finding else "",
    ]


def _asked(campaign: Campaign, rows: list[VisitResult]) -> Iterator[tuple[VisitResult, ChecklistItem]]:
    return ((row, item) for _, row, item in _numbered(campaign, rows))


def _numbered(campaign: Campaign, rows: list[VisitResult]) -> Iterator[tuple[int, VisitResult, ChecklistItem]]:
    items = items_of(campaign.list_version_id)
    return ((number, row, item) for row in rows for number, item in enumerate(items, 1))
