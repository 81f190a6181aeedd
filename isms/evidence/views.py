"""Pages of evidence: the list, recording on one screen, one evidence with all that was said of it."""

from datetime import date
from typing import Any

from flask import flash, g, redirect, request, url_for

from isms import trail
from isms.catalogue import rules as catalogue
from isms.core import clock, settings
from isms.core.days import Span
from isms.core.errors import NotFound
from isms.core.permissions import Permission as P
from isms.core.permissions import may
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.evidence import files as file_rules
from isms.evidence import forms, list_views, reviews, rules, standing
from isms.evidence.forms import EndLinkForm, LinkForm, ReasonForm, RecordForm
from isms.evidence.models import Evidence, EvidenceLink, Withdrawal
from isms.evidence.words import KINDS
from isms.people.models import Department, Person
from isms.trail import kinds

room = Room("evidence", __name__)
room.in_nav(lazy_gettext("証跡"), "index", P.EVIDENCE_READ, 30)
room.in_nav(lazy_gettext("確認待ち"), "queue", P.EVIDENCE_REVIEW, 40, count=lambda: reviews.count_waiting(g.actor))
room.in_nav(lazy_gettext("証跡を記録"), "new", P.EVIDENCE_RECORD, 990, primary=True)

trail.show("evidence", lambda i: url_for("evidence.one", evidence_id=i) if g.actor.has(P.EVIDENCE_READ) else None)


@room.route("/evidence", permission=P.EVIDENCE_READ)
def index() -> Answer:
    """List the evidence that the person may see."""
    return list_views.TABLE.answer(rules.readable(g.actor), may_record=g.actor.has(P.EVIDENCE_RECORD))


@room.route("/evidence/new", methods=["GET", "POST"], permission=P.EVIDENCE_RECORD, upload=file_rules.largest_request)
def new() -> Answer:
    """Record evidence."""
    today = settings.today(clock.now())
    first = {**forms.proposed(today), "controls": request.args.get("controls", "")}
    return _record(RecordForm(data=first), None)


@room.route(
    "/evidence/<int:evidence_id>/correct",
    methods=["GET", "POST"],
    permission=P.EVIDENCE_RECORD,
    upload=file_rules.largest_request,
)
def correct(evidence_id: int) -> Answer:
    """Record what takes an evidence's place: it begins with all that the evidence says, its files too."""
    old = _workable(evidence_id)
    rules.guard_standing(old)
    return _record(RecordForm(data=_as_it_stands(old)), old)


def _record(form: RecordForm, old: Evidence | None) -> Answer:
    """Show or take the form; files that came once are kept whatever else is wrong."""
    now = clock.now()
    today = settings.today(now)
    edition = catalogue.edition_on(today)
    if form.is_submitted():
        form.take_in()
    if form.controls.data:
        form.read_controls(edition)
    pressed = request.form.get("then")
    if pressed != "look":
        predecessor = old.id if old else None
        made = form.run(
            lambda: rules.record_evidence(**form.arguments(), predecessor_id=predecessor, by=g.actor, now=now)
        )
        if isinstance(made, Evidence):
            flash(gettext("%(ref)s を記録しました。ほかの人が確認すると有効になります。", ref=made.ref))
            if pressed == "next":
                return redirect(url_for("evidence.new"), 303)
            return redirect(url_for("evidence.one", evidence_id=made.id), 303)
    return {
        "form": form,
        "old": old,
        "today": today,
        "until": rules.propose_valid_until(form.collected_on.data or today),
        "months": settings.get("evidence_interval_months"),
        "largest": file_rules.largest_file(),
        "suggestions": forms.suggestions(edition),
    }


def _as_it_stands(old: Evidence) -> dict[str, Any]:
    """Give an evidence as the values of a form."""
    files = rules.files_of(old.id)
    gone = file_rules.redacted(file.sha256 for file in files)
    today = settings.today(clock.now())
    edition = catalogue.edition_on(today)
    links = [row for row in rules.links_of(old.id) if row.edition == edition.id and _lasts(row, today)]
    return {
        "title": old.title,
        "kind": old.kind,
        "controls": forms.spelled(found for row in links if (found := edition.find(row.key))),
        "collected_on": old.collected_on,
        "period": _period(old),
        "valid_until": old.valid_until,
        "department_id": old.department_id,
        "owner_id": old.owner_id,
        "url": old.url,
        "note": old.note,
        "kept": [
            file_rules.Kept(file.name, file.sha256, file.size, file.kind) for file in files if file.sha256 not in gone
        ],
    }


def _lasts(row: EvidenceLink, day: date) -> bool:
    return row.to_day is None or row.to_day >= day


def _period(row: Evidence) -> Any:
    return Span(row.period_from, row.period_to) if row.period_from and row.period_to else None


@room.route("/evidence/<int:evidence_id>", permission=P.EVIDENCE_READ)
def one(evidence_id: int) -> Answer:
    """Show an evidence with all that was said of it."""
    seen = rules.seen_evidence(evidence_id, by=g.actor)
    now = clock.now()
    today = settings.today(now)
    said = list_views.said_of([seen.id])[seen.id]
    files = rules.files_of(seen.id)
    gone = file_rules.redacted(file.sha256 for file in files)
    withdrawal = Withdrawal.get_or_none(Withdrawal.evidence == seen)
    words = reviews.reviews_of(seen.id)
    successors = list(Evidence.select().where(Evidence.predecessor == seen).order_by(Evidence.id))
    who = {seen.recorded_by, *(row.recorded_by for row in words), *([withdrawal.recorded_by] if withdrawal else [])}
    who |= {f"person:{row.reviewer_id}" for row in words if row.reviewer_id}
    return {
        "evidence": seen,
        "condition": list_views.condition_of(said, seen.valid_until, today),
        "mark": list_views.mark,
        "kinds": KINDS,
        "period": _period(seen),
        "department": Department.get_or_none(Department.id == seen.department_id),
        "owner": Person.get_or_none(Person.id == seen.owner_id),
        "files": files,
        "gone": gone,
        "twins": rules.twins(seen.id, by=g.actor) if files else [],
        "damaged": file_rules.damaged_now() if "damaged" in said else {},
        "links": _named_links(rules.links_of(seen.id)),
        "reviews": words,
        "withdrawal": withdrawal,
        "predecessor": readable_one(seen.predecessor_id),
        "successors": [row for row in successors if may(g.actor, P.EVIDENCE_READ, row)],
        "names": kinds.names(who),
        "may_work": withdrawal is None and may(g.actor, P.EVIDENCE_RECORD, seen),
        "may_review": not words and withdrawal is None and reviews.may_review(seen, g.actor),
        "may_redact": may(g.actor, P.EVIDENCE_REDACT, seen),
        "may_controls": g.actor.has(P.CONTROLS_READ),
        "may_trail": g.actor.has(P.TRAIL_READ),
        "today": today,
    }


def readable_one(evidence_id: int | None) -> Evidence | None:
    """Give an evidence if there is one and the person may read it."""
    found = Evidence.get_or_none(Evidence.id == evidence_id) if evidence_id else None
    return found if found is not None and may(g.actor, P.EVIDENCE_READ, found) else None


def _named_links(rows: list[EvidenceLink]) -> list[dict[str, Any]]:
    """Give the links that the person may know of, with the words of their requirements, the newest edition first."""
    editions = {edition: catalogue.adapted(edition) for edition in {row.edition for row in rows}}
    found = [
        {"link": row, "edition": editions[row.edition], "requirement": editions[row.edition].find(row.key)}
        for row in rows
        if list_views.covered(row.edition, row.key)
    ]
    return sorted(found, key=lambda one: (-one["edition"].year, one["requirement"].order if one["requirement"] else ()))


def _workable(evidence_id: int) -> Evidence:
    """Give an evidence on which the person may work; raises NotFound."""
    found = rules.seen_evidence(evidence_id, by=g.actor)
    if not may(g.actor, P.EVIDENCE_RECORD, found):
        raise NotFound()
    return found


@room.route("/evidence/<int:evidence_id>/withdraw", methods=["GET", "POST"], permission=P.EVIDENCE_RECORD)
def withdraw(evidence_id: int) -> Answer:
    """Withdraw an evidence; which requirements lose it stands beside the button."""
    found = _workable(evidence_id)
    rules.guard_standing(found)
    form = ReasonForm()
    if form.run(lambda: rules.withdraw(evidence_id, reason=form.reason.data, by=g.actor, now=clock.now())):
        flash(gettext("%(ref)s を取り下げました。", ref=found.ref))
        return redirect(url_for("evidence.one", evidence_id=evidence_id), 303)
    return {"form": form, "evidence": found, "losing": losing(found)}


def losing(found: Evidence) -> list[dict[str, Any]]:
    """Give the requirements of today that an evidence stands for, and how many others prove each."""
    today = settings.today(clock.now())
    edition = catalogue.edition_on(today)
    laid = standing.standing(edition.id, today, None, settings.zone())
    lost = []
    for key, rows in laid.items():
        requirement = edition.find(key)
        if requirement is not None and any(row.id == found.id for row in rows):
            others = [row for row in rows if row.id != found.id and _proves(row, today)]
            lost.append({"requirement": requirement, "others": len(others)})
    return sorted(lost, key=lambda one: one["requirement"].order)


def _proves(row: standing.Standing, day: date) -> bool:
    sound = row.review == "accepted" and not row.gone and not row.damaged
    return sound and row.collected_on <= day <= row.valid_until


@room.route("/evidence/<int:evidence_id>/links", methods=["GET", "POST"], permission=P.EVIDENCE_RECORD)
def link(evidence_id: int) -> Answer:
    """Let an evidence stand for more requirements."""
    found = _workable(evidence_id)
    rules.guard_standing(found)
    now = clock.now()
    edition = catalogue.edition_on(settings.today(now))
    form = LinkForm(from_day=found.collected_on)
    if form.controls.data:
        form.read_controls(edition)
    if form.run(
        lambda: rules.link_many(
            evidence_id,
            [(row.edition, row.key) for row in form.understood],
            from_day=form.from_day.data,
            by=g.actor,
            now=now,
        )
    ):
        flash(gettext("管理策を加えました。"))
        return redirect(url_for("evidence.one", evidence_id=evidence_id), 303)
    return {"form": form, "evidence": found, "suggestions": forms.suggestions(edition)}


@room.route(
    "/evidence/<int:evidence_id>/links/<int:link_id>/end", methods=["GET", "POST"], permission=P.EVIDENCE_RECORD
)
def end_link(evidence_id: int, link_id: int) -> Answer:
    """End the link to a requirement."""
    found = _workable(evidence_id)
    row = EvidenceLink.get_or_none(EvidenceLink.id == link_id, EvidenceLink.evidence == evidence_id)
    if row is None:
        raise NotFound()
    form = EndLinkForm(to_day=settings.today(clock.now()))
    if form.run(lambda: rules.end_link(link_id, **form.values(), by=g.actor, now=clock.now())):
        flash(gettext("%(key)s との結び付きを終えました。", key=row.key))
        return redirect(url_for("evidence.one", evidence_id=evidence_id), 303)
    requirement = catalogue.adapted(row.edition).find(row.key)
    return {"form": form, "evidence": found, "link": row, "requirement": requirement}
