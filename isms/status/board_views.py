"""The board: the state of everything today, what has run out, and what comes next."""

from datetime import date, datetime
from typing import Any

from flask import g, redirect, url_for

from isms import trail
from isms.core import clock, settings
from isms.core.days import local_day
from isms.core.look import short_day
from isms.core.permissions import Permission as P
from isms.core.permissions import Scope, scopes_of
from isms.core.web import Answer
from isms.core.words import gettext, lazy_gettext
from isms.evidence import files
from isms.evidence import rules as evidence
from isms.evidence.models import Evidence, EvidenceFile
from isms.evidence.words import FOUND
from isms.findings import rules as findings
from isms.findings.models import Finding
from isms.status import board as boards
from isms.status import rules
from isms.status.rules import RequirementState
from isms.status.views import control_href, room, tally
from isms.status.words import sentence
from isms.trail import kinds
from isms.trail.models import TrailEntry

room.in_nav(lazy_gettext("ボード"), "board", P.CONTROLS_READ, 10, shown=lambda: rules.sees_all(g.actor))

SHOWN = 6  # of the newest events
EVENTS = (  # also of rooms above this one, which are there whenever a page is asked for
    "campaign.begun",
    "campaign.closed",
    "daily_month.closed",
    "decision.made",
    "decisions.imported",
    "edition.put_in_force",
    "evidence.accepted",
    "evidence.imported",
    "evidence.recorded",
    "evidence.returned",
    "evidence.withdrawn",
    "file.damaged",
    "file.redacted",
    "file.sound",
    "finding.closed",
    "finding.effect_checked",
    "finding.opened",
    "finding.reopened",
    "occurrence.done",
    "occurrence.postponed",
    "occurrence.skipped",
    "occurrence.substituted",
    "statement.approved",
    "statement.issued",
    "statement.returned",
)


@room.route("/board", permission=P.CONTROLS_READ)
def board() -> Answer:
    """Show the state of every requirement today; an auditor is led to the list of what the engagement covers."""
    if not rules.sees_all(g.actor):
        return redirect(url_for("status.index"), 303)
    now = clock.now()
    today = settings.today(now)
    report = rules.states(today, now=now)
    start = settings.get("fiscal_year_start_month")
    return {
        "now": now,
        "today": today,
        "report": report,
        "figure": boards.figure_of_year(today, start),
        "tally": tally(report, {}, gettext("管理策と箇条")),
        "bands": [_band(band, today) for band in boards.bands(report.edition, report.requirements)],
        "damaged": _damaged(),
        "events": _events(today) if Scope.ALL in scopes_of(g.actor, P.TRAIL_READ) else None,
        **(_findings(today, start) if g.actor.has(P.FINDINGS_READ) else {}),
    }


def _band(band: boards.Band, today: date) -> dict[str, Any]:
    """Give a band as the tile map draws it."""
    return {
        "no": band.no,
        "title": band.title,
        "count": gettext("%(number)s件", number=len(band.rows)),
        "tiles": [_tile(one, today) for one in band.rows],
    }


def _tile(one: RequirementState, today: date) -> dict[str, Any]:
    requirement = one.requirement
    return {
        "no": requirement.id.removeprefix("A."),
        "state": one.state.value,
        "href": control_href(requirement, {}),
        "title": requirement.title,
        "reason": sentence(one, today),
        "note": gettext("この版で新設") if requirement.is_new else gettext("仮訳") if requirement.provisional else "",
    }


def _damaged() -> list[dict[str, Any]]:
    """Name each damaged file that the actor may know of, with its evidence."""
    found = files.damaged_now()
    if not found:
        return []
    query = EvidenceFile.select(EvidenceFile, Evidence).join(Evidence).where(EvidenceFile.sha256.in_(sorted(found)))
    query = query.where(Evidence.id.in_(evidence.readable(g.actor).select(Evidence.id)))
    return [
        {
            "ref": file.evidence.ref,
            "title": file.evidence.title,
            "name": file.name,
            "found": FOUND.get(found[file.sha256], ""),
            "href": kinds.href(f"evidence:{file.evidence_id}"),
        }
        for file in query.order_by(Evidence.id, EvidenceFile.id)
    ]


def _findings(today: date, start: int) -> dict[str, Any]:
    """Give the findings that the actor may read: open ones by age, all of them by fiscal year."""
    rows = list(findings.readable(g.actor).select(Finding.id, Finding.grade, Finding.opened_on))
    closed = findings.closed_days([row.id for row in rows])
    waiting = [row for row in rows if row.id not in closed]
    return {
        "open_findings": len(waiting),
        "ages": boards.by_age(waiting, today),
        "average": boards.average_age(waiting, today),
        "chart": boards.per_year(((row.grade, row.opened_on) for row in rows), today, start),
    }


def _events(today: date) -> list[dict[str, Any]]:
    """Give the newest entries of the trail that tell of the work itself."""
    rows = list(trail.entries().where(TrailEntry.verb.in_(EVENTS)).order_by(TrailEntry.no.desc()).limit(SHOWN))
    known = kinds.names({row.actor for row in rows} | {row.subject for row in rows})
    return [
        {
            "when": _when(row.at, today),
            "text": kinds.VERBS[row.verb].label,
            "href": url_for("trail.entry", no=row.no),
            "small": "　".join((known[row.subject], known[row.actor])),
        }
        for row in rows
    ]


def _when(at: datetime, today: date) -> str:
    """Write a moment as briefly as it can be understood today."""
    day, time = local_day(at, settings.zone()), f"{at.astimezone(settings.zone()):%H:%M}"
    if day == today:
        return time
    return gettext("昨日 %(time)s", time=time) if day == boards.yesterday(today) else short_day(day)
