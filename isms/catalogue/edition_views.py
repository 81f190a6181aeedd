"""Pages of the standards in use: the edition in force, corrected titles, controls of the organisation's own."""

from typing import Any

from flask import flash, g, redirect, url_for
from wtforms.fields import SelectChoice

from isms.catalogue import rules, transition, wording
from isms.catalogue.editions import Edition, Kind
from isms.catalogue.forms import EditionForm, OwnControlForm, TitleForm
from isms.catalogue.models import EditionInForce
from isms.core import clock, settings
from isms.core.permissions import Permission as P
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.trail import kinds

room = Room("editions", __name__)


@room.route("/editions", permission=P.CONTROLS_DECIDE)
def index() -> Answer:
    """Show which edition is in force, what was worded differently, and which controls are the organisation's own."""
    today = settings.today(clock.now())
    edition = rules.edition_on(today)
    standard = rules.standards().edition(edition.id)
    rows = list(rules.editions_in_force().order_by(EditionInForce.from_day.desc(), EditionInForce.id.desc()))
    return {
        "edition": edition,
        "standards": rules.standards(),
        "rows": rows,
        "who": kinds.names({row.recorded_by for row in rows}),
        "own": wording.own_controls(edition.id).values(),
        "corrected": [(standard.get(row.key), row) for row in edition.rows if _differs(standard, row)],
        "provisional": [row for row in edition.requirements if row.provisional],
        "ahead": transition.next_edition(edition.id),
        "today": today,
    }


def _differs(standard: Edition, row: Any) -> bool:
    original = standard.find(row.key)
    return original is not None and original.title != row.title


@room.route("/editions/put", methods=["GET", "POST"], permission=P.CONTROLS_DECIDE)
def put_in_force() -> Answer:
    """Say which edition counts from a day on."""
    form = EditionForm()
    if form.run(
        lambda: rules.put_in_force(form.edition.data, from_day=form.from_day.data, by=g.actor, now=clock.now())
    ):
        flash(gettext("適用する規格の版を記録しました。"))
        return redirect(url_for("editions.index"), 303)
    return {"form": form}


@room.route("/editions/<edition_id>/<key>/title", methods=["GET", "POST"], permission=P.CONTROLS_DECIDE)
def correct_title(edition_id: str, key: str) -> Answer:
    """Word a title differently."""
    requirement = rules.get_requirement(edition_id, key)
    form = TitleForm(title_ja=requirement.title_ja, title_en=requirement.title_en)
    if form.run(lambda: wording.correct_title(edition_id, key, **form.values(), by=g.actor, now=clock.now())):
        flash(gettext("%(number)s の表題を改めました。", number=requirement.id))
        return redirect(_page_of(edition_id, requirement), 303)
    original = rules.standards().edition(edition_id).get(key)
    return {"form": form, "requirement": requirement, "original": original, "back": _page_of(edition_id, requirement)}


def _page_of(edition_id: str, requirement: Any) -> str:
    if requirement.kind is Kind.CONTROL:
        return url_for("catalogue.control", edition_id=edition_id, key=requirement.key)
    return url_for("editions.index")


@room.route("/editions/own/new", methods=["GET", "POST"], permission=P.CONTROLS_DECIDE)
def new_own_control() -> Answer:
    """Add a control of the organisation's own to the edition in force."""
    now = clock.now()
    edition = rules.standards().edition(rules.edition_id_on(settings.today(now)))
    form = OwnControlForm()
    themes = [SelectChoice(theme, str(label)) for theme, label in edition.themes.items()]
    form.theme.choices = [SelectChoice("", str(lazy_gettext("（決めない）"))), *themes]
    if form.run(lambda: wording.add_own_control(edition.id, **form.values(), by=g.actor, now=now)):
        flash(gettext("独自の管理策を加えました。"))
        return redirect(url_for("editions.index"), 303)
    return {"form": form, "edition": edition}


@room.route("/editions/<edition_id>/own/<key>/end", methods=["POST"], permission=P.CONTROLS_DECIDE)
def end_own_control(edition_id: str, key: str) -> Answer:
    """End a control of the organisation's own."""
    wording.end_own_control(edition_id, key, by=g.actor, now=clock.now())
    flash(gettext("%(number)s をやめました。決定と証跡の記録は残っています。", number=key))
    return redirect(url_for("editions.index"), 303)
