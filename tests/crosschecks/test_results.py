"""What came of campaigns: progress, replies, the share of 否 by year and item, and the report of all visits."""

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from isms.checklists import rules as checklists
from isms.core.errors import Conflict
from isms.core.permissions import CONSOLE
from isms.core.sheets import read_sheet
from isms.crosschecks import answers, campaigns, closing, plans, report, results, standing, visits
from isms.crosschecks.models import Campaign, Visit
from isms.evidence.models import Evidence
from isms.findings import rules as findings
from isms.findings.models import Finding
from isms.people.models import Department
from tests import factories
from tests.crosschecks.test_campaigns import campaign, checklist
from tests.factories import NOW
from tests.races import race, won

TODAY = NOW.date()


def begun(year: int, places: int, checklist_id: int) -> Campaign:
    """Begin a campaign of a year; `places` departments are new, all take part."""
    made, _ = campaign(
        places, checklist_id=checklist_id, from_day=date(year, 11, 1), to_day=date(year, 11, 30), title=f"架空{year}"
    )
    return campaigns.begin(made.id, by=CONSOLE, now=NOW)


def asked(visit: Visit, *values: str) -> None:
    """Let somebody of the checking department answer the items in turn and finish."""
    by = factories.actor(factories.person(department_id=visit.checker_id))
    for item, value in zip(visits.items(standing.get_visit(visit.id)), values, strict=True):
        answers.answer(visit.id, item.id, value=value, comment="架空の様子", by=by, now=NOW)
    visits.finish(visit.id, by=by, now=NOW)


def test_progress_replies_and_what_they_add_up_to(db: Any) -> None:
    one = begun(2026, 3, checklist("一", "二", "三"))
    first, second, _ = campaigns.visits_of(one.id)
    asked(first, "ng", "ng", "ok")
    asked(second, "na", "ok", "remark")
    told, untold = Finding.select().order_by(Finding.id)
    findings.close_finding(told.id, day=TODAY, text="架空の回答", by=CONSOLE, now=NOW)
    rows = {row.visit.id: row for row in results.results_of(one)}
    row = rows[first.id]
    assert (row.state, row.answered, row.total, row.count("ng"), row.unreplied) == ("finished", 3, 3, 2, 1)
    assert list(row.replies.values()) == ["架空の回答"] and row.finished_on == TODAY
    assert [rows[second.id].count(value) for value in ("ok", "remark", "ng", "na")] == [1, 1, 0, 1]
    assert [row.over for row in rows.values()].count(False) == 1
    assert results.whole(results.shares([one.id])[one.id].values()) == results.Share(judged=5, ng=2)
    places = [first.checker_id]
    assert {row.visit.id for row in results.results_of(one, places)} == {
        v.id for v in campaigns.visits_of(one.id) if first.checker_id in (v.checker_id, v.checked_id)
    }
    assert untold.due == TODAY + timedelta(days=one.reply_days)


def test_only_the_newest_answer_counts_and_the_same_question_counts_over_versions(db: Any) -> None:
    checklist_id = checklist("一", "二")
    old = begun(2025, 2, checklist_id)
    for visit in campaigns.visits_of(old.id):
        asked(visit, "ng", "ok")
    closing.close(old.id, by=CONSOLE, now=NOW)
    version = checklists.add_version(checklist_id, "", CONSOLE, NOW)
    checklists.drop_item(checklists.items_of(version.id)[1].id, by=CONSOLE, now=NOW)
    new = begun(2026, 0, checklist_id)
    (first, _) = campaigns.visits_of(new.id)
    by = factories.actor(factories.person(department_id=first.checker_id))
    item = visits.items(standing.get_visit(first.id))[0]
    wrong = answers.answer(first.id, item.id, value="ng", comment="見まちがい", by=by, now=NOW)
    answers.answer(first.id, item.id, value="ok", after=wrong.id, by=by, now=NOW)
    shares = results.shares([old.id, new.id])
    assert (shares[old.id]["一"], shares[old.id]["二"]) == (results.Share(2, 2), results.Share(2, 0))
    assert shares[new.id] == {"一": results.Share(1, 0)}
    assert report.by_year() == [(2025, results.Share(4, 2)), (2026, results.Share(1, 0))]


def test_the_report_tells_every_answer_and_every_visit_called_off(db: Any) -> None:
    one = begun(2026, 3, checklist("一"))
    first, second, third = campaigns.visits_of(one.id)
    asked(first, "ng")
    asked(second, "ok")
    visits.call_off(third.id, text="架空の大雪", by=CONSOLE, now=NOW)
    rows = results.results_of(one)
    sheet = read_sheet(report.as_xlsx(one, rows), "報告書.xlsx")
    cells = [cell for row in sheet.rows for cell in row]
    assert len(sheet.rows) == 4 and "取りやめ" in cells and Finding.get().ref in cells
    assert report.as_pdf(one, rows, NOW) == report.as_pdf(one, rows, NOW)
    assert closing.left_to_do(rows) == []


def test_a_campaign_whose_visits_were_all_called_off_proves_nothing(db: Any) -> None:
    one = begun(2026, 2, checklist("一"))
    for visit in campaigns.visits_of(one.id):
        visits.call_off(visit.id, text="架空の大雪", by=CONSOLE, now=NOW)
    with pytest.raises(Conflict, match="中止"):
        closing.close(one.id, by=CONSOLE, now=NOW)
    assert campaigns.is_open(one.id) and not Evidence.select().exists()
    campaigns.cancel(one.id, text="架空の大雪", by=CONSOLE, now=NOW)


def test_of_two_who_close_at_once_one_does_and_the_report_tells_what_stood(db: Any) -> None:
    one = begun(2026, 2, checklist("一"))
    for visit in campaigns.visits_of(one.id):
        asked(visit, "ok")
    close = partial(closing.close, one.id, by=CONSOLE, now=NOW)
    results_ = race(close, close)
    assert won(results_) == 1, results_
    assert Evidence.select().count() == 1


def test_what_came_in_while_the_report_was_set_is_not_left_out_of_it(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = begun(2026, 2, checklist("一"))
    first, second = campaigns.visits_of(one.id)
    for visit in (first, second):
        asked(visit, "ok")
    made = report.as_pdf

    def meanwhile(*given: Any) -> bytes:
        set_ = made(*given)
        visits.reopen(first.id, text="架空の見直し", by=CONSOLE, now=NOW)
        item = visits.items(standing.get_visit(first.id))[0]
        by = factories.actor(factories.person(department_id=first.checker_id))
        seen = answers.newest_answer(first.id, item.id)
        answers.answer(first.id, item.id, value="ng", comment="見まちがい", after=seen and seen.id, by=by, now=NOW)
        visits.finish(first.id, by=by, now=NOW)
        return set_

    monkeypatch.setattr(report, "as_pdf", meanwhile)
    with pytest.raises(Conflict, match="もう一度"):
        closing.close(one.id, by=CONSOLE, now=NOW)
    monkeypatch.undo()
    assert closing.close(one.id, by=CONSOLE, now=NOW).ref


def test_who_has_finished_keeps_it_when_a_department_is_let_off(db: Any) -> None:
    one = begun(2026, 4, checklist("一"))
    first = campaigns.visits_of(one.id).first()
    asked(first, "ok")
    gone = Department.get_by_id(first.checked_id)
    assert plans.let_off(one.id, gone.id, text="架空の廃止", by=CONSOLE, now=NOW) == []
    states = {row.visit.id: row.state for row in results.results_of(one)}
    assert states[first.id] == "finished" and sorted(states.values()) == ["called_off", "finished", "open", "open"]
