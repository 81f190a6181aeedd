"""What the page of one requirement shows: its evidence as rows and as bars of validity, its findings, its history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from isms.catalogue import rules as catalogue
from isms.catalogue.models import Decision
from isms.catalogue.standards import Kind, Requirement
from isms.core.charts import Timeline, Validity
from isms.core.days import fiscal_span, fiscal_year
from isms.core.permissions import Actor
from isms.core.words import gettext, ngettext
from isms.evidence import rules as evidence
from isms.evidence.models import Evidence
from isms.evidence.standing import Standing
from isms.findings import rules as findings
from isms.findings.models import Finding
from isms.trail.kinds import href

MOST_BARS = 12


@dataclass(frozen=True)
class Laid:
    """An evidence on the page: how it looks (ok, soon, out, ret), under which sign, and in words."""

    standing: Standing
    look: str
    sign: str
    word: str
    left: str
    href: str

    @property
    def style(self) -> str:
        """Give the class of its mark."""
        return {"ok": "ok", "soon": "soon"}.get(self.look, "na")


def laid(standing: Standing, day: date, warning: int) -> Laid:
    """Say how an evidence stands on the day."""
    address = href(f"evidence:{standing.id}") or ""
    if (reason := _out_of_count(standing, day)) is not None:
        return Laid(standing, "ret", "bad", reason, reason, address)
    if standing.valid_until < day:
        word = gettext("期限切れ")
        return Laid(standing, "out", "not_applicable", word, word, address)
    days = (standing.valid_until - day).days
    left = ngettext("あと%(num)s日", "あと%(num)s日", days)
    if days <= warning:
        return Laid(standing, "soon", "expiring", gettext("期限間近"), left, address)
    return Laid(standing, "ok", "proven", gettext("有効"), left, address)


def _out_of_count(standing: Standing, day: date) -> str | None:
    """Name what keeps an evidence from counting, whatever its days; None when nothing does."""
    if standing.gone:
        return gettext("取り下げ・差し替え")
    if standing.review != "accepted":
        return gettext("差し戻し") if standing.review == "returned" else gettext("確認待ち")
    if standing.damaged:
        return gettext("ファイルの破損")
    return gettext("収集前") if standing.collected_on > day else None


def readable(standings: Sequence[Standing], by: Actor) -> list[Standing]:
    """Give those that the actor may read: a head sees the evidence of their departments only."""
    ids = [one.id for one in standings]
    query = evidence.readable(by).select(Evidence.id).where(Evidence.id.in_(ids))
    allowed = {evidence_id for (evidence_id,) in query.tuples()}
    return [one for one in standings if one.id in allowed]


def timeline(rows: Sequence[Laid], day: date, start_month: int) -> Timeline:
    """Draw the evidence that touches the fiscal years around the day, what counts first."""
    year = fiscal_year(day, start_month)
    first, last = fiscal_span(year - 1, start_month).first, fiscal_span(year + 1, start_month).last
    near = [one for one in rows if one.standing.valid_until >= first and one.standing.collected_on <= last]
    order = {"soon": 0, "ok": 1, "out": 2, "ret": 3}
    near.sort(key=lambda one: (order[one.look], -one.standing.valid_until.toordinal(), one.standing.id))
    bars = [
        Validity(
            one.standing.ref,
            one.standing.title,
            one.standing.collected_on,
            one.standing.valid_until,
            one.look,
            one.left,
            one.href,
        )
        for one in near[:MOST_BARS]
    ]
    return Timeline(gettext("証跡の有効期間"), bars, first, last, day, start_month)


@dataclass(frozen=True)
class Found:
    """A finding on the page; `closed_on` None while it is open on the day."""

    finding: Finding
    closed_on: date | None
    href: str


def found(edition_id: str, key: str, day: date, known_at: datetime | None, by: Actor) -> list[Found]:
    """Give the findings on the requirement that the actor may read, open ones first."""
    rows = findings.on_requirement(edition_id, key, day, known_at)
    ids = [row.id for row in rows]
    allowed = {i for (i,) in findings.readable(by).select(Finding.id).where(Finding.id.in_(ids)).tuples()}
    closed = findings.closed_days(ids, day, known_at)
    given = [Found(row, closed.get(row.id), href(f"finding:{row.id}") or "") for row in rows if row.id in allowed]
    return sorted(given, key=lambda one: one.closed_on is not None)


def history(requirement: Requirement, day: date, known_at: datetime | None, *, ahead: bool) -> list[Decision]:
    """Give the decisions that the page tells of, the newest first; `ahead` keeps those whose day is still to come."""
    rows = catalogue.history(requirement.edition, requirement.key)
    return [row for row in rows if (known_at is None or row.recorded_at <= known_at) and (ahead or row.from_day <= day)]


def relatives(requirement: Requirement) -> dict[str, Any]:
    """Give what the requirement was, what it became, and what other standards say on the same."""
    standards = catalogue.standards()
    references = [row for row in standards.references(requirement) if row.kind is not Kind.HEADING]
    return {
        "before": standards.predecessors(requirement),
        "after": standards.successors(requirement),
        "references": references,
        "editions": standards.editions,
    }
