"""Pages of a visit: its items, one item a screen, its end, and its photos."""

from typing import Any

from flask import Response, after_this_request, flash, g, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from isms.core import clock
from isms.core.errors import AlreadyDone, Conflict, DomainError, Invalid, NotFound
from isms.core.permissions import Permission as P
from isms.core.permissions import may
from isms.core.photos import LARGEST
from isms.core.sending import send_stored
from isms.core.web import CSP, Answer, Room
from isms.core.words import gettext, ngettext
from isms.crosschecks import answers, photos, standing, visit_pages, visits
from isms.crosschecks.answers import Overtaken
from isms.crosschecks.models import AnswerFinding, Visit
from isms.crosschecks.visit_forms import ReasonForm, form_of
from isms.crosschecks.visit_pages import Row
from isms.crosschecks.visit_words import NOTES, VISIT_STATES
from isms.findings.models import Finding

room = Room("visits", __name__)

PICTURE_CSP = "sandbox; default-src 'none'"


@room.get("/crosschecks/visits/<int:visit_id>", permission=P.CROSSCHECKS_READ)
def visit(visit_id: int) -> Answer:
    """Show the items of a visit and what was answered."""
    one = standing.seen_visit(visit_id, by=g.actor)
    _let_script_send()
    rows, state = visit_pages.rows_of(one), standing.state_of(one)
    for row in rows:
        row.linked = row.opened is not None and may(g.actor, P.FINDINGS_READ, row.opened.finding)
    return {
        "visit": one,
        "rows": rows,
        "state": state,
        "state_words": VISIT_STATES[state],
        "answering": standing.may_answer(one, g.actor),
        "next": visit_pages.next_number(rows),
        "lacking": [row for row in rows if row.item.required and row.answer is None],
        "noes": [row for row in rows if visits.is_ng(row.item, row.answer) and row.opened is None],
        "saved_at": visit_pages.saved_at(rows),
        "over": standing.campaign_is_over(one),
        "largest": LARGEST,
    }


@room.route(
    "/crosschecks/visits/<int:visit_id>/items/<int:number>",
    methods=["GET", "POST"],
    permission=P.CROSSCHECKS_VISIT,
    upload=photos.largest_request,
)
def item(visit_id: int, number: int) -> Answer:
    """Ask one item; the page holds all of them, so that a lost connection does not end the visit."""
    one = standing.own_visit(visit_id, by=g.actor)
    if not 1 <= number <= len(visits.items(one)):
        raise NotFound()
    if request.method == "POST":
        return _answered(one, number)
    if standing.state_of(one) != "open":
        return redirect(url_for("visits.visit", visit_id=visit_id), 303)
    return _page(one, _rows(one), number)


def _rows(one: Visit, posted: int = 0) -> list[Row]:
    rows = visit_pages.rows_of(one)
    visit_pages.lay_beside(one, rows, clock.now())
    for row in rows:
        row.form = form_of(row.item, row.number, row.answer, posted=row.number == posted)
    return rows


def _page(one: Visit, rows: list[Row], number: int, refused: str = "") -> dict[str, Any]:
    _let_script_send()
    saved_at = visit_pages.saved_at(rows)
    return {
        "visit": one,
        "rows": rows,
        "number": number,
        "notes": NOTES,
        "refused": refused,
        "saved_at": saved_at,
        "form": rows[number - 1].form,
        "largest": LARGEST,
    }


def _let_script_send() -> None:
    """Let the script of this page send to this house what has waited for the connection."""

    @after_this_request
    def widen(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = f"{CSP}; connect-src 'self'"
        return response


def _answered(one: Visit, number: int) -> Answer:
    """Take an answer: from a form, which leads on to the next item, or from the script, which is told what came of it."""
    rows = _rows(one, number)
    row, by_script = rows[number - 1], request.accept_mimetypes.best == "application/json"
    row.form.take_in()
    try:
        made = _taken(one, row)
    except AlreadyDone:  # the first sending wrote an answer, or agreed with one that was there
        told = [answers.newest_answer(one.id, row.item.id, by) for by in (g.actor, None)]
        made_before = told[0] or told[1]
        if not by_script or made_before is None:
            raise
        made = made_before
    except (Conflict, Invalid) as error:
        return _refused(one, rows, row, error, by_script)
    return _saved(one, row, made) if by_script else _onward(one, number, len(rows))


def _taken(one: Visit, row: Row) -> answers.Answer:
    if not row.form.validate():
        raise Invalid({field.name: " ".join(map(str, field.errors)) for field in row.form if field.errors})
    return answers.answer(one.id, row.item.id, **row.form.arguments(), by=g.actor, now=clock.now())


def _refused(one: Visit, rows: list[Row], row: Row, error: DomainError, by_script: bool) -> Answer:
    """Say why an answer was not taken; what was typed stays on the page, another's answer stands beside it."""
    if isinstance(error, Invalid) and not row.form.errors:
        row.form.refuse(error)
    if isinstance(error, Overtaken):
        row.other = visit_pages.other_answer(error.newest, row.item)
        row.form.after.data = error.newest.id
    if by_script:
        return jsonify(refused=str(error), other=row.other), error.status
    said = "" if isinstance(error, Invalid) else str(error)
    return render_template("visits/item.html", **_page(one, rows, row.number, said)), error.status


def _onward(one: Visit, number: int, count: int) -> WerkzeugResponse:
    if number < count:
        return redirect(url_for("visits.item", visit_id=one.id, number=number + 1), 303)
    return redirect(url_for("visits.visit", visit_id=one.id), 303)


def _saved(one: Visit, row: Row, made: answers.Answer) -> Response:
    taken = photos.photos_of(one.id).get(row.item.id, [])
    shown = [{"id": p.id, "name": p.name, "href": _small(one.id, p.id)} for p in taken]
    return jsonify(saved=made.id, words=visit_pages.said(made.value, row.item), comment=made.comment, photos=shown,
                   at=visit_pages.clock_time(made.recorded_at))  # fmt: skip


def _small(visit_id: int, photo_id: int) -> str:
    return url_for("visits.small_photo", visit_id=visit_id, photo_id=photo_id)


@room.route("/crosschecks/visits/<int:visit_id>/finish", methods=["POST"], permission=P.CROSSCHECKS_VISIT)
def finish(visit_id: int) -> Answer:
    """Finish the visit; each 否 becomes a finding."""
    try:
        opened = visits.finish(visit_id, by=g.actor, now=clock.now())
    except Conflict as error:
        flash(str(error), "error")
    else:
        number = len(opened)
        found = (
            ngettext("指摘事項を%(num)s件登録しました。", "指摘事項を%(num)s件登録しました。", number) if opened else ""
        )
        flash(gettext("訪問を終えました。") + found)
    return redirect(url_for("visits.visit", visit_id=visit_id), 303)


@room.route("/crosschecks/visits/<int:visit_id>/reopen", methods=["GET", "POST"], permission=P.CROSSCHECKS_EDIT)
def reopen(visit_id: int) -> Answer:
    """Let a finished visit be corrected."""
    return _decided(visit_id, visits.reopen)


@room.route("/crosschecks/visits/<int:visit_id>/call-off", methods=["GET", "POST"], permission=P.CROSSCHECKS_EDIT)
def call_off(visit_id: int) -> Answer:
    """Call a visit off."""
    return _decided(visit_id, visits.call_off)


def _decided(visit_id: int, rule: Any) -> Answer:
    one, form = standing.get_visit(visit_id), ReasonForm()
    if form.run(lambda: rule(visit_id, text=form.text.data, by=g.actor, now=clock.now())):
        return redirect(url_for("visits.visit", visit_id=visit_id), 303)
    return {"form": form, "visit": one}


@room.get("/crosschecks/visits/<int:visit_id>/photos/<int:photo_id>", permission=P.CROSSCHECKS_READ)
def photo(visit_id: int, photo_id: int) -> Answer:
    """Send a photo, whose hash is confirmed as it opens."""
    found = photos.seen_photo(visit_id, photo_id, by=g.actor)
    return send_stored(found.name, found.sha256, clock.now())


@room.get("/crosschecks/visits/<int:visit_id>/photos/<int:photo_id>/small", permission=P.CROSSCHECKS_READ)
def small_photo(visit_id: int, photo_id: int) -> Answer:
    """Show a photo small, drawn anew."""
    found = photos.seen_photo(visit_id, photo_id, by=g.actor)
    drawn = photos.small(found, now=clock.now())
    return Response(drawn, mimetype="image/jpeg", headers={"Content-Security-Policy": PICTURE_CSP})


@room.panel("finding", P.FINDINGS_READ)
def of_finding(finding: Finding) -> dict[str, Any] | None:
    """Tell on the page of a finding which visit it came from, and whether the answer was changed since."""
    row = AnswerFinding.get_or_none(AnswerFinding.finding == finding.id)
    if row is None:
        return None
    one = standing.get_visit(row.visit_id)
    shown = next(shown for shown in visit_pages.rows_of(one) if shown.item.id == row.item_id)
    try:
        standing.seen_visit(one.id, by=g.actor)
    except NotFound:
        return {"visit": one, "row": shown, "href": None}
    return {"visit": one, "row": shown, "href": url_for("visits.visit", visit_id=one.id)}
