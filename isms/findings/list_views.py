"""The list of findings: how it is filtered and sorted, and what each row says."""

from datetime import date
from typing import Any

from flask import g, url_for
from peewee import Case

from isms.core import clock, settings
from isms.core.days import fiscal_label, fiscal_span, fiscal_year
from isms.core.permissions import Permission as P
from isms.core.permissions import Scope, scopes_of
from isms.core.tables import Column, Filter, Table
from isms.core.text import contains
from isms.core.words import gettext, lazy_gettext, locale
from isms.findings import rules
from isms.findings.figures import AGES, age_words, days_of_age
from isms.findings.models import Finding, FindingControl
from isms.findings.progress import Progress, progress_of
from isms.findings.words import FOLLOWING, GRADES, SOURCES
from isms.people.models import Department


def open_progress() -> list[Progress]:
    """Give how far each open finding is that the person may read; two queries a request."""
    if "open_progress" not in g:
        g.open_progress = list(progress_of(rules.readable(g.actor).where(IS_CLOSED == 0)).values())
    found: list[Progress] = g.open_progress
    return found


def load(rows: list[Finding]) -> None:
    """Write into the findings what they concern, their department, and how far they are; three queries."""
    ids = [row.id for row in rows]
    links = FindingControl.select().where(FindingControl.finding.in_(ids)).order_by(FindingControl.id)
    keys: dict[int, dict[str, None]] = {}
    for link in links:
        keys.setdefault(link.finding_id, {})[link.key] = None
    places = dict(Department.select(Department.id, Department.name).tuples())
    known, today = progress_of(rows), settings.today(clock.now())
    for row in rows:
        row.progress = known[row.id]
        row.concerns = gettext("、").join(keys.get(row.id, ()))
        row.place = places.get(row.department_id, "")
        row.closed_on = None if row.progress.is_open else row.progress.end.day
        row.days_open = None if row.closed_on else (today - row.opened_on).days
        row.is_late = row.progress.is_late(today)


def _state(finding: Finding) -> str:
    return str(FOLLOWING[finding.progress.next]) if finding.progress.next else gettext("完了")


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
    return [("none", gettext("（決めていない）")), *((str(i), name) for i, name in query.tuples())]


def _of_department(query: Any, value: str) -> Any:
    return query.where(Finding.department.is_null() if value == "none" else Finding.department == int(value))


def _aged(query: Any, value: str) -> Any:
    """Keep what is open and as old as the span says."""
    today = settings.today(clock.now())
    oldest, newest = days_of_age(int(value), today)
    query = query.where(IS_CLOSED == 0, Finding.opened_on <= newest)
    return query if oldest == date.min else query.where(Finding.opened_on >= oldest)


def _following(query: Any, value: str) -> Any:
    """Keep what waits for the step, or, of the others, what is late."""
    today = settings.today(clock.now())
    ids = [one.finding.id for one in open_progress() if one.next == value or (value == "late" and one.is_late(today))]
    return query.where(Finding.id.in_(ids))


def _found(text: str) -> Any:
    linked = FindingControl.select(FindingControl.finding).where(FindingControl.key.endswith(text.upper()))
    return contains(Finding.ref, text) | contains(Finding.title, text) | Finding.id.in_(linked)


IS_CLOSED = Case(None, [(rules.newest_step() == "closed", 1)], 0)


def _select(key: str, label: Any, apply: Any, choices: Any) -> Filter:
    return Filter(key, label, apply, kind="select", choices=choices)


FINDINGS = Table(
    "findings",
    lazy_gettext("指摘事項"),
    [
        Column("ref", lazy_gettext("番号"), expr=Finding.ref, nowrap=True),
        Column("state", lazy_gettext("次にすること"), _state, expr=IS_CLOSED, nowrap=True),
        Column("due", lazy_gettext("期限"), lambda f: f.progress.due, nowrap=True),
        Column("grade", lazy_gettext("区分"), lambda f: GRADES[f.grade], expr=Finding.grade, nowrap=True),
        Column("title", lazy_gettext("件名"), expr=Finding.title),
        Column("concerns", lazy_gettext("管理策・箇条")),
        Column("place", lazy_gettext("部署")),
        Column("opened_on", lazy_gettext("見つかった日"), expr=Finding.opened_on, nowrap=True),
        Column("days_open", lazy_gettext("経過日数"), numeric=True),
        Column("closed_on", lazy_gettext("完了した日"), nowrap=True),
        Column("source", lazy_gettext("見つかった場"), lambda f: SOURCES[f.source], hidden=True),
        Column("description", lazy_gettext("内容"), hidden=True),
    ],
    default_sort="state",
    filters=[
        Filter("q", lazy_gettext("番号・言葉"), lambda q, text: q.where(_found(text))),
        _select(
            "state",
            lazy_gettext("状態"),
            lambda q, value: q.where(IS_CLOSED == (1 if value == "closed" else 0)),
            [("open", lazy_gettext("未完了")), ("closed", lazy_gettext("完了"))],
        ),
        _select(
            "next",
            lazy_gettext("次にすること"),
            _following,
            [("late", lazy_gettext("期限を過ぎたもの")), *FOLLOWING.items()],
        ),
        _select("grade", lazy_gettext("区分"), lambda q, v: q.where(Finding.grade == v), [*GRADES.items()]),
        _select("source", lazy_gettext("見つかった場"), lambda q, v: q.where(Finding.source == v), [*SOURCES.items()]),
        _select("department", lazy_gettext("部署"), _of_department, _departments),
        _select("age", lazy_gettext("経過日数"), _aged, lambda: [(str(n), age_words(n)) for n in range(len(AGES))]),
        _select("year", lazy_gettext("年度"), _in_year, _years),
    ],
    row_href=lambda f: url_for("findings.finding", finding_id=f.id),
    row_class=lambda f: "bad" if f.is_late else "",
    prefetch=load,
    empty=(
        lazy_gettext("指摘事項がまだありません"),
        lazy_gettext("監査、クロスチェック、日常点検などで見つかったことを登録し、完了まで追います。"),
    ),
)
