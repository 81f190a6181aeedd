"""Findings: opened, closed, reopened; open or not on any day, as known then or now; refused where they make no sense."""

from datetime import date, timedelta
from typing import Any

import pytest

from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import CONSOLE
from isms.findings import rules
from isms.findings.models import Finding, FindingControl
from isms.trail.rules import entries
from tests.factories import NOW

EDITION = "iso27001-2022"
TODAY = date(2026, 11, 18)
DAY = timedelta(days=1)


def found(opened_on: date = TODAY - 10 * DAY, **more: Any) -> Finding:
    values = {"grade": "minor", "title": "架空の指摘", "controls": [(EDITION, "A.5.1")], "opened_on": opened_on}
    return rules.open_finding(**values | more, by=CONSOLE, now=more.pop("now", NOW))  # type: ignore[arg-type]


def is_open(day: date, known_at: Any = None) -> bool:
    return "A.5.1" in rules.open_on(EDITION, day, known_at)


def test_it_is_open_from_its_day_until_it_is_closed(db: Any) -> None:
    one = found()
    assert [is_open(TODAY - n * DAY) for n in (11, 10, 0)] == [False, True, True]
    rules.close_finding(one.id, day=TODAY - 3 * DAY, text="直した", by=CONSOLE, now=NOW)
    assert [is_open(TODAY - n * DAY) for n in (4, 3, 0)] == [True, False, False]
    assert is_open(TODAY, NOW - DAY) is False  # not even known then
    rules.reopen_finding(one.id, day=TODAY - DAY, text="直っていなかった", by=CONSOLE, now=NOW)
    assert [is_open(TODAY - n * DAY) for n in (3, 2, 1, 0)] == [False, False, True, True]


def test_what_was_known_then_stays(db: Any) -> None:
    one = found()
    rules.close_finding(one.id, day=TODAY - 3 * DAY, text="直した", by=CONSOLE, now=NOW + 2 * DAY)
    assert is_open(TODAY, NOW + DAY)
    assert not is_open(TODAY, NOW + 3 * DAY)
    assert not is_open(TODAY)


def test_references_are_counted_per_fiscal_year(db: Any) -> None:
    assert [found().ref, found().ref] == ["F-2026-0001", "F-2026-0002"]
    spring = NOW.replace(year=2027, month=4)
    later = rules.open_finding(grade="major", title="x", controls=[], opened_on=TODAY, by=CONSOLE, now=spring)
    assert later.ref == "F-2027-0001"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("grade", {"grade": "terrible"}),
        ("source", {"source": "rumour"}),
        ("title", {"title": ""}),
        ("title", {"title": " \u3000 "}),
        ("title", {"title": "長" * 201}),
        ("description", {"description": "\x00"}),
        ("opened_on", {"opened_on": TODAY + DAY}),
        ("controls", {"controls": [(EDITION, "A.99.1")]}),
        ("controls", {"controls": [(EDITION, "9.3")]}),
        ("department_id", {"department_id": 987654}),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(db: Any, field: str, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        found(**values)
    assert set(refused.value.fields) == {field}
    assert (Finding.select().count(), FindingControl.select().count(), entries().count()) == (0, 0, 0)


def test_a_step_fits_to_the_ones_before(db: Any) -> None:
    one = found()
    with pytest.raises(Conflict):
        rules.reopen_finding(one.id, day=TODAY, text="x", by=CONSOLE, now=NOW)
    for day in (one.opened_on - DAY, TODAY + DAY):
        with pytest.raises(Invalid):
            rules.close_finding(one.id, day=day, text="x", by=CONSOLE, now=NOW)
    with pytest.raises(Invalid):
        rules.close_finding(one.id, day=TODAY, text=" ", by=CONSOLE, now=NOW)
    rules.close_finding(one.id, day=TODAY - DAY, text="直した", by=CONSOLE, now=NOW)
    with pytest.raises(Conflict):
        rules.close_finding(one.id, day=TODAY, text="x", by=CONSOLE, now=NOW)
    with pytest.raises(Invalid):
        rules.reopen_finding(one.id, day=TODAY - 2 * DAY, text="x", by=CONSOLE, now=NOW)
    with pytest.raises(NotFound):
        rules.close_finding(987654, day=TODAY, text="x", by=CONSOLE, now=NOW)


def test_each_fact_stands_whole_in_the_trail(db: Any) -> None:
    one = found(controls=[(EDITION, "A.5.1"), (EDITION, "A.5.1"), (EDITION, "4.1")])
    rules.close_finding(one.id, day=TODAY, text="直した", by=CONSOLE, now=NOW)
    told = [(entry.verb, entry.subject.partition(":")[0]) for entry in entries().order_by(entries().model.no)]
    assert told == [
        ("finding.opened", "finding"),
        ("finding.linked", "finding_control"),
        ("finding.linked", "finding_control"),
        ("finding.closed", "finding_step"),
    ]
