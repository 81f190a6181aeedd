"""The page of one requirement as of a day."""

from typing import Any

from flask import current_app, g, render_template, request, url_for
from markupsafe import Markup

from isms.catalogue import rules as catalogue
from isms.catalogue.editions import Kind, Requirement
from isms.catalogue.wording import adapted
from isms.catalogue.words import APPLICABLE, IMPLEMENTATION
from isms.core import clock, settings
from isms.core.errors import NotFound
from isms.core.permissions import Permission as P
from isms.core.tables import Column, Table
from isms.core.web import Answer
from isms.core.words import gettext, lazy_gettext
from isms.findings.words import GRADES
from isms.status import rules, sheet
from isms.status.board import place
from isms.status.forms import AsOf, read_as_of
from isms.status.rules import Report
from isms.status.views import control_href, link, room
from isms.status.words import counting, sentence
from isms.trail.kinds import names


def _file_words(one: sheet.Laid) -> Markup:
    """Give title and files of an evidence as one cell."""
    lines = [Markup('<br><small class="mut">{}</small>').format(file.name) for file in one.standing.files]
    return Markup("{}{}").format(one.standing.title, Markup("").join(lines))


def _drawn(one: sheet.Laid) -> Markup:
    template: Any = current_app.jinja_env.get_template("macros/page.html")
    return template.module.mark(one.sign, one.word, one.style)


LAID = Table(
    "evidence",
    lazy_gettext("証跡"),
    [
        Column("ref", lazy_gettext("番号"), lambda r: r.standing.ref, sort=lambda r: r.standing.id),
        Column(
            "title",
            lazy_gettext("件名・ファイル"),
            _file_words,
            sort=lambda r: r.standing.title,
            download=lambda r: r.standing.title,
        ),
        Column(
            "collected_on",
            lazy_gettext("収集日"),
            lambda r: r.standing.collected_on,
            sort=lambda r: r.standing.collected_on,
            nowrap=True,
        ),
        Column(
            "valid_until",
            lazy_gettext("有効期限"),
            lambda r: r.standing.valid_until,
            sort=lambda r: r.standing.valid_until,
            nowrap=True,
        ),
        Column(
            "recorded_at",
            lazy_gettext("登録した日時"),
            lambda r: r.standing.recorded_at,
            sort=lambda r: r.standing.recorded_at,
            nowrap=True,
        ),
        Column("state", lazy_gettext("状態"), _drawn, sort=lambda r: r.word, download=lambda r: r.word, nowrap=True),
        Column(
            "files",
            lazy_gettext("ファイル"),
            lambda r: gettext("、").join(file.name for file in r.standing.files),
            hidden=True,
        ),
        Column(
            "hashes", lazy_gettext("SHA-256"), lambda r: " ".join(file.sha256 for file in r.standing.files), hidden=True
        ),
    ],
    default_sort="-collected_on",
    row_href=lambda r: r.href,
    page_size=20,
    prefix="e-",
    keep=("day", "known"),
)


@room.route("/controls/<edition_id>/<key>", permission=P.CONTROLS_READ)
def control(edition_id: str, key: str) -> Answer:
    """Show a requirement as of a day: decision, evidence, findings, and what it was and became."""
    now = clock.now()
    asked = read_as_of(request.args, settings.today(now))
    requirement = _seen(edition_id, key, asked)
    report = _report(asked, requirement)
    if report is None and not asked.error:
        asked = asked.refused(gettext("この日までに、この管理策はまだ登録されていません。"))
    context: dict[str, Any] = {"asked": asked, "requirement": requirement, "edition": adapted(edition_id)}
    context |= {"band": place(context["edition"], requirement), "href": control_href}
    if asked.error or report is None:
        return render_template("status/control.html", one=None, **context), 422
    one = report.requirements[0]
    rows = sheet.readable(one.evidence, g.actor)
    warning = settings.get("expiry_warning_days")
    shown = [sheet.laid(standing, asked.day, warning) for standing in rows]
    known_at = rules.known_until(asked.day, asked.known)
    history = sheet.history(requirement, asked.day, known_at, ahead=asked.is_today)
    return LAID.answer(
        shown,
        one=one,
        sentence=sentence(one, asked.day),
        hidden=len(one.evidence) - len(rows),
        counted=len(counting(one, asked.day)),
        timeline=sheet.timeline(shown, asked.day, settings.get("fiscal_year_start_month")),
        history=history,
        who=names({row.recorded_by for row in history}),
        found=sheet.found(edition_id, key, asked.day, known_at, g.actor),
        in_force=_in_force(asked, requirement),
        actions=_actions(requirement),
        APPLICABLE=APPLICABLE,
        IMPLEMENTATION=IMPLEMENTATION,
        GRADES=GRADES,
        **sheet.relatives(requirement),
        **context,
    )


def _seen(edition_id: str, key: str, asked: AsOf) -> Requirement:
    """Give a requirement that the actor may know of, as it was worded on the day; raises NotFound."""
    then = adapted(edition_id, rules.known_until(asked.day, asked.known)).find(key)
    requirement = then or catalogue.get_requirement(edition_id, key)
    if requirement.kind is Kind.HEADING or not rules.sees(g.actor, edition_id, key):
        raise NotFound()
    return requirement


def _report(asked: AsOf, requirement: Requirement) -> Report | None:
    """Give the report on the one requirement; None where it was not known yet."""
    if asked.error:
        return None
    scope = {requirement.key}
    report = rules.states(asked.day, asked.known, now=clock.now(), scope=scope, edition_id=requirement.edition)
    return report if report.requirements else None


def _in_force(asked: AsOf, requirement: Requirement) -> str | None:
    """Name the edition in force on the day where it is another one of the same standard."""
    standards = catalogue.standards()
    if standards.edition(requirement.edition).standard != catalogue.STANDARD:
        return None
    there = catalogue.edition_id_on(asked.day, rules.known_until(asked.day, asked.known))
    return None if there == requirement.edition else standards.edition(there).name


def _actions(requirement: Requirement) -> dict[str, str | None]:
    """Give what the reader may do from here."""
    here = url_for("status.control", edition_id=requirement.edition, key=requirement.key)
    ids = {"edition_id": requirement.edition, "key": requirement.key}
    is_control = requirement.kind is Kind.CONTROL
    return {
        "decide": link("catalogue.decide", P.CONTROLS_DECIDE, **ids, next=here) if is_control else None,
        "record": link("evidence.new", P.EVIDENCE_RECORD, controls=requirement.spelled),
        "finding": link("findings.new_finding", P.FINDINGS_EDIT, controls=requirement.spelled),
    }
