"""Pages of what leaves the house: documents as of a day, and audit packs."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, cast

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for

from isms.core import clock, settings
from isms.core.blobs import told_if_damaged
from isms.core.days import fiscal_span, fiscal_year
from isms.core.errors import TooMany
from isms.core.permissions import Permission as P
from isms.core.sending import send_checked, send_made
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.exports import jobs, orders
from isms.exports.forms import PackForm, StatementForm, StatusForm
from isms.exports.orders import Order
from isms.status.rules import Known

room = Room("exports", __name__)
room.in_nav(lazy_gettext("持ち出し"), "index", P.EXPORTS_TAKE, 80, aside=True)

AT_ONCE = BoundedSemaphore(2)  # documents that are set at one time; the others wait (attack 61)
PATIENCE = 20  # seconds
REFRESH = 2  # seconds until the page of a pack asks again


def _page(**forms: Any) -> dict[str, Any]:
    """Give what the page shows: three forms, those that were sent among them, and the packs of this person."""
    now = clock.now()
    today = settings.today(now)
    year = fiscal_span(fiscal_year(today, start := settings.get("fiscal_year_start_month")), start)
    bare = {"formdata": None}
    return {
        "status": StatusForm(**bare, data={"day": today, "known": "then", "format": "xlsx"}),
        "statement": StatementForm(**bare, data={"day": today, "format": "pdf"}),
        "pack": PackForm(**bare, data={"first": year.first, "last": today}),
        "jobs": jobs.jobs_of(g.actor),
        "JOB_STATES": jobs.STATES,
        "engaged": orders.is_engaged(g.actor),
        **forms,
    }


@room.route("/exports", permission=P.EXPORTS_TAKE)
def index() -> Answer:
    """Show what can be taken along."""
    return _page()


@room.route("/exports/status", permission=P.EXPORTS_TAKE)
def status() -> Answer:
    """Hand out the state of all requirements as of a day."""
    form = StatusForm(request.args, meta={"csrf": False})
    if not form.validate():
        return render_template("exports/index.html", **_page(status=form)), 422
    known = cast(Known, form.known.data)
    return _document(Order("status", form.day.data, form.format.data, known), form, "status")


@room.route("/exports/statement", permission=P.EXPORTS_TAKE)
def statement() -> Answer:
    """Hand out the statement of applicability of a day."""
    form = StatementForm(request.args, meta={"csrf": False})
    if not form.validate():
        return render_template("exports/index.html", **_page(statement=form)), 422
    return _document(Order("soa", form.day.data, form.format.data), form, "statement")


def _document(order: Order, form: Any, name: str) -> Answer:
    """Make and hand out a document, unless the day is refused."""
    now = clock.now()
    with _in_turn(), told_if_damaged(now):
        content = form.taken(lambda: orders.made(order, by=g.actor, now=now))
    if content is None:
        return render_template("exports/index.html", **_page(**{name: form})), 422
    return send_made(order.filename, content)


@contextmanager
def _in_turn() -> Iterator[None]:
    if not AT_ONCE.acquire(timeout=PATIENCE):
        raise TooMany(gettext("ほかの書類を作っています。少し待ってから、もう一度お試しください。"), PATIENCE)
    try:
        yield
    finally:
        AT_ONCE.release()


@room.route("/exports/pack", methods=["GET", "POST"], permission=P.EXPORTS_TAKE)
def pack() -> Answer:
    """Ask for an audit pack; the runner makes it."""
    form = PackForm()
    if job := form.run(lambda: jobs.ask(**form.values(), by=g.actor, now=clock.now())):
        flash(gettext("監査パックの作成を始めます。"))
        return redirect(url_for("exports.job", job_id=cast(Any, job).id), 303)
    if request.method == "GET":
        return redirect(url_for("exports.index") + "#pack")
    return render_template("exports/index.html", **_page(pack=form)), 422


@room.route("/exports/packs/<int:job_id>", permission=P.EXPORTS_TAKE)
def job(job_id: int) -> Answer:
    """Show how far a pack is; the page asks again by itself until it is there."""
    found = jobs.seen_job(job_id, by=g.actor)
    done, total = jobs.progress_of(found)
    page = make_response(render_template("exports/job.html", job=found, done=done, total=total))
    if found.state in ("waiting", "working"):
        page.headers["Refresh"] = str(REFRESH)
    return page


@room.route("/exports/packs/<int:job_id>/file", permission=P.EXPORTS_TAKE)
def fetch(job_id: int) -> Response:
    """Hand out a finished pack to who asked for it."""
    found, content = jobs.opened(job_id, by=g.actor)
    return send_checked(found.filename, content)
