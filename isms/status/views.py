"""Pages of the status room: the state of all requirements as of a day, and one requirement."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import current_app, g, render_template, request, url_for
from markupsafe import Markup

from isms.catalogue import rules as catalogue
from isms.catalogue.editions import Kind, Requirement
from isms.catalogue.wording import adapted
from isms.catalogue.words import APPLICABLE, IMPLEMENTATION
from isms.core import clock, settings
from isms.core.errors import NotFound
from isms.core.look import STATES, short_day
from isms.core.permissions import Permission as P
from isms.core.tables import Column, Filter, Table
from isms.core.text import fold
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.findings.words import GRADES
from isms.status import rules, sheet
from isms.status.board import place, places
from isms.status.compute import State
from isms.status.forms import AsOf, read_as_of
from isms.status.rules import Report, RequirementState
from isms.status.words import counting, reasons, sentence
from isms.trail.kinds import names

room = Room("status", __name__)
room.in_nav(lazy_gettext("管理策"), "index", P.CONTROLS_READ, 20)

WORST_FIRST = (
    State.NONCONFORMING,
    State.UNPROVEN,
    State.EXPIRING,
    State.UNDECIDED,
    State.NOT_IMPLEMENTED,
    State.PROVEN,
    State.NOT_APPLICABLE,
)


def link(endpoint: str, permission: P, **values: Any) -> str | None:
    """Give the address of a page of another room; None where there is none for the reader."""
    there = endpoint in current_app.view_functions and g.actor.has(permission)
    return url_for(endpoint, **values) if there else None


def control_href(requirement: Requirement, query: dict[str, Any]) -> str:
    """Give the address of a requirement's page on the day that is shown."""
    return url_for("status.control", edition_id=requirement.edition, key=requirement.key, **query)


def drawn_state(state: str) -> Markup:
    """Draw sign and word of a state as every page does."""
    template: Any = current_app.jinja_env.get_template("macros/page.html")
    return template.module.state(state)


@dataclass(frozen=True)
class Line:
    """A requirement as a row of the table."""

    one: RequirementState
    report: Report
    query: dict[str, Any]

    @property
    def requirement(self) -> Requirement:
        return self.one.requirement

    @property
    def href(self) -> str:
        return control_href(self.requirement, self.query)

    @property
    def justification(self) -> str:
        return self.one.decision.justification if self.one.decision else ""

    @property
    def number(self) -> int:
        return len(counting(self.one, self.report.day))

    @property
    def earliest(self) -> date | None:
        return min((laid.valid_until for laid in counting(self.one, self.report.day)), default=None)

    @property
    def title(self) -> Any:
        mark = Markup(' <small class="mut">{}</small>').format(gettext("仮訳")) if self.requirement.provisional else ""
        return Markup("{}{}").format(str(self.requirement.title), mark)

    @property
    def state(self) -> Any:
        why = Markup("<br><small>{}</small>").format(reasons(self.one)) if self.one.reasons else ""
        return drawn_state(self.one.state.value) + why

    @property
    def evidence(self) -> Any:
        return Markup('<a href="{}#evidence">{}</a>').format(self.href, self.number) if self.number else 0


def _owner(line: Line) -> str:
    decision = line.one.decision
    return decision.owner.name if decision and decision.owner_id else ""


def _says(lines: list[Line], text: str) -> list[Line]:
    wanted = fold(text) or ""
    return [
        line
        for line in lines
        if any(
            wanted in (fold(words) or "")
            for words in (
                line.requirement.key,
                line.requirement.title.ja,
                line.requirement.title.en,
                line.justification,
            )
        )
    ]


STATUS = Table(
    "status",
    lazy_gettext("管理策の状態"),
    [
        Column("no", lazy_gettext("番号"), lambda r: r.requirement.spelled, sort=lambda r: r.requirement.order),
        Column(
            "state",
            lazy_gettext("状態"),
            sort=lambda r: WORST_FIRST.index(r.one.state),
            download=lambda r: str(STATES[r.one.state.value][1]),
            nowrap=True,
        ),
        Column("title", lazy_gettext("表題"), sort=lambda r: str(r.requirement.title)),
        Column("justification", lazy_gettext("適用の理由")),
        Column(
            "evidence", lazy_gettext("有効な証跡"), sort=lambda r: r.number, numeric=True, download=lambda r: r.number
        ),
        Column("earliest", lazy_gettext("最も早い期限"), sort=lambda r: r.earliest, nowrap=True),
        Column(
            "findings",
            lazy_gettext("未完了の指摘"),
            lambda r: len(r.one.findings) or "",
            sort=lambda r: len(r.one.findings),
            numeric=True,
            download=lambda r: len(r.one.findings),
        ),
        Column("reasons", lazy_gettext("証跡なしの理由"), lambda r: reasons(r.one), hidden=True),
        Column(
            "implementation",
            lazy_gettext("実施状況"),
            lambda r: IMPLEMENTATION[r.one.decision.implementation] if r.one.decision else "",
            hidden=True,
        ),
        Column("owner", lazy_gettext("責任者"), _owner, hidden=True),
    ],
    default_sort="no",
    filters=[
        Filter(
            "theme",
            lazy_gettext("分類"),
            lambda lines, value: [r for r in lines if place(r.report.edition, r.requirement)[0] == value],
            kind="select",
            choices=lambda: places(g.edition),
        ),
        Filter(
            "state",
            lazy_gettext("状態"),
            lambda lines, value: [r for r in lines if r.one.state == value],
            kind="select",
            choices=lambda: [(state.value, STATES[state.value][1]) for state in WORST_FIRST],
        ),
        Filter("q", lazy_gettext("番号・言葉"), _says),
    ],
    row_href=lambda r: r.href,
    empty=(lazy_gettext("見られる管理策がありません"), ""),
    keep=("day", "known"),
)
EXPORTS = ("pdf", "json")  # beside what the table itself gives


def tally(report: Report, query: dict[str, Any], word: str) -> list[dict[str, Any]]:
    """Count the states as the legend, each a link to its list."""
    number = len(report.requirements)
    cells: list[dict[str, Any]] = [{"word": word, "figure": number, "all": True}]
    for state, count in report.counts().items():
        href = url_for("status.index", state=state.value, **query) if count else None
        act = state is State.NONCONFORMING and count > 0
        word = STATES[state.value][1]
        cells.append({"word": word, "figure": count, "href": href, "sign": state.value, "act": act})
    order = [state.value for state in (State.PROVEN, State.EXPIRING, State.UNPROVEN, State.NONCONFORMING)]
    return [cells[0], *sorted(cells[1:], key=lambda c: order.index(c["sign"]) if c["sign"] in order else len(order))]


@room.route("/status", permission=P.CONTROLS_READ)
def index() -> Answer:
    """List the state of every requirement as of a day."""
    now = clock.now()
    asked = read_as_of(request.args, settings.today(now))
    engaged = rules.sees_all(g.actor) or g.actor.coverage is not None
    if asked.error or not engaged:
        page = render_template("status/index.html", asked=asked, engaged=engaged, report=None)
        return page, 422 if asked.error else 200
    report = rules.report_for(g.actor, asked.day, asked.known, now)
    g.edition = report.edition
    heading = gettext("%(day)s 現在の管理策の状態", day=short_day(asked.day))
    table = replace(STATUS, name=f"status-{asked.day.isoformat()}", label=heading)
    return table.answer(
        [Line(one, report, asked.query) for one in report.requirements],
        asked=asked,
        engaged=True,
        report=report,
        tally=tally(report, asked.query, gettext("管理策と箇条")),
        exports=[(kind, _export(asked, kind)) for kind in EXPORTS],
        pack=link("exports.pack", P.EXPORTS_TAKE),
    )


def _export(asked: AsOf, kind: str) -> str | None:
    return link("exports.status", P.EXPORTS_TAKE, day=asked.day.isoformat(), known=asked.known, format=kind)


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
