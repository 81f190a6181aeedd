"""Reviews: another person than the author of an evidence, and of all that came before it, accepts or returns it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from peewee import ModelSelect, fn

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Forbidden, Invalid
from isms.core.permissions import Actor, Permission, demand
from isms.core.unchanged import Kept
from isms.core.words import gettext
from isms.evidence import files as file_rules
from isms.evidence.models import Evidence, EvidenceFile, Review, Withdrawal
from isms.evidence.rules import files_of, get_evidence, guard_standing, readable, said
from isms.people.models import Person


def authors_of(evidence: Evidence) -> set[str]:
    """Give the actor ids of all who recorded the evidence or any that it corrects."""
    authors = {evidence.recorded_by}
    while evidence.predecessor_id is not None:
        evidence = get_evidence(evidence.predecessor_id)
        authors.add(evidence.recorded_by)
    return authors


def may_review(evidence: Evidence, by: Actor) -> bool:
    """Tell whether the actor is a person who had no hand in the evidence."""
    return by.person_id is not None and by.has(Permission.EVIDENCE_REVIEW) and by.id not in authors_of(evidence)


def review(evidence_id: int, *, accepted: bool, reason: str = "", by: Actor, now: datetime) -> Review:
    """Accept an evidence, or return it with a reason; once, and whole: its files are hashed again before."""
    kept = said(reason, "reason") if reason.strip() or not accepted else ""
    if accepted:
        _guard_files(evidence_id, now)
    with atomic():
        evidence = get_evidence(evidence_id)
        demand(by, Permission.EVIDENCE_REVIEW, evidence)
        _guard_open(evidence)
        if by.person_id is None or by.id in authors_of(evidence):
            raise Forbidden(gettext("証跡は、登録した人とは別の人が確認します。"))
        return _review(evidence, by, now, accepted=accepted, reason=kept, reviewed_on=settings.today(now))


def take_review(evidence_id: int, *, reviewer_id: int | None, reviewed_on: date, by: Actor, now: datetime) -> Review:
    """Take over the acceptance that a ledger tells of, marked as imported; neither author nor importer may be in it."""
    with atomic():
        evidence = get_evidence(evidence_id)
        _guard_open(evidence)
        if reviewer_id is not None and not Person.select().where(Person.id == reviewer_id).exists():
            raise Invalid({"reviewer": gettext("確認者を職員から選んでください。")})
        if f"person:{reviewer_id}" in authors_of(evidence) | {by.id}:
            raise Invalid({"reviewer": gettext("確認者が登録した本人です。別の人が取り込んでください。")})
        if not evidence.collected_on <= reviewed_on <= settings.today(now):
            raise Invalid({"reviewed_on": gettext("確認日は、収集日から今日までの日付です。")})
        return _review(evidence, by, now, accepted=True, reviewed_on=reviewed_on, reviewer=reviewer_id, imported=True)


def _guard_open(evidence: Evidence) -> None:
    """Refuse what was reviewed, withdrawn or destroyed already."""
    guard_standing(evidence)
    if Review.select().where(Review.evidence == evidence).exists():
        raise Conflict(gettext("この証跡はすでに確認されています。"))
    if file_rules.redacted(file.sha256 for file in files_of(evidence.id)):
        raise Conflict(gettext("この証跡のファイルは消去されています。"))


def _guard_files(evidence_id: int, now: datetime) -> None:
    """Refuse to accept what would prove nothing (attack 47)."""
    hashes = {file.sha256 for file in files_of(evidence_id)}
    if file_rules.check(hashes - file_rules.redacted(hashes), now=now):
        raise Conflict(gettext("ファイルが壊れているため、承認できません。"))


def _review(evidence: Evidence, by: Actor, now: datetime, **values: Any) -> Review:
    row = Review.create(evidence=evidence.id, recorded_at=now, recorded_by=by.id, **values)
    verb = "evidence.accepted" if row.accepted else "evidence.returned"
    trail.record(by, verb, row, now, before=None, after=row.plain())
    return row


def waiting(by: Actor) -> ModelSelect:
    """Give the query of the evidence that waits for a review and is the actor's to see, oldest first."""
    return readable(by).where(_is_open(Evidence)).order_by(Evidence.recorded_at, Evidence.id)


def open_evidence() -> ModelSelect:
    """Give the query of all evidence that waits for a review, oldest first."""
    return Evidence.select().where(_is_open(Evidence)).order_by(Evidence.recorded_at, Evidence.id)


def _is_open(model: Any) -> Any:
    """Give the condition that an evidence was neither reviewed nor withdrawn nor corrected since."""
    corrected = Evidence.alias()
    return (
        model.id.not_in(Review.select(Review.evidence))
        & model.id.not_in(Withdrawal.select(Withdrawal.evidence))
        & model.id.not_in(corrected.select(corrected.predecessor).where(corrected.predecessor.is_null(False)))
    )


def waiting_for(by: Actor) -> ModelSelect:
    """Give the query of the evidence that the actor may review: waiting, and without a hand of theirs in it."""
    last, before = Evidence.alias(), Evidence.alias()
    chain = (
        last.select(last.id.alias("open_id"), last.predecessor_id.alias("before_id"))
        .where(last.predecessor.is_null(False), _is_open(last))
        .cte("chain", recursive=True, columns=("open_id", "before_id"))
    )
    further = before.select(chain.c.open_id, before.predecessor_id).join(chain, on=before.id == chain.c.before_id)
    whole = chain.union_all(further.where(before.predecessor.is_null(False)))
    author = Evidence.alias()
    touched = whole.select_from(whole.c.open_id).join(author, on=author.id == whole.c.before_id)
    touched = touched.where(author.recorded_by == by.id)
    return waiting(by).where(Evidence.recorded_by != by.id, Evidence.id.not_in(touched))


_counted: Kept[dict[str, int]] = Kept(dict)  # actor -> count


def count_waiting(by: Actor) -> int:
    """Count what the actor may review, for the menu of every page: counted anew once the trail has grown."""
    if not by.has(Permission.EVIDENCE_REVIEW):
        return 0
    counts = _counted.get()
    if by.id not in counts:
        counts[by.id] = waiting_for(by).count()
    return counts[by.id]


def reviews_of(evidence_id: int) -> list[Review]:
    """Give the reviews of an evidence, the newest first."""
    return list(Review.select().where(Review.evidence == evidence_id).order_by(Review.id.desc()))


def file_counts(ids: Iterable[int]) -> dict[int, int]:
    """Give how many files each evidence has; one query."""
    query = EvidenceFile.select(EvidenceFile.evidence, fn.COUNT(EvidenceFile.id)).group_by(EvidenceFile.evidence)
    return dict(query.where(EvidenceFile.evidence.in_(list(ids))).tuples())


_outlook: Callable[[Evidence, datetime], Sequence[Any]] = lambda evidence, now: ()


def tell_outlook(outlook: Callable[[Evidence, datetime], Sequence[Any]]) -> None:
    """Let the room that knows states say what accepting would change."""
    global _outlook
    _outlook = outlook


def outlook(evidence: Evidence, now: datetime) -> Sequence[Any]:
    """Give what accepting an evidence would change today: each with `requirement`, `before` and `after`."""
    return _outlook(evidence, now)
