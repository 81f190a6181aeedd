"""What came of campaigns: each visit's progress, and the rate of 否 by year and by item. Computed, in constant queries."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from peewee import fn

from isms.checklists.models import ChecklistItem
from isms.checklists.rules import controls_of as item_controls
from isms.checklists.rules import items_of
from isms.crosschecks import campaigns, standing
from isms.crosschecks.models import Answer, AnswerFinding, Campaign, Visit, VisitMember, VisitStep
from isms.findings.models import Finding, FindingStep
from isms.people.models import Person

JUDGED = ("ok", "remark", "ng")  # answers of which a share is 否


@dataclass
class VisitResult:
    """How far a visit has come: its answers, the findings that they opened and the replies to these, by item."""

    visit: Visit
    state: str  # planned, open, finished, called_off
    items: dict[int, ChecklistItem]
    answers: dict[int, Answer] = field(default_factory=dict)
    findings: dict[int, Finding] = field(default_factory=dict)
    replies: dict[int, str] = field(default_factory=dict)  # the newest word of the department, by item
    finished_on: date | None = None
    called_off: str = ""  # why
    members: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Count the items."""
        return len(self.items)

    @property
    def answered(self) -> int:
        """Count the items that were answered."""
        return len(self.answers)

    def count(self, value: str) -> int:
        """Count the verdicts of a value: ok, remark, ng, na."""
        verdicts = (a for i, a in self.answers.items() if self.items[i].answer_kind == "verdict")
        return sum(answer.value == value for answer in verdicts)

    @property
    def unreplied(self) -> int:
        """Count the findings to which the department has not replied."""
        return len(self.findings) - len(self.replies)

    @property
    def over(self) -> bool:
        """Tell whether nothing is left to do on it."""
        return self.state in ("finished", "called_off")


def results_of(campaign: Campaign, places: Collection[int] | None = None) -> list[VisitResult]:
    """Give how far each visit of a campaign has come, of all or where one of these departments is on either side.

    In order of the checking departments' codes; eight queries whatever the number of visits.
    """
    query = standing.visits().where(Visit.campaign == campaign.id, Visit.in_use)
    if places is not None:
        query = query.where(Visit.checker.in_(list(places)) | Visit.checked.in_(list(places)))
    items = {item.id: item for item in items_of(campaign.list_version_id)}
    begun = campaigns.state_of(campaign.id) != "planned"
    rows = {v.id: VisitResult(v, "open" if begun else "planned", items) for v in query}
    _add_steps(rows)
    for answer in Answer.select().where(Answer.visit.in_(list(rows))).order_by(Answer.id):
        if answer.item_id in items:
            rows[answer.visit_id].answers[answer.item_id] = answer
    _add_findings(rows)
    members = VisitMember.select(VisitMember.visit, Person.name).join(Person).order_by(Person.kana, Person.id)
    for visit_id, name in members.where(VisitMember.visit.in_(list(rows)), VisitMember.in_use).tuples():
        rows[visit_id].members.append(name)
    return sorted(rows.values(), key=lambda row: (row.visit.checker.code or "", row.visit.checker.id, row.visit.id))


def _add_steps(rows: dict[int, VisitResult]) -> None:
    for step in VisitStep.select().where(VisitStep.visit.in_(list(rows))).order_by(VisitStep.id):
        row = rows[step.visit_id]
        row.state = "open" if step.kind == "reopened" else step.kind
        row.finished_on = step.day if step.kind == "finished" else None
        row.called_off = step.text if step.kind == "called_off" else ""


def _add_findings(rows: dict[int, VisitResult]) -> None:
    links = AnswerFinding.select(AnswerFinding, Finding).join(Finding).where(AnswerFinding.visit.in_(list(rows)))
    for link in links:
        rows[link.visit_id].findings[link.item_id] = link.finding
    found = {finding.id: (row, item) for row in rows.values() for item, finding in row.findings.items()}
    told = FindingStep.select().where(FindingStep.finding.in_(list(found)), FindingStep.kind.in_(["reply", "closed"]))
    for step in told.order_by(FindingStep.id):
        row, item = found[step.finding_id]
        if step.kind == "reply" or item not in row.replies:  # what was said in closing counts where nobody replied
            row.replies[item] = step.text


@dataclass(frozen=True)
class Share:
    """How many of the judged answers were 否."""

    judged: int
    ng: int

    @property
    def percent(self) -> float | None:
        """Give the share in percent; None when nothing was judged."""
        return round(100 * self.ng / self.judged, 1) if self.judged else None


def shares(ids: Iterable[int]) -> dict[int, dict[str, Share]]:
    """Give, for each of the campaigns, the share of 否 by question; the same question in a later version is the same."""
    last = Answer.select(fn.MAX(Answer.id)).group_by(Answer.visit, Answer.item)
    query = (
        Answer.select(Visit.campaign, ChecklistItem.title, Answer.value, fn.COUNT(Answer.id))
        .join(Visit)
        .switch(Answer)
        .join(ChecklistItem)
        .where(Answer.id.in_(last), Visit.in_use, Visit.campaign.in_(list(ids)))
        .where(ChecklistItem.answer_kind == "verdict", Answer.value.in_(list(JUDGED)))
        .group_by(Visit.campaign, ChecklistItem.title, Answer.value)
    )
    counts: dict[int, dict[str, Counter[str]]] = {}
    for campaign_id, title, value, number in query.tuples():
        counts.setdefault(campaign_id, {}).setdefault(title, Counter())[value] += number
    return {
        campaign_id: {title: Share(sum(count.values()), count["ng"]) for title, count in titles.items()}
        for campaign_id, titles in counts.items()
    }


def whole(shares: Iterable[Share]) -> Share:
    """Add shares up."""
    there = list(shares)
    return Share(sum(one.judged for one in there), sum(one.ng for one in there))


def proven(campaign: Campaign) -> list[tuple[str, str]]:
    """Give what the campaign proves: its own requirements and those of the items of its checklist."""
    of_items = (pair for item in items_of(campaign.list_version_id) for pair in item_controls(item))
    return list(dict.fromkeys([*campaigns.controls_of(campaign), *of_items]))
