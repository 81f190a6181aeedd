"""Pages of findings: the board with the list, one with its whole story, a new one."""

from datetime import date, timedelta
from typing import Any

from flask import flash, g, redirect, request, url_for

from isms import trail
from isms.catalogue import rules as catalogue
from isms.catalogue.numbers import read_all
from isms.catalogue.wording import adapted
from isms.core import clock, settings
from isms.core.errors import Invalid
from isms.core.permissions import Permission as P
from isms.core.permissions import Scope, may, scopes_of
from isms.core.text import showable
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.findings import figures, rules, step_forms
from isms.findings import files as file_rules
from isms.findings.forms import FindingForm
from isms.findings.list_views import FINDINGS, load, open_progress
from isms.findings.models import Finding, FindingControl, Measure
from isms.findings.progress import Progress
from isms.findings.words import FOLLOWING, GRADES, SOURCES, STEPS
from isms.people.models import Department
from isms.trail.kinds import names

room = Room("findings", __name__)
room.in_nav(lazy_gettext("指摘事項"), "index", P.FINDINGS_READ, 50)

trail.show("finding", lambda i: url_for("findings.finding", finding_id=i) if g.actor.has(P.FINDINGS_READ) else None)


@room.route("/findings", permission=P.FINDINGS_READ)
def index() -> Answer:
    """Show the figures of the findings and list them, open ones first."""
    query = rules.readable(g.actor)
    if "download" in request.args:
        return FINDINGS.answer(query)
    return FINDINGS.answer(query, may_edit=g.actor.has(P.FINDINGS_EDIT), **_figures(settings.today(clock.now())))


def _figures(today: date) -> dict[str, Any]:
    """Give the figures of all that the person may read; four queries."""
    waiting = open_progress()
    found = list(rules.readable(g.actor))
    start = settings.get("fiscal_year_start_month")
    years = figures.by_year(found, rules.closed_days([one.id for one in found]), today, start)
    late = sum(one.is_late(today) for one in waiting)
    ages = figures.by_age(waiting, today)
    cells = [
        {"word": figures.age_words(n), "figure": number, "href": url_for("findings.index", age=n, _anchor="findings")}
        for n, number in enumerate(ages)
    ]
    href = url_for("findings.index", next="late", _anchor="findings")
    cells.append({"word": gettext("期限を過ぎたもの"), "figure": late, "href": href, "act": late > 0})
    return {
        "open": len(waiting),
        "tally": cells if found else [],
        "places": figures.by_department(waiting, today),
        "departments": dict(Department.select(Department.id, Department.name).tuples()),
        "ages": [figures.age_words(n) for n in range(len(figures.AGES))],
        "charts_given": [figures.chart_of_grades(years), figures.chart_of_sources(years)] if found else [],
        "years": figures.table_of_years(years),
    }


@room.route("/findings/<int:finding_id>", permission=P.FINDINGS_READ)
def finding(finding_id: int) -> Answer:
    """Show a finding, all that happened to it, and the next step as a form."""
    seen = rules.seen_finding(finding_id, by=g.actor)
    load([seen])
    return {**story(seen), "controls": _titled(rules.controls_of(finding_id))}


def story(seen: Finding) -> dict[str, Any]:
    """Give what the page of a loaded finding shows besides what it concerns."""
    progress: Progress = seen.progress
    today = settings.today(clock.now())
    actors = {f"person:{step.owner_id}" for step in progress.steps if step.owner_id}
    may_edit, may_answer = g.actor.has(P.FINDINGS_EDIT), may(g.actor, P.FINDINGS_ANSWER, seen)
    return {
        "finding": seen,
        "progress": progress,
        "today": today,
        "late": progress.is_late(today),
        "files": file_rules.files_of(seen.id),
        "actions": {action.plan.id: action for action in progress.actions},
        "names": names({seen.recorded_by, *actors, *(step.recorded_by for step in progress.steps)}),
        "measures": _measures(seen) if g.actor.has(P.MEASURES_READ) else [],
        "grades": GRADES,
        "sources": SOURCES,
        "words": STEPS,
        "following": FOLLOWING,
        "may_edit": may_edit,
        "may_answer": may_answer,
        "may_measure": g.actor.has(P.MEASURES_EDIT),
        "next": step_forms.offered(progress, today) if may_answer else None,
        "trail": f"finding:{seen.id}" if g.actor.has(P.TRAIL_READ) else None,
    }


def _measures(seen: Finding) -> list[Measure]:
    return list(Measure.select().where(Measure.finding == seen.id).order_by(Measure.id))


def _titled(links: list[FindingControl]) -> list[tuple[FindingControl, Any]]:
    """Give the links that the actor may know of, with their requirements."""
    everything = Scope.ALL in scopes_of(g.actor, P.CONTROLS_READ)
    editions = {name: adapted(name) for name in dict.fromkeys(link.edition for link in links)}
    return [
        (link, editions[link.edition].find(link.key))
        for link in links
        if everything or (g.actor.coverage is not None and g.actor.coverage.covers(link.edition, link.key))
    ]


@room.route("/findings/new", methods=["GET", "POST"], permission=P.FINDINGS_EDIT, upload=file_rules.largest_request)
def new_finding() -> Answer:
    """Open a finding."""
    now = clock.now()
    today = settings.today(now)
    due = today + timedelta(days=settings.get("answer_days"))
    form = FindingForm(opened_on=today, due=due, controls=showable(request.args.get("controls", ""))[:1000])
    form.take_in()
    made = form.run(lambda: rules.open_finding(**_values(form, today), by=g.actor, now=now))
    if isinstance(made, Finding):
        flash(gettext("指摘事項 %(ref)s を登録しました。", ref=made.ref))
        return redirect(url_for("findings.finding", finding_id=made.id), 303)
    return {"form": form}


def _values(form: FindingForm, today: date) -> dict[str, Any]:
    """Give the values with the numbers read in the edition that is in force today."""
    values = form.arguments()
    edition = catalogue.edition_on(today)
    try:
        wanted = read_all(edition, values["controls"])
    except Invalid as error:
        raise Invalid({"controls": error.fields[""]}) from error
    return values | {"controls": [(edition.id, requirement.key) for requirement in wanted]}
