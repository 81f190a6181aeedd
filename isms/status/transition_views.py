"""The transition to the next edition: what is carried, what is asked, how far the work has come, and the step."""

from datetime import date

from flask import flash, g, redirect, request, url_for

from isms.catalogue import rules as catalogue
from isms.catalogue import transition as plans
from isms.catalogue.words import IMPLEMENTATION
from isms.core import clock, settings
from isms.core.days import UnreadableDay, read_day
from isms.core.errors import Conflict, NotFound
from isms.core.permissions import Permission as P
from isms.core.web import Answer, Room
from isms.core.words import gettext
from isms.status import transition

room = Room("transition", __name__)


def _asked_day(new_id: str) -> date:
    """Read the day of the transition; by default the one for which decisions were recorded ahead."""
    planned = plans.planned_day(new_id, settings.today(clock.now()))
    try:
        return read_day(request.values["day"]) if request.values.get("day") else planned
    except UnreadableDay as error:
        flash(str(error), "error")
        return planned


@room.route("/transition", permission=P.CONTROLS_DECIDE)
def index() -> Answer:
    """Show how every control of the next edition comes about, and what is still open; or the step that was taken."""
    today = settings.today(clock.now())
    old_id = catalogue.edition_id_on(today)
    new, step = plans.next_edition(old_id), plans.taken()
    context = {"standards": catalogue.standards(), "today": today, "edition": catalogue.standards().edition(old_id)}
    if step is not None and (new is None or new.id == step.new):
        return {**context, "plan": None, "step": step, "waiting": transition.waiting(*step)}
    if new is None:
        return {**context, "plan": None, "step": None}
    plan = plans.plan(old_id, new.id, _asked_day(new.id))
    return {**context, "plan": plan, "step": None, "Way": plans.Way, "HOW": IMPLEMENTATION}


@room.route("/transition/confirm", methods=["GET", "POST"], permission=P.CONTROLS_DECIDE)
def confirm() -> Answer:
    """Say what the step will do, and take it."""
    now = clock.now()
    old_id = catalogue.edition_id_on(settings.today(now))
    new = plans.next_edition(old_id)
    if new is None:
        raise NotFound()
    day = _asked_day(new.id)
    if request.method == "POST":
        done = transition.confirm(old_id, new.id, day=day, by=g.actor, now=now)
        flash(
            gettext(
                "%(edition)s への移行を記録しました（証跡の結び付き%(links)s件、指摘事項%(findings)s件を引き継ぎ）。",
                edition=new.name,
                links=done.evidence,
                findings=done.findings,
            )
        )
        return redirect(url_for("transition.index"), 303)
    plan = plans.plan(old_id, new.id, day)
    if plan.open:
        raise Conflict(gettext("まだ決めていない管理策が%(number)s件あります。", number=len(plan.open)))
    return {"plan": plan, "waiting": transition.waiting(old_id, new.id, day)}


@room.route("/transition/carry", methods=["POST"], permission=P.CONTROLS_DECIDE)
def carry_over() -> Answer:
    """Let what came in since the step follow."""
    step = plans.taken()
    if step is None:
        raise NotFound()
    done = transition.carry_over(step.old, step.new, day=step.day, by=g.actor, now=clock.now())
    flash(
        gettext(
            "証跡の結び付き%(links)s件、指摘事項%(findings)s件を引き継ぎました。",
            links=done.evidence,
            findings=done.findings,
        )
    )
    return redirect(url_for("transition.index"), 303)
