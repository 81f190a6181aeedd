"""Pages of the trail: the list, an entry, and its redaction by two people."""

from datetime import date, datetime
from typing import Any

from flask import flash, g, redirect, request, url_for
from markupsafe import Markup

from isms.core import clock, settings
from isms.core.days import end_of_day, start_of_day
from isms.core.errors import BadRequest, NotFound
from isms.core.look import moment
from isms.core.permissions import Permission
from isms.core.tables import Column, Filter, Table
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.trail import kinds, redactions, rules
from isms.trail.comparison import Comparison
from isms.trail.forms import DecisionForm, ProposalForm
from isms.trail.models import TrailEntry

room = Room("trail", __name__)
room.in_nav(lazy_gettext("操作記録"), "index", Permission.TRAIL_READ, 900, aside=True)
room.in_nav(
    lazy_gettext("記録内容の消去"),
    "proposals",
    Permission.TRAIL_REDACT_CONFIRM,
    910,
    count=lambda: len(redactions.open_redactions()),
    aside=True,
)

kinds.describe(
    "trail_entry",
    lambda numbers: {number: gettext("第%(no)s号", no=number) for number in numbers},
    label=lazy_gettext("操作記録"),
    href=lambda number: url_for("trail.entry", no=number) if g.actor.has(Permission.TRAIL_READ) else None,
)


def _name(entries: list[TrailEntry]) -> None:
    """Write into the entries what their actors and subjects are called."""
    found = kinds.names({entry.actor for entry in entries} | {entry.subject for entry in entries})
    for entry in entries:
        entry.who, entry.about = found[entry.actor], found[entry.subject]


def _verb(entry: TrailEntry) -> Any:
    declared = kinds.VERBS.get(entry.verb)
    return declared.label if declared else entry.verb


def _second(at: datetime) -> str:
    return f"{moment(at)}:{at:%S}"


def _linked_subject(entry: TrailEntry) -> Any:
    href = kinds.href(entry.subject)
    return Markup('<a href="{}">{}</a>').format(href, entry.about) if href else entry.about


def _details_taken(entry: TrailEntry) -> str:
    if not rules.may_read_details(g.actor, entry):
        return gettext("（個人に関する内容のため表示しません）")
    return gettext("（消去しました）") if entry.details is None else entry.details


def _from_day(query: Any, day: date) -> Any:
    return query.where(TrailEntry.at >= start_of_day(day, settings.zone()))


def _to_day(query: Any, day: date) -> Any:
    return query.where(TrailEntry.at <= end_of_day(day, settings.zone()))


TRAIL = Table(
    "trail",
    lazy_gettext("操作記録"),
    [
        Column("no", lazy_gettext("号"), expr=TrailEntry.no, nowrap=True),
        Column("at", lazy_gettext("日時"), lambda e: _second(e.at), nowrap=True),
        Column("who", lazy_gettext("操作した人"), nowrap=True),
        Column("verb", lazy_gettext("操作"), _verb),
        Column("about", lazy_gettext("対象"), _linked_subject),
        Column(
            "hash",
            lazy_gettext("ハッシュ"),
            lambda e: Markup('<span class="code">{}…</span>').format(e.hash[:8]),
            download=lambda e: e.hash,
            nowrap=True,
        ),
        Column("details", lazy_gettext("内容"), download=_details_taken, hidden=True),
        Column("actor", lazy_gettext("操作した人の識別番号"), hidden=True),
        Column("subject", lazy_gettext("対象の識別番号"), hidden=True),
    ],
    default_sort="-no",
    filters=[
        Filter("actor", lazy_gettext("操作した人"), lambda q, text: q.where(kinds.spoken_of(TrailEntry.actor, text))),
        Filter("verb", lazy_gettext("操作"), lambda q, v: q.where(TrailEntry.verb == v), "select", kinds.verb_choices),
        Filter(
            "kind",
            lazy_gettext("対象の種類"),
            lambda q, v: q.where(kinds.is_kind(TrailEntry.subject, v)),
            "select",
            kinds.kind_choices,
        ),
        Filter("subject", lazy_gettext("対象"), lambda q, text: q.where(kinds.spoken_of(TrailEntry.subject, text))),
        Filter("from", lazy_gettext("この日から"), _from_day, "day"),
        Filter("to", lazy_gettext("この日まで"), _to_day, "day"),
    ],
    row_href=lambda e: url_for("trail.entry", no=e.no),
    prefetch=_name,
)


def _seen(entry: TrailEntry, readable: bool) -> dict[str, Any]:
    """Give what the page of an entry shows of it; nothing of the details to whoever may not read them."""
    _name([entry])
    told = Comparison(entry.subject, (rules.details_of(entry) if readable else None) or {}, _second)
    return {
        "entry": entry,
        "verb": _verb(entry),
        "second": _second(entry.at),
        "subject": _linked_subject(entry),
        "readable": readable,
        "lines": told.lines(),
        "notes": told.notes(),
    }


@room.route("/trail", permission=Permission.TRAIL_READ)
def index() -> Answer:
    """List the entries, newest first."""
    return TRAIL.answer(rules.entries_for(g.actor))


@room.route("/trail/<int:no>", permission=Permission.TRAIL_READ)
def entry(no: int) -> Answer:
    """Show an entry: what changed, and what proves it."""
    seen = rules.get_entry(no, by=g.actor)
    proposal = redactions.redaction_of(no)
    may_propose = g.actor.has(Permission.TRAIL_REDACT) and proposal is None and seen.details is not None
    canonical = seen.hashed().canonical().decode()
    readable = rules.may_read_details(g.actor, seen)
    return {**_seen(seen, readable), "canonical": canonical, "proposal": proposal, "may_propose": may_propose}


@room.route("/trail/<int:no>/redact", methods=["GET", "POST"], permission=Permission.TRAIL_REDACT)
def propose(no: int) -> Answer:
    """Propose that the details of an entry be destroyed."""
    seen = rules.get_entry(no, by=g.actor)
    form = ProposalForm()
    if form.run(lambda: redactions.propose_redaction(no, **form.values(), by=g.actor, now=clock.now())):
        flash(gettext("消去を申し出ました。承認者が確認すると消えます。"))
        return redirect(url_for("trail.entry", no=no), 303)
    return {**_seen(seen, True), "form": form}


@room.route("/trail/redactions", permission=Permission.TRAIL_REDACT_CONFIRM)
def proposals() -> Answer:
    """List the proposals that wait for a second person."""
    waiting = redactions.open_redactions()
    _name([proposal for _, proposal in waiting])
    return {"waiting": waiting}


DECISIONS = {
    "redact": (redactions.confirm_redaction, lazy_gettext("内容を消去しました。")),
    "keep": (redactions.decline_redaction, lazy_gettext("内容を残しました。")),
}


@room.route("/trail/redactions/<int:no>", methods=["GET", "POST"], permission=Permission.TRAIL_REDACT_CONFIRM)
def decide(no: int) -> Answer:
    """Show a proposal with its entry, and destroy the details or leave them."""
    form, decision = DecisionForm(), request.form.get("decision")
    if request.method == "POST" and decision not in DECISIONS:
        raise BadRequest()
    if form.run(lambda: DECISIONS[str(decision)][0](no, by=g.actor, now=clock.now())):
        flash(DECISIONS[str(decision)][1])
        return redirect(url_for("trail.proposals"), 303)
    proposal = redactions.redaction_of(no)
    if proposal is None:
        raise NotFound()
    _name([proposal])
    reason = (rules.details_of(proposal) or {}).get("reason", "")
    own = proposal.actor == g.actor.id
    return {**_seen(rules.get_entry(no), True), "form": form, "proposal": proposal, "reason": reason, "own": own}
