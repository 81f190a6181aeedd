"""The list of what is planned, with filters and downloads."""

from collections.abc import Callable
from typing import Any

from flask import g, url_for
from markupsafe import Markup

from isms.calendar import kinds, layout, rules
from isms.calendar.plan import Planned, planned
from isms.calendar.states import STATES
from isms.calendar.views import (
    every_day,
    href,
    month_href,
    room,
    ways,
    words_of,
    year_asked,
    year_link,
)
from isms.calendar.words import PDCA
from isms.core import clock, look, settings
from isms.core.days import fiscal_label, fiscal_span
from isms.core.permissions import Permission as P
from isms.core.permissions import Role
from isms.core.tables import Column, Filter, Table
from isms.core.web import Answer
from isms.core.words import gettext, lazy_gettext, locale
from isms.people.departments import departments


def _kept(keep: Callable[[Planned, Any], bool]) -> Callable[[list[Planned], Any], list[Planned]]:
    """Make the filter of a list."""
    return lambda rows, value: [row for row in rows if keep(row, value)]


def _owned(one: Planned, value: str) -> bool:
    """Tell whether it falls to the reader, to a role, or belongs to a department."""
    if value == "mine":
        return one.owners.has(g.actor)
    kind, _, name = value.partition(":")
    if kind == "role":
        return Role(name) in one.owners.roles
    return int(name) in one.owners.departments | one.owners.of_departments


def _owners() -> list[tuple[str, Any]]:
    roles = [(f"role:{role.value}", role.label) for role in Role]
    places = departments(settings.today(clock.now()))
    return [("mine", gettext("自分の予定")), *((f"department:{d.id}", d.name) for d in places), *roles]


def state_cell(one: Planned) -> Markup:
    """Draw the state: its seal and its word."""
    style, letter = look.SEALS[layout.SEALS[one.state]]
    return Markup('<span class="nb"><b class="han {}" aria-hidden="true">{}</b> {}</span>').format(
        style, letter, STATES[one.state]
    )


TABLE = Table(
    "calendar",
    lazy_gettext("予定の一覧"),
    [
        Column("due", lazy_gettext("期限"), sort=lambda r: (r.due, r.title), nowrap=True),
        Column("title", lazy_gettext("件名"), sort=lambda r: r.title),
        Column(
            "state",
            lazy_gettext("状態"),
            state_cell,
            sort=lambda r: list(STATES).index(r.state),
            nowrap=True,
            download=lambda r: STATES[r.state],
        ),
        Column("owner", lazy_gettext("担当"), lambda r: r.owners.words, sort=lambda r: r.owners.words),
        Column("kind", lazy_gettext("種類"), lambda r: kinds.label_of(r.schedule.kind), sort=lambda r: r.schedule.kind),
        Column("pdca", lazy_gettext("PDCA"), lambda r: f"{r.pdca} {PDCA[r.pdca]}", sort=lambda r: "PDCA".index(r.pdca)),
        Column("done_on", lazy_gettext("実施日"), sort=lambda r: r.done_on, nowrap=True),
        Column("often", lazy_gettext("くり返し"), lambda r: words_of(r.schedule), hidden=True),
        Column("was_due", lazy_gettext("もとの期限"), hidden=True),
        Column("reason", lazy_gettext("理由"), lambda r: _reason(r), hidden=True),
        Column("controls", lazy_gettext("管理策"), lambda r: _controls(r), hidden=True),
    ],
    "due",
    [
        Filter("year", lazy_gettext("年度"), lambda rows, value: rows, "hidden"),  # of which year the rows are
        Filter(
            "q", lazy_gettext("言葉"), _kept(lambda r, text: text.lower() in f"{r.title} {r.schedule.note}".lower())
        ),
        Filter(
            "kind",
            lazy_gettext("種類"),
            _kept(lambda r, kind: r.schedule.kind == kind),
            "select",
            lambda: [(name, kind.label) for name, kind in kinds.KINDS.items()],
        ),
        Filter("state", lazy_gettext("状態"), _kept(lambda r, state: r.state == state), "select", list(STATES.items())),
        Filter("owner", lazy_gettext("担当"), _kept(_owned), "select", _owners),
        Filter("pdca", lazy_gettext("PDCA"), _kept(lambda r, pdca: r.pdca == pdca), "select", list(PDCA.items())),
        Filter("from", lazy_gettext("この日から"), _kept(lambda r, day: r.due >= day), "day"),
        Filter("until", lazy_gettext("この日まで"), _kept(lambda r, day: r.due <= day), "day"),
    ],
    row_href=href,
    empty=(lazy_gettext("この年度の予定はまだありません"), lazy_gettext("予定の決まりを登録すると、ここに並びます。")),
)


def _reason(one: Planned) -> str:
    """Give why; not the words that became evidence, which not everybody may read."""
    step = one.end or one.move
    return "" if step is None or step.evidence_id is not None else step.text


def _controls(one: Planned) -> str:
    return gettext("、").join(key for _, key in rules.controls_of(one.schedule))


@room.get("/calendar/list", permission=P.CALENDAR_READ)
def list_all() -> Answer:
    """List what is planned in a fiscal year."""
    today, start = settings.today(clock.now()), settings.get("fiscal_year_start_month")
    year = fiscal_span(year_asked(), start)
    return TABLE.answer(
        planned(year.first, year.last, today),
        period=gettext("%(year)sの予定", year=fiscal_label(year_asked(), locale(), start)),
        daily=every_day(today if today in year else year.last),
        month_href=month_href(today if today in year else year.first),
        year_href=url_for("calendar.index", year=year_asked()),
        before=year_link(year_asked() - 1, "calendar.list_all"),
        after=year_link(year_asked() + 1, "calendar.list_all"),
        ways=ways(),
    )
