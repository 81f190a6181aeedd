"""Decisions on controls, corrected titles, own controls, and the edition in force: appended, asked of any day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from isms.catalogue import rules, wording
from isms.catalogue.models import Decision
from isms.catalogue.rules import Said
from isms.catalogue.standards import Kind
from isms.core.database import db as database
from isms.core.errors import Invalid, NotFound
from isms.core.permissions import CONSOLE
from isms.trail import rules as trail_rules
from tests import factories

NEW, OLD = "iso27001-2022", "iso27001-2013"
NOW = factories.NOW
TODAY = date(2026, 11, 18)


def decide(key: str = "A.5.1", now: datetime = NOW, **more: Any) -> Decision:
    """Decide that a control applies."""
    values = {"applicable": True, "justification": "方針を示すため。", "implementation": "implemented"}
    return rules.decide(NEW, key, **{**values, **more}, by=CONSOLE, now=now)


def count_queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the statements that are executed from now on."""
    seen: list[str] = []
    real = database.obj.execute_sql

    def execute(sql: str, *args: Any, **kwargs: Any) -> Any:
        seen.append(sql)
        return real(sql, *args, **kwargs)

    monkeypatch.setattr(database.obj, "execute_sql", execute)
    return seen


def test_the_latest_day_counts_and_then_the_latest_row(db: Any) -> None:
    first = decide(from_day=date(2026, 4, 1))
    later = decide(from_day=date(2026, 10, 1), implementation="partial")
    corrected = decide(from_day=date(2026, 10, 1), implementation="planned")
    decide(from_day=date(2026, 5, 1), implementation="not_started")  # entered last, but for an earlier day

    def on(day: date) -> str:
        return rules.decisions_on(NEW, day)["A.5.1"].implementation

    assert rules.decisions_on(NEW, date(2026, 3, 31)) == {}
    assert on(date(2026, 4, 1)) == first.implementation
    assert on(date(2026, 5, 1)) == "not_started"
    assert on(date(2026, 10, 1)) == corrected.implementation != later.implementation
    assert [row.from_day.month for row in rules.history(NEW, "A.5.1")] == [10, 10, 5, 4]


def test_what_was_recorded_later_was_not_known_then(db: Any) -> None:
    decide()
    decide(now=NOW + timedelta(hours=1), from_day=date(2026, 1, 1))
    assert rules.decisions_on(NEW, date(2026, 6, 1), NOW) == {}
    assert rules.decisions_on(NEW, TODAY, NOW)["A.5.1"].from_day == TODAY
    assert rules.decisions_on(NEW, date(2026, 6, 1))["A.5.1"].from_day == date(2026, 1, 1)


def test_a_decision_stands_in_the_trail_as_it_was_written(db: Any) -> None:
    owner = factories.person("架空 史郎")
    row = decide(owner_id=owner.id, note="毎年見直す")
    entry = trail_rules.head()
    assert entry is not None and entry.subject == f"decision:{row.id}"
    after = (trail_rules.details_of(entry) or {})["after"]
    assert after == {
        "edition": NEW,
        "key": "A.5.1",
        "applicable": True,
        "justification": "方針を示すため。",
        "implementation": "implemented",
        "owner": owner.id,
        "note": "毎年見直す",
        "from_day": "2026-11-18",
        "recorded_at": "2026-11-18T05:00:00.000000Z",
        "recorded_by": "console",
    }


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"justification": " 　 "}, "justification"),
        ({"applicable": False, "justification": ""}, "justification"),
        ({"implementation": "done"}, "implementation"),
        ({"owner_id": 999}, "owner_id"),
        ({"key": "5.1"}, ""),
    ],
)
def test_a_decision_that_says_too_little_is_refused(db: Any, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as raised:
        decide(**values)
    assert field in raised.value.fields
    assert not Decision.select().exists()


def test_what_does_not_apply_has_no_degree_of_implementation(db: Any) -> None:
    assert decide(applicable=False, implementation="implemented").implementation == "not_started"


def test_a_control_that_the_edition_lacks_is_refused(db: Any) -> None:
    with pytest.raises(NotFound):
        decide("A.5.1.1")


def test_many_are_decided_together_or_not_at_all(db: Any) -> None:
    said = [Said(key, True, "全職員に示すため。", "planned") for key in ("A.5.1", "A.5.2", "A.99")]
    with pytest.raises(NotFound):
        rules.decide_many(NEW, said, by=CONSOLE, now=NOW)
    assert not Decision.select().exists()
    rules.decide_many(NEW, said[:2], by=CONSOLE, now=NOW)
    assert set(rules.decisions_on(NEW, TODAY)) == {"A.5.1", "A.5.2"}


def test_decisions_of_a_day_take_one_query(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = factories.person("架空 史郎")
    rules.decide_many(
        NEW, [Said(f"A.5.{n}", True, "理由", owner_id=owner.id) for n in range(1, 30)], by=CONSOLE, now=NOW
    )
    seen = count_queries(monkeypatch)
    assert {row.owner.name for row in rules.decisions_on(NEW, TODAY).values()} == {"架空 史郎"}
    assert len(seen) == 1


def test_the_edition_in_force_follows_the_day(db: Any) -> None:
    assert rules.edition_on(TODAY).id == NEW
    rules.put_in_force(OLD, from_day=date(2021, 4, 1), by=CONSOLE, now=NOW - timedelta(days=2))
    rules.put_in_force(NEW, from_day=date(2024, 9, 2), by=CONSOLE, now=NOW)
    assert rules.edition_on(date(2024, 9, 1)).id == OLD
    assert rules.edition_on(date(2024, 9, 2)).id == NEW
    assert rules.edition_on(TODAY, NOW - timedelta(days=1)).id == OLD
    assert rules.edition_on(TODAY, NOW - timedelta(days=3)).id == NEW


def test_an_edition_recorded_later_for_an_earlier_day_changes_only_those_days(db: Any) -> None:
    rules.put_in_force(NEW, from_day=date(2024, 9, 2), by=CONSOLE, now=NOW)
    rules.put_in_force(OLD, from_day=date(2021, 4, 1), by=CONSOLE, now=NOW)
    assert (rules.edition_on(date(2024, 9, 1)).id, rules.edition_on(TODAY).id) == (OLD, NEW)


@pytest.mark.parametrize(
    ("edition", "day"), [("iso22301-2019", TODAY), ("nist-csf-2.0", TODAY), (NEW, date(2022, 10, 24))]
)
def test_an_edition_that_cannot_be_in_force_is_refused(db: Any, edition: str, day: date) -> None:
    with pytest.raises(Invalid):
        rules.put_in_force(edition, from_day=day, by=CONSOLE, now=NOW)


def test_a_corrected_title_shows_from_when_it_was_known(db: Any) -> None:
    standard = rules.get_requirement(NEW, "A.5.7")
    wording.correct_title(NEW, "A.5.7", title_ja="脅威情報の収集と分析", by=CONSOLE, now=NOW)
    wording.correct_title(NEW, "A.5.7", title_ja="脅威情報の活用", by=CONSOLE, now=NOW)
    assert rules.get_requirement(NEW, "A.5.7").title_ja == "脅威情報の活用"
    assert rules.get_requirement(NEW, "A.5.7").title_en == standard.title_en
    assert rules.edition_on(TODAY, NOW - timedelta(seconds=1)).get("A.5.7") == standard


def test_a_provisional_title_is_confirmed_by_its_correction(db: Any) -> None:
    edition = rules.standards().edition("iso22301-2019")
    provisional = next(row for row in edition.rows if row.provisional)
    wording.correct_title(edition.id, provisional.key, title_ja=provisional.title_ja, by=CONSOLE, now=NOW)
    assert not rules.get_requirement(edition.id, provisional.key).provisional


def test_an_own_control_comes_and_goes(db: Any) -> None:
    wording.add_own_control(NEW, "ｘ.1", title_ja="レセプトの取扱い", theme="organizational", by=CONSOLE, now=NOW)
    decide("X.1")
    assert rules.get_requirement(NEW, "X.1").title_ja == "レセプトの取扱い"
    assert len(rules.edition_on(TODAY).of_kind(Kind.CONTROL)) == 94
    wording.end_own_control(NEW, "X.1", by=CONSOLE, now=NOW + timedelta(days=1))
    assert rules.edition_on(TODAY).find("X.1") is None
    assert rules.edition_on(TODAY, NOW).find("X.1") is not None
    with pytest.raises(NotFound):
        decide("X.1")
    with pytest.raises(NotFound):
        wording.end_own_control(NEW, "X.1", by=CONSOLE, now=NOW)


@pytest.mark.parametrize("key", ["A.5.99", "5.1", "A.5.1", "", "X", "X.1; drop", "独.1"])
def test_an_own_number_that_could_be_the_standards_is_refused(db: Any, key: str) -> None:
    with pytest.raises(Invalid):
        wording.add_own_control(NEW, key, title_ja="題", by=CONSOLE, now=NOW)


def test_today_is_the_day_of_the_organisation(db: Any) -> None:
    decide(now=datetime(2026, 11, 17, 15, 0, tzinfo=UTC))  # midnight in Tokyo
    assert rules.history(NEW, "A.5.1")[0].from_day == TODAY
