"""The state of all requirements as of a day."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import current_app, g, render_template, request, url_for
from markupsafe import Markup

from isms.catalogue.editions import Requirement
from isms.catalogue.words import IMPLEMENTATION
from isms.core import clock, settings
from isms.core.look import STATES, short_day
from isms.core.permissions import Permission as P
from isms.core.tables import Column, Filter, Table
from isms.core.text import fold
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.evidence import reviews
from isms.status import outlook, rules
from isms.status.board import place, places
from isms.status.compute import State
from isms.status.forms import AsOf, read_as_of
from isms.status.rules import Report, RequirementState
from isms.status.words import counting, reasons

room = Room("status", __name__)
room.in_nav(lazy_gettext("管理策"), "index", P.CONTROLS_READ, 20)
reviews.tell_outlook(outlook.of_accepting)

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
