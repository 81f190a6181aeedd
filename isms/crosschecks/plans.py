"""The plan of a campaign: its pairs are drawn, drawn anew, changed by hand, and mended when a department leaves."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor
from isms.core.words import gettext
from isms.crosschecks import campaigns, pairing, rules, standing, visits
from isms.crosschecks.assignment import Unfinished
from isms.crosschecks.models import Campaign, Visit, VisitStep
from isms.crosschecks.pairing import Arc, Dept, NoPairing, Reason
from isms.crosschecks.words import arc_words, breach_words
from isms.people.roster import departments_named

OLDEST = 30  # years of history that are looked at


@dataclass(frozen=True)
class Facts:
    """What the pairing of a campaign goes by; the same facts and seed give the same plan."""

    departments: list[Dept]
    history: list[frozenset[Arc]]
    exclude: frozenset[Arc]
    fix: frozenset[Arc]
    memory_years: int


def facts_of(campaign: Campaign) -> Facts:
    """Give what the pairing goes by: who takes part, who checked whom in earlier years, the rules of its last day."""
    taking_part = [Dept(row.department_id, row.size) for row in campaigns.departments_of(campaign.id)]
    arcs = rules.arcs_on(campaign.to_day)
    return Facts(taking_part, history_of(campaign), arcs["exclude"], arcs["fix"], campaign.memory_years)


def history_of(campaign: Campaign) -> list[frozenset[Arc]]:
    """Give who checked whom one fiscal year before, two years before …; visits that were called off did not happen."""
    ends = campaigns.newest_steps()
    years: dict[int, set[Arc]] = {}
    earlier = (
        Visit.select(Visit, Campaign).join(Campaign).where(Visit.in_use, Campaign.fiscal_year < campaign.fiscal_year)
    )
    called_off = called_off_visits()
    for visit in earlier:
        if ends[visit.campaign_id].kind in ("begun", "closed") and visit.id not in called_off:
            back = campaign.fiscal_year - visit.campaign.fiscal_year
            years.setdefault(back, set()).add((visit.checker_id, visit.checked_id))
    return [frozenset(years.get(back, ())) for back in range(1, min(max(years, default=0), OLDEST) + 1)]


def called_off_visits() -> set[int]:
    """Give the visits that were called off; one query."""
    return {visit_id for visit_id, kind in _newest_visit_steps().items() if kind == "called_off"}


def _newest_visit_steps() -> dict[int, str]:
    return dict(VisitStep.select(VisitStep.visit, VisitStep.kind).order_by(VisitStep.id).tuples())


def draw(campaign_id: int, *, seed: int | None = None, by: Actor, now: datetime) -> Mapping[int, int]:
    """Draw the pairs of a planned campaign, with its own seed or another; gives how many pairs of which year came back.

    Raises Conflict with what prevents it, and leaves the pairs as they were.
    """
    with atomic():
        campaign = campaigns.planned(campaign_id)
        if seed is not None and seed != campaign.seed:
            before = campaign.plain()
            campaign.change(seed=seed)
            trail.record(by, "campaign.changed", campaign, now, before=before, after=campaign.plain())
        made = drawn(campaign)
        _write(campaign, {(pair.checker, pair.checked): pair.reasons for pair in made.pairs}, by, now)
        return made.repeated


def drawn(campaign: Campaign) -> pairing.Plan:
    """Give the pairs that the facts and the seed of the campaign lead to; raises Conflict in words."""
    facts = facts_of(campaign)
    try:
        return pairing.plan(
            facts.departments,
            history=facts.history,
            exclude=facts.exclude,
            fix=facts.fix,
            memory_years=facts.memory_years,
            seed=campaign.seed,
        )
    except NoPairing as none:
        raise Conflict(_why_none(none)) from none
    except Unfinished as error:
        raise Conflict(gettext("組み合わせを探しきれませんでした。組ませない決まりを減らしてください。")) from error


def _why_none(none: NoPairing) -> str:
    """Say what prevents every pairing."""
    if none.alone:
        return gettext("クロスチェックには二つ以上の部署が要ります。参加する部署を増やしてください。")
    names = departments_named(sorted({one for arc in (*none.excluded, *none.fixed) for one in arc}))
    comma = gettext("、")
    parts = [
        gettext("%(kind)s：%(pairs)s", kind=kind, pairs=comma.join(arc_words(names[a], names[b]) for a, b in arcs))
        for kind, arcs in ((gettext("組ませない"), none.excluded), (gettext("必ず組ませる"), none.fixed))
        if arcs
    ]
    return gettext(
        "次の決まりがそろうと、どの部署にも相手が一つずつ行き渡りません。どれか一つを外してください。%(rules)s",
        rules=gettext("。").join(parts),
    )


def _write(campaign: Campaign, pairs: Mapping[Arc, Sequence[Reason]], by: Actor, now: datetime) -> None:
    """Make these the pairs of the campaign: those that stand are kept, others retired, new ones made."""
    standing_now = {(visit.checker_id, visit.checked_id): visit for visit in campaigns.visits_of(campaign.id)}
    for arc, visit in standing_now.items():
        if arc not in pairs:
            change_visit(visit, by, now, in_use=False)
        elif visit.by_hand or visit.reasons != _json(pairs[arc]):
            change_visit(visit, by, now, reasons=_json(pairs[arc]), by_hand=False)
    for arc in sorted(set(pairs) - set(standing_now)):
        add_visit(campaign, arc, pairs[arc], by, now)


def add_visit(
    campaign: Campaign, arc: Arc, reasons: Sequence[Reason], by: Actor, now: datetime, *, by_hand: bool = False
) -> Visit:
    """Add a pair to a campaign."""
    values = {"checker": arc[0], "checked": arc[1], "reasons": _json(reasons), "by_hand": by_hand}
    with atomic():
        made = Visit.create(campaign=campaign, **values)
        trail.record(by, "visit.planned", made, now, before=None, after=made.plain())
        return made


def change_visit(visit: Visit, by: Actor, now: datetime, **values: Any) -> None:
    """Change a pair."""
    with atomic():
        before = visit.plain()
        visit.change(**values)
        trail.record(by, "visit.changed", visit, now, before=before, after=visit.plain())


def _json(reasons: Sequence[Reason]) -> str:
    return json.dumps([[code, dict(data)] for code, data in reasons], ensure_ascii=False)


def reasons_of(visit: Visit) -> list[Reason]:
    """Give why the pair is as it is."""
    return [(code, data) for code, data in json.loads(visit.reasons)]


def swap(
    campaign_id: int, *, first_id: int, second_id: int, reason: str = "", by: Actor, now: datetime
) -> tuple[Visit, Visit]:
    """Let two departments exchange whom they check; against the rules of pairing only with a reason, never itself."""
    with atomic():
        campaign = campaigns.planned(campaign_id)
        pairs = {visit.id: visit for visit in campaigns.visits_of(campaign_id)}
        if first_id == second_id or not {first_id, second_id} <= set(pairs):
            raise Invalid({"second_id": gettext("別の二つの組を選んでください。")})
        first, second = pairs[first_id], pairs[second_id]
        arcs = [(first.checker_id, second.checked_id), (second.checker_id, first.checked_id)]
        if any(one == other for one, other in arcs):
            raise Invalid({"second_id": gettext("自分の部署を点検する組になるため、入れ替えられません。")})
        rest = {(v.checker_id, v.checked_id) for v in pairs.values() if v.id not in (first_id, second_id)}
        said = reason.strip() and campaigns.cleaned("reason", reason, 500, empty="")
        if not said and (wrong := _against(campaign, {*rest, *arcs}, rest)):
            raise Invalid(
                {"reason": gettext("%(breaches)s。それでも入れ替えるときは、理由を書いてください。", breaches=wrong)}
            )
        for visit in (first, second):
            change_visit(visit, by, now, in_use=False)
        told: list[Reason] = [("by_hand", {"text": said or gettext("事務局の判断")})]
        made = [add_visit(campaign, arc, told, by, now, by_hand=True) for arc in arcs]
        return made[0], made[1]


def _against(campaign: Campaign, arcs: set[Arc], untouched: set[Arc]) -> str:
    """Say what the pairs go against that were not so before."""
    before = breaches_of(campaign, arcs)
    names = departments_named(sorted({one for arc in before for one in arc}))
    comma = gettext("、")
    return comma.join(
        gettext("%(pair)s：%(why)s", pair=arc_words(names[arc[0]], names[arc[1]]), why=comma.join(why))
        for arc, why in before.items()
        if arc not in untouched
    )


def breaches_of(campaign: Campaign, arcs: set[Arc] | None = None) -> dict[Arc, list[str]]:
    """Say in words what the pairs of the campaign, or these, go against."""
    facts = facts_of(campaign)
    pairs = {(v.checker_id, v.checked_id) for v in campaigns.visits_of(campaign.id)} if arcs is None else arcs
    found = pairing.breaches(
        pairs, history=facts.history, exclude=facts.exclude, fix=facts.fix, memory_years=facts.memory_years
    )
    return {arc: [breach_words(code, data) for code, data in why] for arc, why in found.items()}


def let_off(campaign_id: int, department_id: int, *, text: str, by: Actor, now: datetime) -> list[Visit]:
    """Let a department off that was dissolved while the campaign runs; its visits that are not finished are called off.

    Who was to check it then checks whom it was to check, so that everybody still has one of each; not when that is
    itself, or excluded, or when one of the two visits is finished already. Gives the visits so made.
    """
    said = campaigns.cleaned("text", text, campaigns.TEXT, lines=True, empty=gettext("理由を入力してください。"))
    with atomic():
        campaign = campaigns.running(campaign_id)
        row = next((r for r in campaigns.departments_of(campaign_id) if r.department_id == department_id), None)
        if row is None:
            raise NotFound()
        campaigns.change_department(row, by, now, left_on=settings.today(now), reason=said)
        ended = []
        for visit in campaigns.visits_of(campaign_id).where(
            (Visit.checker == department_id) | (Visit.checked == department_id)
        ):
            if standing.state_of(visit) == "open":
                visits.call_off(visit.id, text=said, by=by, now=now)
                ended.append(visit)
        came = next((v.checker_id for v in ended if v.checked_id == department_id), None)
        went = next((v.checked_id for v in ended if v.checker_id == department_id), None)
        if came is None or went is None or came == went or (came, went) in facts_of(campaign).exclude:
            return []
        told: list[Reason] = [("let_off", {"name": row.department.name})]
        return [add_visit(campaign, (came, went), told, by, now, by_hand=True)]
