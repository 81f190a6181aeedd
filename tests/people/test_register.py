"""Departments and people: any past day's roster, edits that collide, what is refused and why."""

from datetime import UTC, date, datetime, timedelta

import pytest

from isms.core import settings
from isms.core.errors import Conflict, Invalid
from isms.core.permissions import CONSOLE, Role
from isms.people import departments, roster, rules
from isms.people.actors import actor_of
from isms.people.models import Person
from isms.trail import verify

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
APRIL = date(2026, 4, 1)


@pytest.fixture
def first(db):
    return rules.found(organisation="架空連合会", name="見本 花子", mail="Hanako@Example.EXAMPLE", by=CONSOLE, now=NOW)


@pytest.fixture
def officer(first):
    return actor_of(first, NOW)


def department(officer, name="総務課", **more):
    return departments.add_department(name=name, from_day=date(2020, 4, 1), by=officer, now=NOW, **more)


def person(officer, number="0012", **more):
    given = {"name": "架空 太郎", "from_day": APRIL, **more}
    return rules.add_person(number=number, by=officer, now=NOW, **given)


def test_the_first_officer_is_administrator_too_and_there_is_only_one_beginning(first, officer):
    assert officer.roles == {Role.OFFICER, Role.ADMINISTRATOR, Role.STAFF}
    assert settings.get("organisation_name") == "架空連合会"
    assert first.mail == "hanako@example.example"
    with pytest.raises(Conflict):
        rules.found(organisation="別", name="別", mail="b@example.example", by=CONSOLE, now=NOW)


def test_the_roster_of_any_past_day_tells_who_was_where(officer):
    general, claims = department(officer), department(officer, "審査課")
    moved = person(officer, department_id=general.id, position="主事")
    rules.place(moved.id, department_id=claims.id, position="係長", from_day=date(2026, 10, 1), by=officer, now=NOW)
    rules.change_person(moved.id, to_day=date(2026, 11, 10), by=officer, now=NOW)

    def place_on(day):
        found = [p for p in roster.roster(day) if p.number == "0012"]
        return (found[0].place.department.name, found[0].place.position) if found else None

    assert place_on(date(2026, 3, 31)) is None
    assert place_on(date(2026, 9, 30)) == ("総務課", "主事")
    assert place_on(date(2026, 10, 1)) == ("審査課", "係長")
    assert place_on(date(2026, 11, 10)) == ("審査課", "係長")
    assert place_on(date(2026, 11, 11)) is None


def test_leading_zeros_of_a_number_stay(officer):
    assert Person.get_by_id(person(officer, "00012").id).number == "00012"


def test_two_people_editing_one_record_the_second_is_told(officer):
    one = person(officer)
    rules.change_person(one.id, name="架空 次郎", version=1, by=officer, now=NOW)
    with pytest.raises(Conflict):
        rules.change_person(one.id, name="架空 三郎", version=1, by=officer, now=NOW)
    assert Person.get_by_id(one.id).name == "架空 次郎"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"number": ""}, "number"),
        ({"name": ""}, "name"),
        ({"mail": "no-address"}, "mail"),
        ({"mail": "a@b.example\r\nBcc: c@d.example"}, "mail"),
        ({"mail": "HANAKO@example.example"}, "mail"),
        ({"employment": "king"}, "employment"),
        ({"to_day": date(2026, 3, 31)}, "to_day"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(officer, values, field):
    with pytest.raises(Invalid) as refused:
        person(officer, **{"number": "0012", **values})
    assert set(refused.value.fields) == {field}
    assert Person.select().count() == 1


def test_a_department_does_not_end_under_its_people(officer):
    general = department(officer)
    person(officer, department_id=general.id)
    with pytest.raises(Invalid):
        departments.change_department(general.id, to_day=TODAY, by=officer, now=NOW)


def test_a_name_may_come_again_after_the_department_has_ended(officer):
    old = department(officer)
    with pytest.raises(Invalid):
        department(officer)
    departments.change_department(old.id, to_day=date(2025, 3, 31), by=officer, now=NOW)
    departments.add_department(name="総務課", from_day=date(2025, 4, 1), by=officer, now=NOW)


def test_headships_begin_and_end_with_their_days(officer):
    general, claims = department(officer), department(officer, "審査課")
    one = person(officer, department_id=general.id)
    rules.set_heads(one.id, [general.id, claims.id], from_day=APRIL, by=officer, now=NOW)
    assert actor_of(one, NOW).heads == {general.id, claims.id}
    rules.set_heads(one.id, [claims.id], from_day=TODAY, by=officer, now=NOW)
    assert actor_of(one, NOW).heads == {claims.id}
    assert actor_of(one, NOW - timedelta(days=1)).heads == {general.id, claims.id}
    assert Role.HEAD in actor_of(one, NOW).roles


def test_somebody_from_outside_has_only_the_roles_given(officer):
    assert actor_of(person(officer, employment="external"), NOW).roles == set()


def test_every_change_stands_in_the_trail_and_the_rows_agree_with_it(officer):
    general = department(officer)
    one = person(officer, department_id=general.id)
    rules.change_person(one.id, kana="カクウ", by=officer, now=NOW)
    assert list(verify.verify()) == []
    Person.update(name="書き換え").where(Person.id == one.id).execute()  # behind the app's back
    damages = list(verify.verify())
    assert len(damages) == 1
    assert f"person:{one.id}" in str(damages[0])


def test_a_setting_is_read_by_its_own_reader(officer):
    rules.change_setting("fiscal_year_start_month", "1", by=officer, now=NOW)
    assert settings.get("fiscal_year_start_month") == 1
    with pytest.raises(Invalid):
        rules.change_setting("fiscal_year_start_month", "13", by=officer, now=NOW)
    with pytest.raises(Invalid):
        rules.change_setting("timezone", "Mars/Olympus", by=officer, now=NOW)
