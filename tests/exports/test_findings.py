"""The findings of a pack tell every step; its own program agrees on what is open, whatever was said meanwhile."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from isms.core.days import Span
from isms.core.permissions import CONSOLE, Role
from isms.exports import orders, pack_findings
from isms.findings import rules, steps
from isms.people import rules as people
from tests import factories
from tests.exports.stories import PERIOD, Story, packed, verified
from tests.factories import NOW
from tests.findings.test_steps import made_office
from tests.status.standings import NOW as NOON
from tests.status.standings import TODAY as NOON_DAY

YEAR = Span(date(2026, 4, 1), date(2026, 12, 31))


def test_every_step_leaves_with_who_said_it(db: Any) -> None:
    office = made_office(due=date(2026, 11, 30))
    action = office.done()
    steps.check_effect(action.id, good=True, text="よい", by=office.officer, now=NOW + timedelta(days=30))
    (one,) = pack_findings.findings(orders.console(), YEAR)
    assert (one["due"], one["closed_on"]) == ("2026-11-30", None)
    told = {step["kind"]: step for step in one["steps"]}
    assert list(told) == ["reply", "correction", "cause", "action", "action_done", "effectiveness"]
    assert (told["action"]["owner"], told["action"]["due"]) == ("架空 太郎", "2026-12-08")
    assert told["effectiveness"]["about"] == told["action_done"]["about"] == told["action"]["no"]
    assert (told["effectiveness"]["good"], told["reply"]["good"]) == (True, None)
    early = Span(date(2026, 4, 1), date(2026, 11, 20))  # what was not known at its end is not in it
    (one,) = pack_findings.findings(orders.console(), early)
    assert [step["kind"] for step in one["steps"]][-1] == "action_done"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_program_of_the_pack_counts_only_what_closes(db: Any, tmp_path: Path) -> None:
    people.change_setting("effect_days", "0", by=CONSOLE, now=NOON)
    story = Story()
    by, other = story.by, factories.actor(factories.with_role(Role.OFFICER))

    def answered(title: str, key: str) -> int:
        found = story.find(key, title=title)
        steps.correct(found.id, text="直した", by=by, now=NOON)
        steps.say_cause(found.id, text="なぜ", by=by, now=NOON)
        plan: dict[str, Any] = {"text": "改める", "owner_id": by.person_id, "due": NOON_DAY}
        action = steps.plan_action(found.id, **plan, by=by, now=NOON)
        steps.finish_action(action.id, text="改めた", by=by, now=NOON)
        steps.check_effect(action.id, good=True, text="よい", by=other, now=NOON)
        return int(found.id)

    answered("確かめたが、まだ閉じていない", "A.7.2")
    closed = answered("閉じた", "A.7.3")
    steps.conclude(closed, day=NOON_DAY, text="よし", by=by, now=NOON)
    assert rules.closed_days([closed]) == {closed: NOON_DAY}
    there = packed(tmp_path, period=PERIOD)
    done = verified(there)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "確かめたが" in (there / "findings.json").read_text("utf-8")
