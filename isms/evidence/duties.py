"""What evidence asks of people: to be reviewed, to be corrected when it was returned, a file to be destroyed."""

from collections.abc import Iterable, Iterator
from datetime import date

from peewee import JOIN

from isms.core import settings
from isms.core.days import local_day
from isms.core.permissions import Role
from isms.core.words import gettext, ngettext
from isms.evidence import redactions, reviews
from isms.evidence.models import Evidence, Review, Withdrawal
from isms.people.duties import Duty, person_ids, response_due

COLLECTED = "collected"  # origin of what fulfils a time of the calendar, which itself asks for it again


def duties(today: date) -> list[Duty]:
    """Give what waits for a reviewer, for whoever recorded it, and for an approver; five queries."""
    return [*_to_review(), *_to_correct(today), *_to_destroy()]


def _to_review() -> Iterator[Duty]:
    waiting = list(reviews.open_evidence())
    before = _predecessors()
    for one in waiting:
        yield Duty(
            key=f"review:{one.id}",
            title=gettext("証跡「%(title)s」を確認する", title=one.title),
            due=response_due(local_day(one.recorded_at, settings.zone())),
            endpoint="evidence.review",
            values={"evidence_id": one.id},
            note=one.ref,
            roles=frozenset({Role.OFFICER}),
            but=person_ids(*_authors(one, before)),
            several=lambda num: ngettext("証跡%(num)s件を確認する", "証跡%(num)s件を確認する", num),
        )


def _predecessors() -> dict[int, tuple[int | None, str]]:
    """Give (what it corrects, who recorded it) of every evidence that was corrected or corrects."""
    corrected = Evidence.alias()
    linked = corrected.select(corrected.predecessor).where(corrected.predecessor.is_null(False))
    rows = Evidence.select(Evidence.id, Evidence.predecessor, Evidence.recorded_by)
    rows = rows.where(Evidence.predecessor.is_null(False) | Evidence.id.in_(linked))
    return {i: (before, by) for i, before, by in rows.tuples()}


def _authors(one: Evidence, before: dict[int, tuple[int | None, str]]) -> Iterable[str]:
    """Give the actor ids of all who had a hand in it."""
    yield one.recorded_by
    step = one.predecessor_id
    while step is not None:
        step, by = before[step]
        yield by


def _to_correct(today: date) -> Iterator[Duty]:
    """Name what was returned and would still prove something, but was neither corrected nor withdrawn."""
    corrected = Evidence.alias()
    rows = (
        Evidence.select(Evidence, Review.reviewed_on)
        .join(Review)
        .switch(Evidence)
        .join(corrected, JOIN.LEFT_OUTER, on=corrected.predecessor == Evidence.id)
        .where(
            Review.accepted == False,  # noqa: E712
            Evidence.origin != COLLECTED,
            Evidence.valid_until >= today,
            corrected.id.is_null(),
            Evidence.id.not_in(Withdrawal.select(Withdrawal.evidence)),
        )
        .order_by(Evidence.id)
    )
    for one in rows:
        department = frozenset() if one.department_id is None else frozenset({one.department_id})
        yield Duty(
            key=f"correct:{one.id}",
            title=gettext("差し戻された証跡「%(title)s」を直す", title=one.title),
            due=response_due(one.review.reviewed_on),
            endpoint="evidence.one",
            values={"evidence_id": one.id},
            note=one.ref,
            persons=person_ids(one.recorded_by),
            of_departments=department,
        )


def _to_destroy() -> Iterator[Duty]:
    for proposal in redactions.open_proposals():
        yield Duty(
            key=f"destroy:{proposal.id}",
            title=gettext("証跡%(ref)sのファイルの消去を確かめる", ref=proposal.file.evidence.ref),
            due=response_due(local_day(proposal.recorded_at, settings.zone())),
            endpoint="evidence.redaction_list",
            roles=frozenset({Role.APPROVER}),
            but=person_ids(proposal.recorded_by),
            several=lambda num: ngettext("ファイル%(num)s件の消去を確かめる", "ファイル%(num)s件の消去を確かめる", num),
        )
