"""Engagements: an auditor sees what is covered, from the first day to the last, and nothing once it is revoked."""

from datetime import date, timedelta

import pytest

from isms.audits import rules
from isms.core.days import end_of_day, start_of_day
from isms.core.errors import Conflict, Invalid
from isms.core.permissions import Role
from isms.core.settings import zone
from tests import factories

NOW = factories.NOW
FIRST, LAST = date(2026, 12, 8), date(2026, 12, 24)


@pytest.fixture
def people(db):
    officer = factories.person("見本 花子", roles=[Role.OFFICER])
    auditor = factories.person("検査 一郎", roles=[Role.AUDITOR], employment="external")
    return factories.actor(officer), auditor


def engage(people, scope=(), **more):
    officer, auditor = people
    values = {"title": "サーベイランス審査", "from_day": FIRST, "to_day": LAST, **more}
    return rules.engage(auditor_id=auditor.id, scope=scope, by=officer, now=NOW, **values)


def coverage(people, moment):
    actor = rules.with_coverage(factories.actor(people[1], moment), moment)
    assert actor is not None
    return actor.coverage


def test_attack_2_it_holds_from_the_first_second_to_the_last(people):
    engage(people)
    first, last = start_of_day(FIRST, zone()), end_of_day(LAST, zone())
    assert coverage(people, first - timedelta(seconds=1)) is None
    assert coverage(people, first).covers("iso27001-2022", "A.5.1")
    assert coverage(people, last).to_day == LAST
    assert coverage(people, last + timedelta(microseconds=1)) is None


def test_attack_2_revoked_it_ends_at_once(people):
    made = engage(people)
    moment = start_of_day(FIRST, zone())
    rules.revoke(made.id, by=people[0], now=moment)
    assert coverage(people, moment) is None
    with pytest.raises(Conflict):
        rules.revoke(made.id, by=people[0], now=moment)


def test_a_scope_covers_its_numbers_in_both_editions(people):
    engage(people, scope=["A.5.1"])
    covered = coverage(people, start_of_day(FIRST, zone()))
    assert covered.covers("iso27001-2022", "A.5.1")
    assert covered.covers("iso27001-2013", "A.5.1.1")
    assert not covered.covers("iso27001-2022", "5.1")
    assert not covered.covers("iso27001-2022", "A.5.2")


def test_two_engagements_cover_together(people):
    engage(people, scope=["A.5.1"])
    engage(people, scope=["A.5.2"], to_day=date(2026, 12, 9))
    both = coverage(people, start_of_day(FIRST, zone()))
    assert both.covers("iso27001-2022", "A.5.1")
    assert both.covers("iso27001-2022", "A.5.2")
    assert not coverage(people, start_of_day(LAST, zone())).covers("iso27001-2022", "A.5.2")


@pytest.mark.parametrize(
    ("values", "field"),
    [({"title": ""}, "title"), ({"to_day": date(2026, 12, 7)}, "to_day"), ({"scope": ["A.99.1"]}, "scope")],
)
def test_what_cannot_be_is_refused(people, values, field):
    with pytest.raises(Invalid) as refused:
        engage(people, **values)
    assert set(refused.value.fields) == {field}


def test_only_an_auditor_is_engaged(people):
    with pytest.raises(Invalid):
        rules.engage(
            auditor_id=people[0].person_id, title="x", scope=(), from_day=FIRST, to_day=LAST, by=people[0], now=NOW
        )
