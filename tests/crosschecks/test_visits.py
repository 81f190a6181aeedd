"""A visit is finished when all is answered; each 否 becomes one finding, once, whatever happens afterwards."""

from datetime import date, timedelta
from typing import Any

import pytest

from isms.core import blobs
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor, Role
from isms.crosschecks import answers, campaigns, photos, plans, standing, visits
from isms.crosschecks.models import AnswerFinding, Visit, VisitStep
from isms.evidence.jobs import verify_files
from isms.findings.models import Finding, FindingControl, FindingFile
from isms.people import rules
from isms.trail.verify import verify
from tests import factories
from tests.crosschecks import visiting
from tests.crosschecks.visiting import say
from tests.factories import NOW
from tests.races import race, won


def answered(one: Visit, by: Actor, *values: str) -> None:
    for place, value in enumerate(values):
        say(one, by, value, "架空の気づき" if value in answers.TO_SAY_WHY else "", item=place)


def test_each_no_becomes_a_finding_of_the_visited_department(db: Any) -> None:
    one = visiting.visit()
    by = visiting.member(one)
    say(one, by, "ng", "窓口側の一台。", files=[visiting.photo()])
    say(one, by, "remark", "少し多い。", item=1)
    say(one, by, "ok", item=2)
    (opened,) = visits.finish(one.id, by=by, now=NOW)
    assert (opened.source, opened.grade, opened.department_id) == ("crosscheck", "minor", one.checked_id)
    assert (opened.opened_on, opened.due) == (date(2026, 11, 18), date(2026, 12, 2))
    assert visiting.QUESTIONS[0] in opened.title and opened.description == "窓口側の一台。"
    assert [(c.edition, c.key) for c in FindingControl.select()] == [visiting.CONTROL]
    (taken,) = photos.photos_of(one.id)[visiting.items(one)[0].id]
    assert [file.sha256 for file in FindingFile.select()] == [taken.sha256]
    assert AnswerFinding.get().finding_id == opened.id
    assert standing.state_of(one) == "finished"
    assert visiting.verbs()[-2:] == ["visit.finished", "visit.finding_opened"]


def test_what_must_be_answered_holds_the_end_up(db: Any) -> None:
    one = visiting.visit()
    by = visiting.member(one)
    answered(one, by, "ok", "ng")
    with pytest.raises(Conflict, match="あと1項目"):
        visits.finish(one.id, by=by, now=NOW)
    assert not Finding.select().exists() and not VisitStep.select().exists()
    assert [item.title for item in visits.lacking(one)] == [visiting.QUESTIONS[2]]


def test_what_may_be_left_open_does_not(db: Any) -> None:
    one = visiting.visit(visiting.campaign(visiting.checklist(required=False)))
    assert visits.finish(one.id, by=visiting.member(one), now=NOW) == []


def test_two_who_finish_at_once_finish_once(db: Any) -> None:
    one = visiting.visit()
    hers, his = visiting.member(one), visiting.member(one, "試作 夏男")
    answered(one, hers, "ng", "ng", "ok")
    results = race(
        lambda: visits.finish(one.id, by=hers, now=NOW),
        lambda: visits.finish(one.id, by=his, now=NOW),
    )
    assert won(results) == 1 and Finding.select().count() == 2 and VisitStep.select().count() == 1


def test_an_answer_and_the_end_at_once_leave_no_answer_behind_the_end(db: Any) -> None:
    one = visiting.visit()
    hers, his = visiting.member(one), visiting.member(one, "試作 夏男")
    answered(one, hers, "ok", "ok", "ok")
    seen = answers.newest_answer(one.id, visiting.items(one)[0].id)
    assert seen is not None
    race(
        lambda: visits.finish(one.id, by=hers, now=NOW),
        lambda: say(one, his, "ng", "一台。", after=seen.id),
    )
    newest = answers.newest_answer(one.id, visiting.items(one)[0].id)
    assert newest is not None
    assert Finding.select().count() == (newest.value == "ng"), "a 否 without its finding, or a finding without its 否"


def test_reopened_it_takes_answers_and_opens_no_finding_twice(db: Any) -> None:
    one = visiting.visit()
    by, officer = visiting.member(one), factories.actor(factories.with_role(Role.OFFICER))
    answered(one, by, "ng", "ok", "ok")
    visits.finish(one.id, by=by, now=NOW)
    visits.reopen(one.id, text="書き間違い", by=officer, now=NOW)
    newest = answers.answers_of(one.id)
    second = visiting.items(one)[1]
    say(one, by, "ng", "書類が残っていた。", item=1, after=newest[second.id].id)
    (opened,) = visits.finish(one.id, by=by, now=NOW)
    assert visiting.QUESTIONS[1] in opened.title and Finding.select().count() == 2
    assert standing.state_of(one) == "finished"


def test_a_closed_campaign_stays_closed(db: Any) -> None:
    one = visiting.visit()
    by, officer = visiting.member(one), factories.actor(factories.with_role(Role.OFFICER))
    answered(one, by, "ok", "ok", "ok")
    visits.finish(one.id, by=by, now=NOW)
    visiting.step(one.campaign, "closed")
    for change in (visits.reopen, visits.call_off):
        with pytest.raises(Conflict):
            change(one.id, text="架空の理由", by=officer, now=NOW)


def test_a_reason_is_wanted(db: Any) -> None:
    one, officer = visiting.visit(), factories.actor(factories.with_role(Role.OFFICER))
    with pytest.raises(Invalid):
        visits.call_off(one.id, text=" ", by=officer, now=NOW)
    visits.call_off(one.id, text="架空の理由", by=officer, now=NOW)
    with pytest.raises(Conflict):
        visits.call_off(one.id, text="架空の理由", by=officer, now=NOW)


def test_who_may_read_it(db: Any) -> None:
    one = visiting.visit()
    by = visiting.member(one)
    head = factories.with_role(Role.HEAD)
    rules.set_heads(head.id, [one.checked_id], from_day=head.from_day, by=by, now=NOW)
    visited, staff = factories.actor(head), factories.actor(factories.person(department_id=one.checked_id))
    officer, other = (factories.actor(factories.with_role(role)) for role in (Role.OFFICER, Role.HEAD))
    for reader in (by, officer):
        standing.seen_visit(one.id, by=reader)
    for stranger in (visited, staff, other):
        with pytest.raises(NotFound):
            standing.seen_visit(one.id, by=stranger)
    answered(one, by, "ok", "ok", "ok")
    visits.finish(one.id, by=by, now=NOW)
    standing.seen_visit(one.id, by=visited)
    for stranger in (staff, other):
        with pytest.raises(NotFound):
            standing.seen_visit(one.id, by=stranger)


def test_what_happens_to_a_visit_stands_in_the_trail(db: Any) -> None:
    """From the plan by the rules of campaigns to the end; every row is as the trail tells it, and no photo is swept."""
    officer = factories.actor(factories.with_role(Role.OFFICER))
    places = [factories.department(), factories.department()]
    campaign = campaigns.add_campaign(
        title="架空の強化月間", from_day=date(2026, 11, 1), to_day=date(2026, 11, 30),
        checklist_id=visiting.checklist().checklist_id, department_ids=[place.id for place in places],
        by=officer, now=NOW,
    )  # fmt: skip
    plans.draw(campaign.id, by=officer, now=NOW)
    campaigns.begin(campaign.id, by=officer, now=NOW)
    one = standing.get_visit(Visit.get(Visit.checker == places[0]).id)
    by = visiting.member(one)
    for place, color in enumerate(("#111111", "#444444", "#777777")):
        visiting.say(one, by, "remark", "一台。", item=place, files=[visiting.photo(color)])
    photo = photos.photos_of(one.id)[visiting.items(one)[2].id][0]
    newest = answers.answers_of(one.id)[photo.item_id]
    visiting.say(one, by, "ng", "一台。", item=2, after=newest.id, dropped=[photo.id])
    visits.finish(one.id, by=by, now=NOW)
    visits.reopen(one.id, text="書き間違い", by=officer, now=NOW)
    assert list(verify()) == []
    later = NOW + timedelta(days=30)
    assert verify_files(later) == {} and len(blobs.stored()) == 3, "a photo was swept"
