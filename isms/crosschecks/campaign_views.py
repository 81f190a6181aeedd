"""Pages of campaigns: the list with its trend, one campaign from plan to report, a new one."""

from typing import Any

from flask import flash, g, redirect, url_for

from isms import trail
from isms.catalogue import rules as catalogue
from isms.catalogue.numbers import read_all
from isms.catalogue.wording import adapted
from isms.checklists.rules import get_version
from isms.checklists.words import version_name
from isms.core import clock, settings
from isms.core.charts import Lines, Series
from isms.core.days import fiscal_label, month_span
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Permission as P
from isms.core.permissions import Scope, may, scopes_of
from isms.core.sending import send_made
from isms.core.tables import MIMETYPES, Column, Table
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext, locale
from isms.crosschecks import campaigns, plans, report, results
from isms.crosschecks.campaign_forms import CampaignForm
from isms.crosschecks.models import Campaign, CampaignDepartment
from isms.crosschecks.visit_words import VISIT_STATES
from isms.crosschecks.words import STATES, STEPS, reasons_said
from isms.people.departments import departments
from isms.people.roster import departments_named
from isms.trail.kinds import names

room = Room("crosschecks", __name__)
room.in_nav(lazy_gettext("クロスチェック"), "index", P.CROSSCHECKS_READ, 62)


def _page_of(campaign_id: int) -> str | None:
    readable = g.actor.has(P.CROSSCHECKS_READ)
    return url_for("crosschecks.campaign", campaign_id=campaign_id) if readable else None


trail.show("campaign", _page_of)


def sees_all() -> bool:
    """Tell whether the actor sees the visits of every department."""
    return Scope.ALL in scopes_of(g.actor, P.CROSSCHECKS_READ)


def _load(rows: list[Campaign]) -> None:
    """Write into the campaigns where they stand, how many take part, and their share of 否; three queries."""
    ids, ends = [row.id for row in rows], campaigns.newest_steps()
    taking_part = CampaignDepartment.select(CampaignDepartment.campaign).where(
        CampaignDepartment.campaign.in_(ids), CampaignDepartment.left_on.is_null()
    )
    places = [campaign_id for (campaign_id,) in taking_part.tuples()]
    shares = results.shares(ids) if sees_all() else {}
    for row in rows:
        row.state = ends[row.id].kind
        row.closed_on = ends[row.id].day if row.state == "closed" else None
        row.places = places.count(row.id)
        row.share = results.whole(shares[row.id].values()) if row.id in shares else None


CAMPAIGNS = Table(
    "crosschecks",
    lazy_gettext("クロスチェック"),
    [
        Column("title", lazy_gettext("名前"), expr=Campaign.title),
        Column("ref", lazy_gettext("番号"), expr=Campaign.ref, nowrap=True),
        Column("year", lazy_gettext("年度"), lambda row: year_words(row.fiscal_year), expr=Campaign.fiscal_year),
        Column("state", lazy_gettext("状態"), lambda row: str(STATES[row.state])),
        Column("from_day", lazy_gettext("始まりの日"), expr=Campaign.from_day, nowrap=True),
        Column("to_day", lazy_gettext("終わりの日"), expr=Campaign.to_day, nowrap=True),
        Column("places", lazy_gettext("部署"), numeric=True),
        Column("share", lazy_gettext("否の割合"), lambda row: report.percent(row.share), numeric=True),
        Column("closed_on", lazy_gettext("終了した日"), nowrap=True),
    ],
    default_sort="-from_day",
    row_href=lambda row: url_for("crosschecks.campaign", campaign_id=row.id),
    prefetch=_load,
    empty=(
        lazy_gettext("クロスチェックがまだありません"),
        lazy_gettext("毎年の強化月間に、部署どうしが互いの取り組みを確かめ合います。"),
    ),
)


def year_words(year: int) -> str:
    """Write a fiscal year."""
    return fiscal_label(year, locale(), settings.get("fiscal_year_start_month"))


@room.get("/crosschecks", permission=P.CROSSCHECKS_READ)
def index() -> Answer:
    """List the campaigns, with the share of 否 over the years for who sees all."""
    running = sum(step.kind == "begun" for step in campaigns.newest_steps().values())
    return CAMPAIGNS.answer(
        campaigns.readable(g.actor), running=running, chart=_chart(), may_edit=g.actor.has(P.CROSSCHECKS_EDIT)
    )


def _chart() -> Lines | None:
    """Draw the share of 否 by year; None with fewer than two years."""
    years = [(year, share.percent) for year, share in report.by_year()] if sees_all() else []
    told = [(year, percent) for year, percent in years if percent is not None]
    if len(told) < 2:
        return None
    series = Series(gettext("否の割合"), [percent for _, percent in told])
    labels = [year_words(year).removesuffix(gettext("年度")) for year, _ in told]
    return Lines("ng-share", gettext("否の割合の移り変わり"), labels, [series], "%")


@room.get("/crosschecks/<int:campaign_id>", permission=P.CROSSCHECKS_READ)
def campaign(campaign_id: int) -> Answer:
    """Show a campaign: its plan while it is planned, then how far its visits have come, in the end its report."""
    one = campaigns.seen_campaign(campaign_id, by=g.actor)
    steps, state = campaigns.steps_of(campaign_id), campaigns.state_of(campaign_id)
    rows = results.results_of(one, None if sees_all() else campaigns.places_of(g.actor))
    version = get_version(one.list_version_id)
    whole = sees_all()
    return {
        "campaign": one,
        "state": state,
        "state_words": STATES[state],
        "year": year_words(one.fiscal_year),
        "rows": rows,
        "why": {row.visit.id: reasons_said(plans.reasons_of(row.visit)) for row in rows},
        "visit_states": VISIT_STATES,
        "tally": report.tally(rows),
        "version": version,
        "version_name": version_name(version.checklist.title, version.number),
        "departments": campaigns.departments_of(campaign_id),
        "proves": _spelled(results.proven(one)),
        "steps": steps,
        "step_words": STEPS,
        "names": names({step.recorded_by for step in steps}),
        "left": [row for row in rows if not row.over],
        "readable": {row.visit.id: _may_read(row) for row in rows},
        "may_edit": g.actor.has(P.CROSSCHECKS_EDIT),
        "whole": whole,
        "ended": _ended(campaign_id) if state == "begun" else [],
        **(_plan(one, rows) if whole and state == "planned" else {"earlier": []}),
        "by_item": _items(one) if whole and state in ("begun", "closed") else None,
        "trail": f"campaign:{campaign_id}" if g.actor.has(P.TRAIL_READ) else None,
    }


def _may_read(row: results.VisitResult) -> bool:
    """Tell whether the actor may open the visit; the head of the checked department when it is finished."""
    checked = row.visit.checked_id in g.actor.heads and row.state == "finished"
    return checked or may(g.actor, P.CROSSCHECKS_READ, row.visit)


def _spelled(pairs: list[tuple[str, str]]) -> list[Any]:
    found = [(edition, adapted(edition).find(key)) for edition, key in pairs]
    return [(edition, row) for edition, row in found if row is not None]


def _ended(campaign_id: int) -> list[CampaignDepartment]:
    """Give the departments that take part though they have ended."""
    today = settings.today(clock.now())
    rows = campaigns.departments_of(campaign_id)
    return [row for row in rows if row.department.to_day is not None and row.department.to_day < today]


def _plan(one: Campaign, rows: list[results.VisitResult]) -> dict[str, Any]:
    """Give what stands beside a plan: its breaches, whom each checked in earlier years, and what prevents a plan."""
    history = plans.history_of(one)[:5]
    ids = sorted({place for year in history for arc in year for place in arc})
    called = departments_named(ids)
    years = [(year_words(one.fiscal_year - back), dict(arcs)) for back, arcs in enumerate(history, 1) if arcs]
    earlier = [
        [row.department.name, *(called.get(arcs.get(row.department_id, 0), "–") for _, arcs in years)]
        for row in campaigns.departments_of(one.id)
    ]
    wanted = {row.department_id for row in campaigns.departments_of(one.id)}
    arcs = {(row.visit.checker_id, row.visit.checked_id) for row in rows}
    found = plans.breaches_of(one)
    breaches = {row.visit.id: found.get((row.visit.checker_id, row.visit.checked_id), []) for row in rows}
    complete = bool(arcs) and {a for a, _ in arcs} == wanted == {b for _, b in arcs}
    missing = departments_named(sorted({place for arc in set(found) - arcs for place in arc}))
    return {
        "breaches": breaches,
        "missing": [(missing[a], missing[b]) for a, b in sorted(set(found) - arcs)],
        "complete": complete,
        "blocked": "" if complete else _why_not(one),
        "earlier": earlier if years else [],
        "earlier_heads": [(gettext("点検する部署"), False), *((label, False) for label, _ in years)],
    }


def _why_not(one: Campaign) -> str:
    try:
        plans.drawn(one)
    except Conflict as error:
        return str(error)
    return ""


def _items(one: Campaign) -> dict[str, Any] | None:
    """Give the share of 否 of each question over the years, the years up to this one."""
    ends = campaigns.newest_steps()
    there = Campaign.select().where(Campaign.fiscal_year <= one.fiscal_year).order_by(Campaign.fiscal_year)
    years = [c for c in there if ends[c.id].kind in ("begun", "closed")][-5:]
    found = results.shares(c.id for c in years)
    titles = list(dict.fromkeys(title for c in reversed(years) for title in found.get(c.id, {})))
    if not titles:
        return None
    return {
        "heads": [(gettext("問い"), False), *((year_words(c.fiscal_year), True) for c in years)],
        "rows": [[title, *(report.percent(found.get(c.id, {}).get(title)) for c in years)] for title in titles],
    }


@room.route("/crosschecks/new", methods=["GET", "POST"], permission=P.CROSSCHECKS_EDIT)
def new_campaign() -> Answer:
    """Plan a campaign, with its pairs."""
    now = clock.now()
    form = CampaignForm(data=_proposed())
    made = form.run(lambda: campaigns.add_campaign(**_values(form), by=g.actor, now=now))
    if isinstance(made, Campaign):
        _draw(made.id, None)
        return redirect(url_for("crosschecks.campaign", campaign_id=made.id), 303)
    return {"form": form, "checklists": bool(form.checklist_id.choices)}


def _proposed() -> dict[str, Any]:
    today = settings.today(clock.now())
    span = month_span(today.year, today.month)
    edition = catalogue.edition_on(today)
    default = [edition.find(key) for _, key in campaigns.default_controls(today)]
    return {
        "title": gettext("情報セキュリティ強化月間のクロスチェック"),
        "from_day": span.first,
        "to_day": span.last,
        "department_ids": [place.id for place in departments(today)],
        "controls": gettext("、").join(row.spelled for row in default if row is not None),
        "memory_years": 3,
        "reply_days": 14,
    }


def _values(form: CampaignForm) -> dict[str, Any]:
    values = form.values()
    values.pop("version")
    edition = catalogue.edition_on(values["from_day"])
    try:
        wanted = read_all(edition, values["controls"])
    except Invalid as error:
        raise Invalid({"controls": error.fields[""]}) from error
    return values | {"controls": [(edition.id, requirement.key) for requirement in wanted]}


def _draw(campaign_id: int, seed: int | None) -> None:
    """Draw the pairs; what prevents it stands on the page that follows."""
    try:
        plans.draw(campaign_id, seed=seed, by=g.actor, now=clock.now())
    except Conflict as error:
        flash(str(error), "error")
    else:
        flash(gettext("組み合わせを作りました。理由を確かめてから開始してください。"))


@room.route("/crosschecks/<int:campaign_id>/edit", methods=["GET", "POST"], permission=P.CROSSCHECKS_EDIT)
def edit_campaign(campaign_id: int) -> Answer:
    """Change a campaign that has not begun; its pairs are drawn anew."""
    one = campaigns.planned(campaign_id)
    places = [row.department_id for row in campaigns.departments_of(campaign_id)]
    spelled = gettext("、").join(row.spelled for _, row in _spelled(campaigns.controls_of(one)))
    given = {
        "controls": spelled,
        "department_ids": places,
        "checklist_id": get_version(one.list_version_id).checklist_id,
    }
    form = CampaignForm(obj=one, data=given)

    def change() -> Campaign:
        return campaigns.change_campaign(
            campaign_id, version=form.version.data, **_values(form), by=g.actor, now=clock.now()
        )

    if form.run(change):
        _draw(campaign_id, None)
        return redirect(url_for("crosschecks.campaign", campaign_id=campaign_id), 303)
    return {"form": form, "campaign": one}


@room.route("/crosschecks/<int:campaign_id>/draw", methods=["POST"], permission=P.CROSSCHECKS_EDIT)
def draw(campaign_id: int) -> Answer:
    """Draw other pairs."""
    _draw(campaign_id, campaigns.get_campaign(campaign_id).seed + 1)
    return redirect(url_for("crosschecks.campaign", campaign_id=campaign_id), 303)


@room.get("/crosschecks/<int:campaign_id>/report/<kind>", permission=P.CROSSCHECKS_READ)
def report_file(campaign_id: int, kind: str) -> Answer:
    """Send the report as it stands, to who sees every visit."""
    one, now = campaigns.seen_campaign(campaign_id, by=g.actor), clock.now()
    if kind not in ("pdf", "xlsx") or not sees_all() or campaigns.state_of(campaign_id) == "planned":
        raise NotFound()
    rows = results.results_of(one)
    if kind == "pdf":
        return send_made(f"{one.ref}.pdf", report.as_pdf(one, rows, now), "application/pdf")
    return send_made(f"{one.ref}.xlsx", report.as_xlsx(one, rows), MIMETYPES["xlsx"])
