"""Random histories: what people do over the years, done by the real rules under a moving clock.

A step is an operation and four small numbers that choose among what there is; what a rule refuses does not happen.
"""

import io
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from isms.catalogue import rules as catalogue
from isms.catalogue import wording
from isms.core import blobs, settings
from isms.core.errors import DomainError
from isms.core.permissions import CONSOLE, Role
from isms.evidence import files, redactions, reviews
from isms.evidence import rules as evidence
from isms.evidence.models import Evidence, EvidenceFile, EvidenceLink, RedactionProposal
from isms.findings import rules as findings
from isms.findings.models import Finding
from isms.findings.words import GRADES
from isms.status import transition
from tests import factories

OLD, NEW = "iso27001-2013", "iso27001-2022"
PLACES = [(NEW, "A.5.1"), (NEW, "A.8.8"), (NEW, "4.1"), (NEW, "X.1"), (OLD, "A.5.1.1"), (OLD, "A.18.2.3"), (OLD, "4.1")]
CONTROLS = [place for place in PLACES if place[1] != "4.1"]
HOW = ["implemented", "partial", "planned", "not_started"]
BEGIN = datetime(2024, 3, 30, 23, 0, tzinfo=UTC)  # 08:00 of the 31st in Tokyo
PAUSES = [timedelta(hours=5), timedelta(hours=17), timedelta(days=1), timedelta(days=12), timedelta(days=75)]
LASTS = [0, 9, 29, 30, 31, 200, 400]  # days of validity
LETTERS = [b"a", b"b", b"c"]


def people() -> tuple[Any, Any]:
    """Make the two who work: both officers and approvers, each the other's second person."""
    made = [factories.person(f"架空 {n}", roles=[Role.OFFICER, Role.APPROVER], password=None) for n in ("一", "二")]
    return factories.actor(made[0]), factories.actor(made[1])


class History:
    """What happened so far, and the moment that it is."""

    def __init__(self, one: Any, other: Any) -> None:
        self.by, self.other, self.now = one, other, BEGIN

    @property
    def today(self) -> date:
        return settings.today(self.now)

    def do(self, step: tuple[str, int, int, int, int]) -> None:
        """Do one step; what a rule refuses does not happen. Every step takes some minutes."""
        self.now += timedelta(minutes=7)
        with suppress(DomainError):
            OPERATIONS[step[0]](self, *step[1:])

    def days_ago(self, number: int) -> date:
        return self.today - timedelta(days=[0, 1, 8, 40, 300][number % 5])


def chosen(model: Any, number: int) -> Any:
    """Choose a row, the newest most easily; NotFound is what asking for none gives."""
    rows = list(model.select().order_by(model.id.desc()).limit(8))
    return rows[number % len(rows)].id if rows else 0


def wait(h: History, a: int, b: int, c: int, d: int) -> None:
    h.now += PAUSES[a % len(PAUSES)]


def decide(h: History, a: int, b: int, c: int, d: int) -> None:
    edition, key = CONTROLS[a % len(CONTROLS)]
    day = h.today + timedelta(days=[0, 0, -30, 5][c % 4])
    how = HOW[(b // 2) % 4]
    said: dict[str, Any] = {"applicable": b != 5, "justification": "架空の理由", "implementation": how, "from_day": day}
    catalogue.decide(edition, key, **said, by=h.by, now=h.now)


def record(h: History, a: int, b: int, c: int, d: int, predecessor: int | None = None) -> None:
    collected = h.days_ago(b)
    upload = files.Upload("架空.txt", io.BytesIO(LETTERS[d % 3]))
    evidence.record_evidence(
        title="架空の記録",
        controls=list(dict.fromkeys([PLACES[a % len(PLACES)], PLACES[d % len(PLACES)]])),
        collected_on=collected,
        valid_until=collected + timedelta(days=LASTS[c % len(LASTS)]),
        files=[upload] if d % 4 else [],
        note="架空",
        predecessor_id=predecessor,
        by=h.by,
        now=h.now,
    )


def prove(h: History, a: int, b: int, c: int, d: int) -> None:
    """Record an evidence with a file, let the other accept it, and decide that its control is implemented."""
    record(h, a, b % 3, c, d | 1)
    reviews.review(chosen(Evidence, 0), accepted=True, by=h.other, now=h.now)
    decide(h, a, 0, 2, 0)


def succeed(h: History, a: int, b: int, c: int, d: int) -> None:
    record(h, a, b, c + 3, d, predecessor=chosen(Evidence, c))


def correct(h: History, a: int, b: int, c: int, d: int) -> None:
    """Prove something, correct it, and correct the correction; the links in between may be left without a review."""
    prove(h, a, 1, 5, d)
    first = chosen(Evidence, 0)
    record(h, d, b, c, 0, predecessor=first)
    h.now += PAUSES[b % 3]
    record(h, b, c, d, 0, predecessor=chosen(Evidence, 0))
    h.now += PAUSES[d % 3]
    last = chosen(Evidence, c % 2)
    reviews.review(last, accepted=True, by=h.other, now=h.now)
    if d % 3 == 0:
        evidence.withdraw(last, reason="架空", by=h.by, now=h.now)


def review(h: History, a: int, b: int, c: int, d: int) -> None:
    reviews.review(chosen(Evidence, a), accepted=b < 6, reason="架空", by=h.other, now=h.now)


def take_review(h: History, a: int, b: int, c: int, d: int) -> None:
    day = h.days_ago(b)
    reviews.take_review(chosen(Evidence, a), reviewer_id=h.other.person_id, reviewed_on=day, by=CONSOLE, now=h.now)


def withdraw(h: History, a: int, b: int, c: int, d: int) -> None:
    evidence.withdraw(chosen(Evidence, a), reason="架空", by=h.by, now=h.now)


def link(h: History, a: int, b: int, c: int, d: int) -> None:
    edition, key = PLACES[b % len(PLACES)]
    evidence.link(chosen(Evidence, a), edition=edition, key=key, from_day=h.days_ago(c), by=h.by, now=h.now)


def end_link(h: History, a: int, b: int, c: int, d: int) -> None:
    evidence.end_link(chosen(EvidenceLink, a), to_day=h.days_ago(b), by=h.by, now=h.now)


def redact(h: History, a: int, b: int, c: int, d: int) -> None:
    file = EvidenceFile.get_or_none(EvidenceFile.id == chosen(EvidenceFile, a))
    if file is not None and b % 3:
        redactions.propose_redaction(file.evidence_id, file.id, reason="架空", by=h.by, now=h.now)
    redactions.confirm_redaction(chosen(RedactionProposal, c), by=h.other, now=h.now)


def damage(h: History, a: int, b: int, c: int, d: int) -> None:
    hashes = blobs.stored()
    if hashes:
        sha256 = hashes[a % len(hashes)]
        blobs.path_of(sha256).write_bytes(b"something else")
        files.check([sha256], now=h.now)


def heal(h: History, a: int, b: int, c: int, d: int) -> None:
    for letter in LETTERS:
        stored = blobs.put(io.BytesIO(letter), most=10)
        if not files.redacted([stored.sha256]):
            files.check([stored.sha256], now=h.now)


def open_finding(h: History, a: int, b: int, c: int, d: int) -> None:
    grade, place = list(GRADES)[b % 4], PLACES[a % len(PLACES)]
    values: dict[str, Any] = {"grade": grade, "title": "架空の指摘", "controls": [place], "opened_on": h.days_ago(c)}
    findings.open_finding(**values, by=h.by, now=h.now)


def trouble(h: History, a: int, b: int, c: int, d: int) -> None:
    """Find a nonconformity with what is proven, and close it days later; perhaps open it again."""
    prove(h, a, 1, 5, d)
    values: dict[str, Any] = {
        "grade": "minor",
        "title": "架空の指摘",
        "controls": [PLACES[a % len(PLACES)]],
        "opened_on": h.days_ago(b),
    }
    found = findings.open_finding(**values, by=h.by, now=h.now)
    h.now += PAUSES[c % 4]
    findings.close_finding(found.id, day=h.days_ago(d % 3), text="架空", by=h.by, now=h.now)
    if d % 2:
        findings.reopen_finding(found.id, day=h.today, text="架空", by=h.by, now=h.now)


def close(h: History, a: int, b: int, c: int, d: int) -> None:
    rule = findings.reopen_finding if c % 3 == 0 else findings.close_finding
    rule(chosen(Finding, a), day=h.days_ago(b), text="架空", by=h.by, now=h.now)


def put_in_force(h: History, a: int, b: int, c: int, d: int) -> None:
    """Put an edition in force, and perhaps the other one from a day before."""
    catalogue.put_in_force([OLD, NEW][a % 2], from_day=h.days_ago(b), by=h.by, now=h.now)
    if c % 3 == 0:
        catalogue.put_in_force([NEW, OLD][a % 2], from_day=h.days_ago(d), by=h.by, now=h.now)


def carry_over(h: History, a: int, b: int, c: int, d: int) -> None:
    transition.carry_over(OLD, NEW, day=h.days_ago(b), by=h.by, now=h.now)


def own_control(h: History, a: int, b: int, c: int, d: int) -> None:
    if a % 4:
        wording.add_own_control(NEW, "X.1", title_ja="架空の管理策", by=h.by, now=h.now)
    else:
        wording.end_own_control(NEW, "X.1", by=h.by, now=h.now)


OPERATIONS: dict[str, Callable[..., None]] = {
    one.__name__: one
    for one in (
        wait,
        decide,
        record,
        prove,
        succeed,
        correct,
        review,
        take_review,
        withdraw,
        link,
        end_link,
        redact,
        damage,
        heal,
        open_finding,
        trouble,
        close,
        put_in_force,
        carry_over,
        own_control,
    )
}
OFTEN = ["prove", "prove", "review", "decide", "damage", "wait", "wait"]
NUMBER = st.integers(0, 7)
STEP = st.tuples(st.sampled_from([*OPERATIONS, *OFTEN]), NUMBER, NUMBER, NUMBER, NUMBER)
STEPS = st.lists(STEP, min_size=6, max_size=24)
