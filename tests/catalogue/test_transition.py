"""From 2013 to 2022: what is carried, what is asked, how the work is kept, and what older days show afterwards."""

from datetime import date, timedelta
from typing import Any

import pytest

from isms.catalogue import rules, transition, wording
from isms.catalogue.editions import Kind
from isms.catalogue.rules import Said
from isms.catalogue.transition import Way
from isms.core.errors import Conflict, Invalid
from isms.core.permissions import CONSOLE
from tests import factories
from tests.catalogue.test_decisions import NEW, NOW, OLD, TODAY, count_queries

BEGAN, DAY = date(2021, 4, 1), date(2027, 4, 1)


def begin(but: set[str] | frozenset[str] = frozenset()) -> None:
    """Put the edition of 2013 in force with a decision on every control but the named."""
    rules.put_in_force(OLD, from_day=BEGAN, by=CONSOLE, now=NOW)
    keys = [row.key for row in rules.standards().edition(OLD).of_kind(Kind.CONTROL) if row.key not in but]
    said = [Said(key, key != "A.14.2.7", f"理由 {key}", "implemented") for key in keys]
    rules.decide_many(OLD, said, from_day=BEGAN, by=CONSOLE, now=NOW)


def settle() -> None:
    """Record what is open ahead of the day."""
    said = [one.suggestion or Said(one.requirement.key, True, "新設のため") for one in plan().open]
    rules.decide_many(NEW, said, from_day=DAY, by=CONSOLE, now=NOW)


def plan() -> transition.Plan:
    return transition.plan(OLD, NEW, DAY)


def test_one_to_one_is_carried_merged_and_new_are_asked(db: Any) -> None:
    begin()
    made = plan()
    ways = [one.way for one in made.proposals]
    assert [ways.count(way) for way in (Way.SAME, Way.MERGED, Way.NEW, Way.OWN)] == [58, 24, 11, 0]
    assert {one.way for one in made.open} == {Way.MERGED, Way.NEW}
    assert (len(made.carried), len(made.open), len(made.decided)) == (58, 35, 0)


def test_a_merged_control_shows_its_predecessors_and_what_follows_from_them(db: Any) -> None:
    begin(but={"A.5.1.2"})
    rules.decide(
        OLD, "A.5.1.2", applicable=True, justification="毎年見直すため。", implementation="partial", by=CONSOLE, now=NOW
    )
    one = plan().find("A.5.1")
    assert one is not None and one.suggestion is not None
    assert [was.requirement.key for was in one.before] == ["A.5.1.1", "A.5.1.2"]
    assert one.suggestion.justification == "理由 A.5.1.1\n毎年見直すため。"
    assert (one.suggestion.applicable, one.suggestion.implementation) == (True, "partial")


def test_what_did_not_apply_does_not_hold_back_what_it_is_merged_with(db: Any) -> None:
    begin(but={"A.5.1.1"})
    rules.decide(OLD, "A.5.1.1", applicable=False, justification="なし", by=CONSOLE, now=NOW)
    one = plan().find("A.5.1")
    assert one is not None and one.suggestion is not None
    assert (one.suggestion.applicable, one.suggestion.implementation) == (True, "implemented")
    assert one.suggestion.justification == "理由 A.5.1.2"


def test_a_control_never_decided_is_asked(db: Any) -> None:
    begin(but={"A.12.7.1"})
    assert "A.8.34" in {one.requirement.key for one in plan().open}


def test_the_step_is_refused_while_anything_is_open(db: Any) -> None:
    begin()
    with pytest.raises(Invalid, match="35件"):
        transition.adopt(OLD, NEW, day=DAY, by=CONSOLE, now=NOW)
    assert rules.edition_on(DAY).id == OLD
    assert rules.decisions_on(NEW, DAY) == {}


def test_the_work_is_kept_while_it_goes_on(db: Any) -> None:
    begin()
    open_before = len(plan().open)
    rules.decide(NEW, "A.5.7", applicable=True, justification="新設", from_day=DAY, by=CONSOLE, now=NOW)
    assert len(plan().open) == open_before - 1
    assert [one.requirement.key for one in plan().decided] == ["A.5.7"]
    assert transition.planned_day(NEW, TODAY) == DAY
    assert rules.edition_on(TODAY).id == OLD


def test_after_the_step_the_old_edition_still_stands_before_the_day(db: Any) -> None:
    begin()
    settle()
    transition.adopt(OLD, NEW, day=DAY, by=CONSOLE, now=NOW)
    assert rules.edition_on(DAY - timedelta(days=1)).id == OLD
    assert rules.edition_on(DAY).id == NEW
    after = rules.decisions_on(NEW, DAY)
    assert len(after) == 93
    assert rules.decisions_on(NEW, DAY - timedelta(days=1)) == {}
    assert after["A.8.30"].justification == "理由 A.14.2.7" and not after["A.8.30"].applicable
    assert "A.14.2.7" in after["A.8.30"].note
    assert len(rules.decisions_on(OLD, TODAY)) == 114


def test_the_step_is_taken_once(db: Any) -> None:
    begin()
    settle()
    transition.adopt(OLD, NEW, day=DAY, by=CONSOLE, now=NOW)
    with pytest.raises(Conflict):
        transition.adopt(OLD, NEW, day=DAY, by=CONSOLE, now=NOW)


def test_own_controls_come_along(db: Any) -> None:
    begin()
    wording.add_own_control(OLD, "X.1", title_ja="レセプトの取扱い", by=CONSOLE, now=NOW)
    owner = factories.person("架空 史郎")
    rules.decide(OLD, "X.1", applicable=True, justification="本会の業務", owner_id=owner.id, by=CONSOLE, now=NOW)
    assert [one.way for one in plan().proposals].count(Way.OWN) == 1
    settle()
    transition.adopt(OLD, NEW, day=DAY, by=CONSOLE, now=NOW)
    assert rules.get_requirement(NEW, "X.1").title_ja == "レセプトの取扱い"
    assert rules.decisions_on(NEW, DAY)["X.1"].owner_id == owner.id


def test_the_newest_edition_leads_nowhere(db: Any) -> None:
    ahead = transition.next_edition(OLD)
    assert ahead is not None and ahead.id == NEW
    assert transition.next_edition(NEW) is None


def test_the_plan_takes_few_queries(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begin()
    plan()
    seen = count_queries(monkeypatch)
    assert len(plan().proposals) == 93
    assert len([one for one in seen if "trail_entry" not in str(one)]) == 2  # the decisions of both editions
