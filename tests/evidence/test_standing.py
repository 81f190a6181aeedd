"""How evidence stands on any day equals what a slow reading of every fact says, from what was known then or now."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from isms.core import settings
from isms.core.database import atomic, utc_text
from isms.core.days import end_of_day, local_day
from isms.core.errors import DomainError
from isms.core.permissions import Actor
from isms.evidence import files, redactions, reviews, rules
from isms.evidence.standing import Standing, standing, standings_of
from isms.trail import entries
from isms.trail.models import TrailEntry
from isms.trail.rules import details_of, head_number
from tests.evidence.proofs import A51, C51, EDITION, approver, officer, recorded, upload
from tests.factories import NOW
from tests.laws.test_queries import counting

FIRST = NOW - timedelta(days=40)
KEYS = [A51, C51]


class Slow:
    """The definition, read from the exported trail alone, fact by fact."""

    def __init__(self, since: int) -> None:
        self.facts: dict[str, dict[int, dict[str, Any]]] = {}
        for entry in entries().where(TrailEntry.no > since):
            kind, _, number = entry.subject.partition(":")
            details: Any = details_of(entry)
            if number and details.get("after"):
                self.facts.setdefault(kind, {})[int(number)] = details["after"]

    def all(self, kind: str, **wanted: Any) -> Iterator[tuple[int, dict[str, Any]]]:
        for number, row in self.facts.get(kind, {}).items():
            if all(row[name] == value for name, value in wanted.items()):
                yield number, row

    def known(self, row: dict[str, Any]) -> bool:
        return self.known_at is None or row["recorded_at"] <= self.known_at

    def by_day(self, row: dict[str, Any]) -> bool:
        if self.known_at is not None:
            return self.known(row)
        return local_day(datetime.fromisoformat(row["recorded_at"]), settings.zone()) <= self.day

    def standing(self, key: str, day: date, known_at: datetime | None) -> list[tuple[Any, ...]]:
        self.day, self.known_at = day, None if known_at is None else utc_text(known_at)
        found = []
        for number, row in self.all("evidence"):
            linked = any(
                link["from_day"] <= day.isoformat()
                and self.known(link)
                and not any(
                    self.known(end) and end["to_day"] < day.isoformat()
                    for _, end in self.all("evidence_link_end", link=link_no)
                )
                for link_no, link in self.all("evidence_link", evidence=number, edition=EDITION, key=key)
            )
            if linked and self.known(row):
                found.append((row["ref"], self.review(number), self.gone(number), self.damaged(number)))
        return found

    def review(self, number: int) -> str:
        told = [row["accepted"] for _, row in self.all("review", evidence=number) if self.known(row)]
        return "waiting" if not told else "accepted" if told[-1] else "returned"

    def withdrawn(self, number: int) -> bool:
        if any(self.known(row) for _, row in self.all("withdrawal", evidence=number)):
            return True
        hashes = {row["sha256"] for _, row in self.all("evidence_file", evidence=number)}
        for _, row in self.all("redaction"):
            file = self.facts["evidence_file"][self.facts["redaction_proposal"][row["proposal"]]["file"]]
            if file["sha256"] in hashes and self.by_day(row):
                return True
        return False

    def gone(self, number: int) -> bool:
        return self.withdrawn(number) or any(
            self.known(row) and ((self.review(n) == "accepted" and not self.withdrawn(n)) or self.corrected(n))
            for n, row in self.all("evidence", predecessor=number)
        )

    def corrected(self, number: int) -> bool:
        return any(
            self.known(row) and ((self.review(n) == "accepted" and not self.withdrawn(n)) or self.corrected(n))
            for n, row in self.all("evidence", predecessor=number)
        )

    def damaged(self, number: int) -> bool:
        for _, file in self.all("evidence_file", evidence=number):
            told = [row["sound"] for _, row in self.all("file_check", sha256=file["sha256"]) if self.by_day(row)]
            if told and not told[-1]:
                return True
        return False


def fast(key: str, day: date, known_at: datetime | None, made: list[Any]) -> list[tuple[Any, ...]]:
    rows = standing(EDITION, day, known_at, settings.zone()).get(key, [])
    refs = {evidence.ref for evidence in made}
    return sorted((row.ref, row.review, row.gone, row.damaged) for row in rows if row.ref in refs)


STEP = st.sampled_from(
    ["record", "record", "succeed", "accept", "accept", "return", "withdraw", "link", "end", "damage", "heal", "redact"]
)
STEPS = st.lists(st.tuples(STEP, st.integers(0, 3), st.integers(0, 30)), min_size=5, max_size=16)


@given(STEPS)
@with_settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_it_equals_the_definition_for_random_histories(db: Any, steps: list[tuple[str, int, int]]) -> None:
    people = [officer(), officer(), approver()]
    now, since = FIRST, head_number()
    made = [recorded(people[0], content(0, since), now=now, collected_on=local_day(now, settings.zone()))]
    for step, which, hours in steps:
        now += timedelta(hours=hours)
        try:
            act(step, made, which, people, now, since)
        except DomainError:
            continue
    slow = Slow(since)
    moments = [FIRST, FIRST + (now - FIRST) / 2, now]
    days = {local_day(moment, settings.zone()) for moment in moments}
    for day in sorted(days | {min(days) - timedelta(days=1), max(days) + timedelta(days=1)}):
        for known_at in (None, end_of_day(day, settings.zone())):
            for _, key in KEYS:
                assert fast(key, day, known_at, made) == sorted(slow.standing(key, day, known_at)), (day, known_at)


def content(which: int, since: int) -> bytes:
    """Make one of a few contents, which no other history has."""
    return f"記録 {since} {which}".encode()


def act(step: str, made: list[Any], which: int, people: list[Actor], now: datetime, since: int) -> None:
    author, other, second = people
    evidence, today = made[-1 - which % len(made)], local_day(now, settings.zone())
    (file,) = rules.files_of(evidence.id)
    if step in {"record", "succeed"}:
        before = evidence.id if step == "succeed" else None
        values: dict[str, Any] = {"collected_on": today, "controls": KEYS, "predecessor_id": before}
        made.append(recorded(author, content(which, since), now=now, **values))
    elif step in {"accept", "return"}:
        reviews.review(evidence.id, accepted=step == "accept", reason="確認した", by=other, now=now)
    elif step == "withdraw":
        rules.withdraw(evidence.id, reason="誤り", by=author, now=now)
    elif step == "link":
        rules.link(evidence.id, edition=EDITION, key=C51[1], from_day=today, by=author, now=now)
    elif step == "end":
        rules.end_link(rules.links_of(evidence.id)[-1].id, to_day=today - timedelta(days=which), by=author, now=now)
    elif step == "damage":
        files.note_damage(file.sha256, "changed", now=now)
    elif step == "heal":
        files.note_sound(file.sha256, now=now)
    else:
        proposal = redactions.propose_redaction(evidence.id, file.id, reason="病名", by=author, now=now)
        redactions.confirm_redaction(proposal.id, by=second, now=now)


def test_yesterday_as_known_then_is_not_changed_by_anything_later(db: Any) -> None:
    """Attack 51: back-dated evidence, an imported review, a withdrawal."""
    by, other = officer(), officer()
    made = recorded(by, now=FIRST, collected_on=local_day(FIRST, settings.zone()))
    reviews.review(made.id, accepted=True, by=other, now=FIRST)
    day = local_day(FIRST, settings.zone())
    known_at = end_of_day(day, settings.zone())
    before = fast(A51[1], day, known_at, [made])
    late = recorded(by, collected_on=day, origin="import")
    reviews.take_review(late.id, reviewer_id=other.person_id, reviewed_on=day, by=by, now=NOW)
    rules.withdraw(made.id, reason="誤り", by=by, now=NOW)
    files.note_damage(rules.files_of(made.id)[0].sha256, "changed", now=NOW)
    assert fast(A51[1], day, known_at, [made, late]) == before == [(made.ref, "accepted", False, False)]
    assert fast(A51[1], day, None, [made, late]) == [
        (made.ref, "accepted", True, False),
        (late.ref, "accepted", False, False),
    ]


def test_a_predecessor_proves_until_any_of_its_successors_is_accepted(db: Any) -> None:
    by, other = officer(), officer()
    first = recorded(by)
    second = recorded(by, predecessor_id=first.id)
    reviews.review(first.id, accepted=True, by=other, now=NOW)
    reviews.review(second.id, accepted=False, reason="日付が読めない", by=other, now=NOW)
    third = recorded(by, predecessor_id=second.id)

    def gone() -> list[bool]:
        return [row[2] for row in fast(A51[1], settings.today(NOW), None, [first, second, third])]

    assert gone() == [False, False, False]
    reviews.review(third.id, accepted=True, by=other, now=NOW)
    assert gone() == [True, True, False]
    rules.withdraw(third.id, reason="誤り", by=by, now=NOW)
    assert gone() == [False, False, True]


def test_the_number_of_queries_is_small_and_constant(db: Any) -> None:
    by = officer()
    day, zone = settings.today(NOW), settings.zone()
    for number in (1, 20):
        for _ in range(number):
            recorded(by)
        asked: list[str] = []
        with counting(asked):
            assert len(standing(EDITION, day, None, zone)["A.5.1"]) >= number
        assert len(asked) == 9  # the trail's newest entry, and what is new since
        again: list[str] = []
        with counting(again):
            standing(EDITION, day, None, zone)
        assert len(again) == 1


def test_what_is_not_committed_is_seen_inside_and_forgotten_after(db: Any) -> None:
    by = officer()
    day, zone = settings.today(NOW), settings.zone()

    class TakenBack(Exception):
        pass

    def refs() -> list[str]:
        return [row.ref for row in standing(EDITION, day, None, zone).get("A.5.1", [])]

    recorded(by)

    def record_and_regret() -> None:
        with atomic():
            recorded(by)
            assert refs() == ["EV-2026-0001", "EV-2026-0002"]
            raise TakenBack

    with pytest.raises(TakenBack):
        record_and_regret()
    assert refs() == ["EV-2026-0001"]
    recorded(by)
    assert refs() == ["EV-2026-0001", "EV-2026-0002"]


def test_it_is_written_as_exports_write_it(db: Any) -> None:
    by = officer()
    made = recorded(by, files=[upload(b"a", "a.txt"), upload(b"b", "b.txt")])
    day, zone = settings.today(NOW), settings.zone()
    found = standings_of([made.id, 999], day, None, zone)
    assert list(found) == [made.id]
    one: Standing = found[made.id]
    assert json.loads(one.written) == one.plain
    assert one.plain == {
        "ref": "EV-2026-0001",
        "title": "架空の点検記録",
        "collected_on": "2026-11-01",
        "valid_until": "2027-10-31",
        "recorded_at": "2026-11-18T05:00:00.000000Z",
        "review": "waiting",
        "files": [{"name": f.name, "sha256": f.sha256, "size": 1} for f in rules.files_of(made.id)],
    }
    assert standings_of([made.id], day, FIRST, zone) == {}
