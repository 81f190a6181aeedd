"""Pages of findings: the list, one, a new one, and its closing and reopening."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import flash, g, redirect, request, url_for
from peewee import Case

from isms import trail
from isms.catalogue import rules as catalogue
from isms.catalogue.numbers import read_all
from isms.catalogue.wording import adapted
from isms.core import clock, settings
from isms.core.days import fiscal_label, fiscal_span, fiscal_year
from isms.core.errors import Invalid
from isms.core.permissions import Permission as P
from isms.core.permissions import Scope, scopes_of
from isms.core.tables import Column, Filter, Table
from isms.core.text import contains, showable
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext, locale
from isms.findings import rules
from isms.findings.forms import FindingForm, StepForm
from isms.findings.models import Finding, FindingControl
from isms.findings.words import GRADES, SOURCES, STEPS
from isms.people.models import Department
from isms.trail.kinds import names

room = Room("findings", __name__)
room.in_nav(lazy_gettext("指摘事項"), "index", P.FINDINGS_READ, 50)

trail.show("finding", lambda i: url_for("findings.finding", finding_id=i) if g.actor.has(P.FINDINGS_READ) else None)


def _load(rows: list[Finding]) -> None:
    """Write into the findings what they concern, their department, and when they were closed; three queries."""
    ids = [row.id for row in rows]
    links = FindingControl.select().where(FindingControl.finding.in_(ids)).order_by(FindingControl.id)
    keys: dict[int, dict[str, None]] = {}
    for link in links:
        keys.setdefault(link.finding_id, {})[link.key] = None
    places = dict(Department.select(Department.id, Department.name).tuples())
    closed, today = rules.closed_days(ids), settings.today(clock.now())
    for row in rows:
        row.concerns = gettext("、").join(keys.get(row.id, ()))
        row.place = places.get(row.department_id, "")
        row.closed_on = closed.get(row.id)
        row.days_open = None if row.closed_on else (today - row.opened_on).days


def _in_year(query: Any, year: str) -> Any:
    span = fiscal_span(int(year), settings.get("fiscal_year_start_month"))
    return query.where(Finding.opened_on.between(span.first, span.last))


def _years() -> list[tuple[str, str]]:
    start = settings.get("fiscal_year_start_month")
    oldest = Finding.select(Finding.opened_on).order_by(Finding.opened_on).limit(1).scalar()
    this = fiscal_year(settings.today(clock.now()), start)
    first = fiscal_year(oldest, start) if oldest else this
    return [(str(year), fiscal_label(year, locale(), start)) for year in range(this, first - 1, -1)]


def _departments() -> list[tuple[str, str]]:
    query = Department.select(Department.id, Department.name).order_by(Department.code, Department.id)
    if Scope.ALL not in scopes_of(g.actor, P.FINDINGS_READ):
        query = query.where(Department.id.in_(rules.readable(g.actor).select(Finding.department)))
    return [(str(i), name) for i, name in query.tuples()]


IS_CLOSED = Case(None, [(rules.newest_step() == "closed", 1)], 0)

FINDINGS = Table(
    "findings",
    lazy_gettext("指摘事項"),
    [
        Column("ref", lazy_gettext("番号"), expr=Finding.ref, nowrap=True),
        Column(
            "state",
            lazy_gettext("状態"),
            lambda f: gettext("完了") if f.closed_on else gettext("未完了"),
            expr=IS_CLOSED,
            nowrap=True,
        ),
        Column("grade", lazy_gettext("区分"), lambda f: GRADES[f.grade], expr=Finding.grade, nowrap=True),
        Column("title", lazy_gettext("件名"), expr=Finding.title),
        Column("concerns", lazy_gettext("管理策・箇条")),
        Column("place", lazy_gettext("部署")),
        Column("opened_on", lazy_gettext("見つかった日"), expr=Finding.opened_on, nowrap=True),
        Column("days_open", lazy_gettext("経過日数"), numeric=True),
        Column("closed_on", lazy_gettext("完了した日"), nowrap=True),
        Column("source", lazy_gettext("どこで見つかったか"), lambda f: SOURCES[f.source], hidden=True),
        Column("description", lazy_gettext("内容"), hidden=True),
    ],
    default_sort="state",
    filters=[
        Filter("q", lazy_gettext("番号・言葉"), lambda q, text: q.where(_found(text))),
        Filter(
            "state",
            lazy_gettext("状態"),
            lambda q, value: q.where(IS_CLOSED == (1 if value == "closed" else 0)),
            kind="select",
            choices=[("open", lazy_gettext("未完了")), ("closed", lazy_gettext("完了"))],
        ),
        Filter(
            "grade",
            lazy_gettext("区分"),
            lambda q, value: q.where(Finding.grade == value),
            kind="select",
            choices=list(GRADES.items()),
        ),
        Filter(
            "department",
            lazy_gettext("部署"),
            lambda q, value: q.where(Finding.department == int(value)),
            kind="select",
            choices=_departments,
        ),
        Filter("year", lazy_gettext("年度"), _in_year, kind="select", choices=_years),
    ],
    row_href=lambda f: url_for("findings.finding", finding_id=f.id),
    prefetch=_load,
    empty=(
        lazy_gettext("指摘事項がまだありません"),
        lazy_gettext("監査、クロスチェック、日常点検などで見つかったことを登録し、完了まで追います。"),
    ),
)


def _found(text: str) -> Any:
    linked = FindingControl.select(FindingControl.finding).where(FindingControl.key.endswith(text.upper()))
    return contains(Finding.ref, text) | contains(Finding.title, text) | Finding.id.in_(linked)


@room.route("/findings", permission=P.FINDINGS_READ)
def index() -> Answer:
    """List the findings, open ones first."""
    query = rules.readable(g.actor)
    waiting = query.clone().where(IS_CLOSED == 0).count()
    return FINDINGS.answer(query, open=waiting, may_edit=g.actor.has(P.FINDINGS_EDIT))


@room.route("/findings/<int:finding_id>", permission=P.FINDINGS_READ)
def finding(finding_id: int) -> Answer:
    """Show a finding and what happened to it."""
    seen = rules.seen_finding(finding_id, by=g.actor)
    _load([seen])
    steps = rules.steps_of(finding_id)
    return {
        "finding": seen,
        "steps": steps,
        "controls": _titled(rules.controls_of(finding_id)),
        "names": names({seen.recorded_by, *(step.recorded_by for step in steps)}),
        "grades": GRADES,
        "sources": SOURCES,
        "words": STEPS,
        "may_edit": g.actor.has(P.FINDINGS_EDIT),
        "trail": f"finding:{finding_id}" if g.actor.has(P.TRAIL_READ) else None,
    }


def _titled(links: list[FindingControl]) -> list[tuple[FindingControl, Any]]:
    """Give the links that the actor may know of, with their requirements."""
    everything = Scope.ALL in scopes_of(g.actor, P.CONTROLS_READ)
    editions = {name: adapted(name) for name in dict.fromkeys(link.edition for link in links)}
    return [
        (link, editions[link.edition].find(link.key))
        for link in links
        if everything or (g.actor.coverage is not None and g.actor.coverage.covers(link.edition, link.key))
    ]


@room.route("/findings/new", methods=["GET", "POST"], permission=P.FINDINGS_EDIT)
def new_finding() -> Answer:
    """Open a finding."""
    now = clock.now()
    today = settings.today(now)
    form = FindingForm(opened_on=today, controls=showable(request.args.get("controls", ""))[:1000])
    made = form.run(lambda: rules.open_finding(**_values(form, today), by=g.actor, now=now))
    if isinstance(made, Finding):
        flash(gettext("指摘事項 %(ref)s を登録しました。", ref=made.ref))
        return redirect(url_for("findings.finding", finding_id=made.id), 303)
    return {"form": form}


def _values(form: FindingForm, today: date) -> dict[str, Any]:
    """Give the values with the numbers read in the edition that is in force today."""
    values = form.values()
    edition = catalogue.edition_on(today)
    try:
        wanted = read_all(edition, values["controls"])
    except Invalid as error:
        raise Invalid({"controls": error.fields[""]}) from error
    return values | {"controls": [(edition.id, requirement.key) for requirement in wanted]}


@room.route("/findings/<int:finding_id>/close", methods=["GET", "POST"], permission=P.FINDINGS_EDIT)
def close_finding(finding_id: int) -> Answer:
    """Close a finding."""
    return _step(finding_id, rules.close_finding, gettext("指摘事項を完了にしました。"))


@room.route("/findings/<int:finding_id>/reopen", methods=["GET", "POST"], permission=P.FINDINGS_EDIT)
def reopen_finding(finding_id: int) -> Answer:
    """Open a closed finding again."""
    return _step(finding_id, rules.reopen_finding, gettext("指摘事項を再開しました。"))


def _step(finding_id: int, rule: Callable[..., Any], said: str) -> Answer:
    seen = rules.seen_finding(finding_id, by=g.actor)
    now = clock.now()
    form = StepForm(day=settings.today(now))
    if form.run(lambda: rule(finding_id, **form.values(), by=g.actor, now=now)):
        flash(said)
        return redirect(url_for("findings.finding", finding_id=finding_id), 303)
    return {"form": form, "finding": seen}
