"""Two plans of an organisation go in as text, are accepted, prove, expire; the state of each day says so.

The plans are invented: 架空県国民健康保険団体連合会 does not exist.
"""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest

from isms.catalogue import rules as catalogue
from isms.core.days import Span
from isms.core.permissions import Role
from isms.evidence import reviews, rules
from isms.evidence.files import Upload
from isms.status.rules import Known, states
from tests import factories
from tests.evidence.proofs import EDITION

FOURTH = """架空県国民健康保険団体連合会　第四次中期経営計画（令和４年度～令和６年度）

目　次
第１章　計画の目的と、連合会を取り巻く環境　……　１
第２章　情報セキュリティの維持と改善　……　４
第３章　計画の評価と見直し　……　９
"""
FIFTH = """# 架空県国民健康保険団体連合会 第５次中期経営計画

(令和７年度～令和９年度)

## 基本理念
- 保険者の信頼にこたえる。
## 情報セキュリティの維持・改善
- 目標を定め、毎年度の終わりに見直す。
"""
PROVED = ["A.5.1", "4.1", "5.1", "6.2", "9.3.1", "9.3.2", "9.3.3"]
WRITTEN, REVISED = date(2022, 4, 1), date(2025, 5, 1)
ENDS, LAST = date(2025, 3, 31), date(2026, 8, 31)


def at(day: date, hour: int = 1) -> datetime:
    """Give a moment of a working day in Tokyo."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.fixture
def plans(db: Any) -> None:
    """Lay both plans down in their time, each accepted the day after."""
    before = at(WRITTEN - timedelta(days=30))
    author, reviewer = (factories.actor(factories.with_role(Role.OFFICER, now=before), at(WRITTEN)) for _ in range(2))
    catalogue.decide(
        EDITION,
        "A.5.1",
        applicable=True,
        justification="方針群を定める。",
        implementation="implemented",
        from_day=WRITTEN,
        by=author,
        now=at(WRITTEN),
    )
    for title, text, day, ends in (
        ("第四次中期経営計画", FOURTH, WRITTEN, ENDS),
        ("第５次中期経営計画", FIFTH, REVISED, LAST),
    ):
        made = rules.record_evidence(
            title=title,
            kind="document",
            controls=[(EDITION, key) for key in PROVED],
            collected_on=day,
            period=Span(day, ends),
            valid_until=ends,
            files=[Upload(f"{title}.txt", BytesIO(text.encode()))],
            by=author,
            now=at(day),
        )
        reviews.review(made.id, accepted=True, by=reviewer, now=at(day + timedelta(days=1)))


def told(day: date, known: Known = "then") -> set[tuple[str, ...]]:
    """Give the states, with their reasons, in which the requirements are that the plans prove."""
    report = states(day, known, now=at(date(2026, 11, 18)))
    found = [one for one in report.requirements if one.requirement.key in PROVED]
    assert len(found) == len(PROVED)
    return {(one.state, *one.reasons) for one in found if one.requirement.key != "A.5.1" or one.decision}


@pytest.mark.parametrize(
    ("day", "then", "now"),
    [
        (date(2022, 3, 31), ("unproven", "missing"), ("unproven", "missing")),
        (WRITTEN, ("unproven", "waiting"), ("proven",)),
        (date(2022, 4, 2), ("proven",), ("proven",)),
        (date(2025, 2, 28), ("proven",), ("proven",)),
        (date(2025, 3, 1), ("expiring",), ("expiring",)),
        (ENDS, ("expiring",), ("expiring",)),
        (date(2025, 4, 1), ("unproven", "expired"), ("unproven", "expired")),
        (REVISED, ("unproven", "waiting", "expired"), ("proven",)),
        (date(2025, 5, 2), ("proven",), ("proven",)),
        (date(2026, 8, 1), ("expiring",), ("expiring",)),
        (date(2026, 9, 1), ("unproven", "expired"), ("unproven", "expired")),
        (date(2026, 11, 18), ("unproven", "expired"), ("unproven", "expired")),
    ],
)
def test_the_state_of_each_day_says_what_the_plans_prove(
    plans: None, day: date, then: tuple[str, ...], now: tuple[str, ...]
) -> None:
    assert told(day) == {then}
    assert told(day, "now") == {now}
