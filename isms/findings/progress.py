"""How far a finding has come: its steps in their order, what has to happen next, and by when. Computed, never stored.

A nonconformity goes reply → correction → cause → action → done → effectiveness checked → closed; not effective asks for
a new action, reopened begins at the cause again. Everything else is answered and closed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from isms.core import settings
from isms.findings.models import Finding, FindingStep
from isms.findings.words import ENDS, NONCONFORMITIES
from isms.people.duties import response_due


@dataclass
class Action:
    """A corrective action: what was planned, done, and found of its effect."""

    plan: FindingStep
    done: FindingStep | None = None
    check: FindingStep | None = None
    replaced: bool = False

    @property
    def state(self) -> str:
        """Give planned, done (waits for the check), effective, ineffective or replaced."""
        if self.replaced:
            return "replaced"
        if self.check is not None:
            return "effective" if self.check.good else "ineffective"
        return "planned" if self.done is None else "done"

    @property
    def check_from(self) -> date | None:
        """Give the first day on which its effect can be checked; None before it is done."""
        return None if self.done is None else self.done.day + timedelta(days=settings.get("effect_days"))

    @property
    def had_a_hand(self) -> set[str]:
        """Give the actor ids of its owner and of whoever said that it is done."""
        return {f"person:{self.plan.owner_id}", *([self.done.recorded_by] if self.done else [])}


@dataclass
class Progress:
    """A finding with all of its steps in order of their days."""

    finding: Finding
    steps: Sequence[FindingStep] = ()
    actions: list[Action] = field(default_factory=list)  # since it was last reopened

    def __post_init__(self) -> None:
        ends = [step for step in self.steps if step.kind in ENDS]
        self.end = ends[-1] if ends else None
        since = self.end.id if self.end is not None else 0
        self.round = sorted((step for step in self.steps if step.id > since), key=lambda step: step.id)
        self.actions = actions_of(self.round)

    @property
    def all_actions(self) -> list[Action]:
        """Give the actions of all rounds."""
        return actions_of(sorted(self.steps, key=lambda step: step.id))

    @property
    def is_open(self) -> bool:
        """Tell whether it is open today."""
        return self.end is None or ENDS[self.end.kind]

    @property
    def last_day(self) -> date:
        """Give the day of what happened last."""
        return max((step.day for step in self.steps), default=self.finding.opened_on)

    def of(self, *states: str) -> list[Action]:
        """Give the actions that are in one of the states."""
        return [action for action in self.actions if action.state in states]

    @property
    def next(self) -> str | None:
        """Name what has to happen next; None when it is closed."""
        if not self.is_open:
            return None
        told = {step.kind for step in self.steps}
        if "reply" not in told and self.finding.department_id is not None:
            return "reply"
        if self.finding.grade not in NONCONFORMITIES:
            return "close"
        if "correction" not in told:
            return "correction"
        return self._of_causes()

    def _of_causes(self) -> str:
        if not any(step.kind == "cause" for step in self.round):
            return "cause"
        if self._without_effect():
            return "action"
        for state, following in (("planned", "action_done"), ("done", "effectiveness"), ("effective", "close")):
            if self.of(state):
                return following
        return "action"

    def _without_effect(self) -> list[FindingStep]:
        """Give the checks that found no effect and that no newer action answers yet."""
        newest = max((action.plan.id for action in self.actions), default=0)
        return [one.check for one in self.of("ineffective") if one.check is not None and one.check.id > newest]

    @property
    def due(self) -> date | None:
        """Give the day by which the next has to happen; None when it is closed."""
        following = self.next
        if following == "action_done":
            return min(action.plan.due or action.plan.day for action in self.of("planned"))
        if following == "effectiveness":
            return response_due(min(filter(None, (one.check_from for one in self.of("done")))))
        if following == "close" and self.round:
            return response_due(self.last_day)
        return None if following is None else self._answer_due()

    def _answer_due(self) -> date:
        """Give the day by which the department answers: as agreed, or some days after it was asked again."""
        days = timedelta(days=settings.get("answer_days"))
        asked_again = [check.day + days for check in self._without_effect()]
        if self.end is not None:
            asked_again.append(self.end.day + days)
        return max([self.finding.due or self.finding.opened_on + days, *asked_again])

    def is_late(self, today: date) -> bool:
        """Tell whether the day of the next has gone."""
        return self.due is not None and self.due < today


def actions_of(steps: Iterable[FindingStep]) -> list[Action]:
    """Give the actions that steps tell of, in order; one that takes another's place is `about` it."""
    known: dict[int, Action] = {}
    for step in steps:
        about = known.get(step.about_id)
        if step.kind == "action":
            known[step.id] = Action(step)
            if about is not None:
                about.replaced = True
        elif about is not None and step.kind == "action_done":
            about.done = step
        elif about is not None and step.kind == "effectiveness":
            about.check = step
    return list(known.values())


def progress_of(findings: Iterable[Finding]) -> dict[int, Progress]:
    """Give how far each finding has come, by id; one query."""
    rows = list(findings)
    steps: dict[int, list[FindingStep]] = {row.id: [] for row in rows}
    query = FindingStep.select().where(FindingStep.finding.in_(list(steps)))
    for step in query.order_by(FindingStep.day, FindingStep.id):
        steps[step.finding_id].append(step)
    return {row.id: Progress(row, steps[row.id]) for row in rows}
