"""Pages of accident-prevention measures 事故防止策: the register, one with its reviews."""

from typing import Any

from flask import flash, g, redirect, request, url_for

from isms import trail
from isms.core import clock, settings
from isms.core.errors import Invalid
from isms.core.permissions import Permission as P
from isms.core.permissions import demand, may
from isms.core.tables import Column, Filter, Table
from isms.core.text import contains, showable
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.findings import measures, rules
from isms.findings.measure_forms import EditMeasureForm, MeasureForm, ReviewForm
from isms.findings.models import Finding, Measure
from isms.findings.words import OUTCOMES
from isms.people.departments import departments
from isms.people.models import Department, Person
from isms.trail.kinds import names

room = Room("measures", __name__)
room.in_nav(lazy_gettext("事故防止策"), "index", P.MEASURES_READ, 55, aside=True)

trail.show("measure", lambda i: url_for("measures.measure", measure_id=i) if g.actor.has(P.MEASURES_READ) else None)


def _load(rows: list[Measure]) -> None:
    """Write into the measures where they hold, who looks after them and when they are looked at again; three queries."""
    places = dict(Department.select(Department.id, Department.name).tuples())
    people = dict(Person.select(Person.id, Person.name).where(Person.id.in_({row.owner_id for row in rows})).tuples())
    last, today = measures.last_reviews(row.id for row in rows), settings.today(clock.now())
    for row in rows:
        row.place, row.who = places.get(row.department_id, ""), people.get(row.owner_id, "")
        row.reviewed_on = last.get(row.id)
        row.due = measures.next_review(row, row.reviewed_on)
        row.is_late = row.due is not None and row.due < today


MEASURES = Table(
    "measures",
    lazy_gettext("事故防止策"),
    [
        Column("ref", lazy_gettext("番号"), expr=Measure.ref, nowrap=True),
        Column("hazard", lazy_gettext("起こりうること"), expr=Measure.hazard),
        Column("measure", lazy_gettext("防止策"), expr=Measure.measure),
        Column("place", lazy_gettext("部署")),
        Column("who", lazy_gettext("担当"), nowrap=True),
        Column("reviewed_on", lazy_gettext("前の見直し"), nowrap=True),
        Column("due", lazy_gettext("次の見直し"), nowrap=True),
        Column("review_months", lazy_gettext("間隔（月）"), expr=Measure.review_months, numeric=True),
        Column("from_day", lazy_gettext("始めた日"), hidden=True),
        Column("to_day", lazy_gettext("終えた日"), expr=Measure.to_day, nowrap=True),
    ],
    default_sort="-ref",
    filters=[
        Filter("q", lazy_gettext("番号・言葉"), lambda q, text: q.where(_found(text))),
        Filter(
            "state",
            lazy_gettext("状態"),
            lambda q, value: q.where(Measure.to_day.is_null(value == "standing")),
            kind="select",
            choices=[("standing", lazy_gettext("続けているもの")), ("ended", lazy_gettext("終えたもの"))],
        ),
        Filter(
            "department",
            lazy_gettext("部署"),
            lambda q, value: q.where(Measure.department == int(value)),
            kind="select",
            choices=lambda: [(str(one.id), one.name) for one in departments()],
        ),
    ],
    row_href=lambda m: url_for("measures.measure", measure_id=m.id),
    row_class=lambda m: "bad" if m.is_late else "",
    prefetch=_load,
    empty=(
        lazy_gettext("事故防止策がまだありません"),
        lazy_gettext("起こりうる事故と、それを防ぐために決めたことを登録し、決めた間隔で見直します。"),
    ),
)


def _found(text: str) -> Any:
    return contains(Measure.ref, text) | contains(Measure.hazard, text) | contains(Measure.measure, text)


@room.route("/measures", permission=P.MEASURES_READ)
def index() -> Answer:
    """List the measures."""
    standing = list(Measure.select().where(Measure.to_day.is_null()))
    _load(standing)
    late = sum(one.is_late for one in standing)
    return MEASURES.answer(Measure.select(), late=late, may_edit=g.actor.has(P.MEASURES_EDIT))


@room.route("/measures/<int:measure_id>", methods=["GET", "POST"], permission=P.MEASURES_READ)
def measure(measure_id: int) -> Answer:
    """Show a measure with its reviews, and take the next one."""
    one, now = measures.get_measure(measure_id), clock.now()
    _load([one])
    form = ReviewForm(day=settings.today(now), new=one.measure)
    if request.method == "POST":
        demand(g.actor, P.MEASURES_REVIEW, one)
    if form.run(lambda: measures.review_measure(measure_id, **form.values(), by=g.actor, now=now)):
        flash(gettext("見直しを記録しました。"))
        return redirect(url_for("measures.measure", measure_id=measure_id), 303)
    reviews = measures.reviews_of(measure_id)
    finding = one.finding if one.finding_id and may(g.actor, P.FINDINGS_READ, one.finding) else None
    return {
        "form": form,
        "measure": one,
        "reviews": reviews,
        "finding": finding,
        "names": names({review.recorded_by for review in reviews}),
        "outcomes": OUTCOMES,
        "today": settings.today(now),
        "may_edit": one.to_day is None and may(g.actor, P.MEASURES_EDIT, one),
        "may_review": one.to_day is None and may(g.actor, P.MEASURES_REVIEW, one),
        "trail": f"measure:{measure_id}" if g.actor.has(P.TRAIL_READ) else None,
    }


@room.route("/measures/new", methods=["GET", "POST"], permission=P.MEASURES_EDIT)
def new_measure() -> Answer:
    """Set a measure."""
    now = clock.now()
    asked = showable(request.args.get("finding", ""))[:40]
    form = MeasureForm(from_day=settings.today(now), finding=asked, owner_id=g.actor.person_id)
    made = form.run(lambda: measures.add_measure(**_values(form), by=g.actor, now=now))
    if isinstance(made, Measure):
        flash(gettext("事故防止策 %(ref)s を登録しました。", ref=made.ref))
        return redirect(url_for("measures.measure", measure_id=made.id), 303)
    return {"form": form}


def _values(form: MeasureForm) -> dict[str, Any]:
    """Give the values with the finding that the reference names, if the person may read it."""
    values = form.values()
    ref = values.pop("finding").upper()
    finding = rules.readable(g.actor).where(Finding.ref == ref).first() if ref else None
    if ref and finding is None:
        raise Invalid({"finding": gettext("指摘事項 %(ref)s は見つかりません。", ref=ref)})
    return values | {"finding_id": finding.id if finding else None}


@room.route("/measures/<int:measure_id>/edit", methods=["GET", "POST"], permission=P.MEASURES_EDIT)
def edit_measure(measure_id: int) -> Answer:
    """Change a measure."""
    one = measures.get_measure(measure_id)
    demand(g.actor, P.MEASURES_EDIT, one)
    form = EditMeasureForm(obj=one)
    if form.run(lambda: measures.change_measure(measure_id, **form.values(), by=g.actor, now=clock.now())):
        flash(gettext("事故防止策を改めました。"))
        return redirect(url_for("measures.measure", measure_id=measure_id), 303)
    return {"form": form, "measure": one}
