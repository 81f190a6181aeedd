"""One's own account, and the pages of the administrator."""

import re
from unittest.mock import patch

import pyotp
import pytest
from flask import Flask

from isms.core import clock, settings
from isms.core.database import db
from isms.core.permissions import Role
from isms.people import accounts
from isms.people.models import SignInSession
from isms.people.totp import step_of
from isms.trail.models import TrailEntry
from tests.browserlike import Browserlike, Page
from tests.factories import PASSWORD, TOTP_SECRET, person
from tests.web.test_signing_in import NEW_PASSWORD, code, enter, is_in, sign_in


@pytest.fixture
def administrator(browser: Browserlike) -> Browserlike:
    enter(browser, person("架空 管理", roles=[Role.ADMINISTRATOR]))
    return browser


def verbs() -> list[str]:
    return [entry.verb for entry in TrailEntry.select().order_by(TrailEntry.no)]


def test_one_sees_ones_browsers_and_ends_them(browser: Browserlike, house: Flask) -> None:
    who = person()
    second, third = Browserlike(house), Browserlike(house)
    for one in (browser, second, third):
        enter(one, who)
    page = browser.get("/account")
    assert page.text.count("ログアウトさせる") == 3  # two, and all others at once
    first = SignInSession.select().order_by(SignInSession.id)[1]
    page.submit(f"/account/sessions/{first.id}/end").follow()
    assert not is_in(second)
    assert is_in(third)
    browser.get("/account").submit("/account/sessions/end", status=303)
    assert not is_in(third)
    assert is_in(browser)


def test_one_ends_nobody_elses(browser: Browserlike, house: Flask) -> None:
    enter(browser, person())
    other = Browserlike(house)
    enter(other, person())
    mine = SignInSession.select().order_by(SignInSession.id)[0].id
    answer = other.post(f"/account/sessions/{mine}/end", page=other.get("/account"), status=404)
    missing = other.post("/account/sessions/4711/end", page=other.get("/account"), status=404)
    assert re.sub("[0-9a-f]{16}", "", answer.text) == re.sub("[0-9a-f]{16}", "", missing.text)
    assert is_in(browser)


def test_changing_the_password_asks_for_the_current_one(browser: Browserlike, house: Flask) -> None:
    who = person()
    sign_in(browser, who)
    other = Browserlike(house)
    sign_in(other, who)
    page = browser.get("/account/password")
    page = page.submit("current", current="ちがう", password=NEW_PASSWORD, again=NEW_PASSWORD, status=422)
    assert "いまのパスワードが違います" in page.text
    page = page.submit("current", current=PASSWORD, password=NEW_PASSWORD, again="ちがう", status=422)
    page = page.submit("current", current=PASSWORD, password=who.number * 4, again=who.number * 4, status=422)
    page.submit("current", current=PASSWORD, password=NEW_PASSWORD, again=NEW_PASSWORD)
    assert is_in(browser)
    assert not is_in(other)
    sign_in(other, who, status=422)
    assert sign_in(other, who, NEW_PASSWORD).location == "/"


def test_staff_switches_the_second_step_on_renews_its_codes_and_off_again(browser: Browserlike) -> None:
    who = person()
    sign_in(browser, who)
    page = browser.get("/account/totp")
    found = re.search(r'<span class="code">([A-Z2-7 ]+)</span>', page.html)
    assert found
    generator = pyotp.TOTP(found[1].replace(" ", ""))
    now = step_of(clock.now()) * 30
    page = page.submit("code", code=generator.at(now), current="ちがう", status=422)
    page = page.submit("code", code=generator.at(now), current=PASSWORD, status=200)
    old = re.findall(r'<li class="code">([0-9a-z-]+)</li>', page.html)
    for path in ("/account/recovery", "/account/totp/remove"):
        browser.get(path).submit("current", current="ちがう", status=422)
    page = browser.get("/account/recovery").submit("current", current=PASSWORD, status=200)
    new = re.findall(r'<li class="code">([0-9a-z-]+)</li>', page.html)
    assert len(set(old + new)) == 20
    assert accounts.use_recovery_code(who.id, new[0], now=clock.now())
    assert not accounts.use_recovery_code(who.id, old[0], now=clock.now())
    browser.get("/account/totp", status=303)
    browser.get("/account/totp/remove").submit("current", current=PASSWORD)
    assert "まだ設定していません" in browser.get("/account").text
    assert {"totp.enrolled", "recovery.renewed", "totp.removed"} <= set(verbs())


def test_a_role_that_asks_for_the_second_step_cannot_take_it_off(browser: Browserlike) -> None:
    who = person(totp=True, roles=[Role.APPROVER])
    sign_in(browser, who).follow().submit("code", code=code())
    browser.get("/account/totp/remove").submit("current", current=PASSWORD, status=409)
    account = accounts.find_account(who.id)
    assert account is not None
    assert account.totp_secret == TOTP_SECRET


def test_a_sign_in_from_the_console_is_told_of_the_missing_second_step(browser: Browserlike) -> None:
    enter(browser, person(roles=[Role.OFFICER]))
    assert "二段階認証を設定してください" in browser.get("/account").text


def test_one_chooses_the_language(browser: Browserlike) -> None:
    enter(browser, person())
    page = browser.get("/account").submit("/account/language", locale="en").follow()
    assert 'lang="en"' in page.html
    browser.post("/account/language", {"locale": "xx"}, page=page, status=303)
    assert 'lang="en"' in browser.get("/account").html


def invitation(page: Page) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/l/[\w-]{43})<", page.html)
    assert found
    return found[1]


def test_the_administrator_invites_and_sees_the_link_once(administrator: Browserlike, house: Flask) -> None:
    who = person(password=None, roles=[Role.AUDITOR])
    page = administrator.get("/accounts").click(who.number)
    page = page.submit("/link", status=200)
    address = invitation(page)
    assert address not in administrator.get(f"/accounts/{who.id}").html
    guest = Browserlike(house)
    page = guest.get(address, status=303).follow()
    assert who.name in page.text
    page = page.submit("password", password="1234567890ab", again="1234567890ab", status=422)
    page = page.submit("password", password=NEW_PASSWORD, again=NEW_PASSWORD)
    assert page.location == "/sign-in/enrol?next=/"
    assert {"link.made", "link.used", "password.changed"} <= set(verbs())


def test_attack_24_the_link_comes_from_the_setting(administrator: Browserlike) -> None:
    who = person()
    page = administrator.get(f"/accounts/{who.id}")
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    assert invitation(administrator.post(f"/accounts/{who.id}/link", page=page, status=200, headers=headers))
    assert administrator.post(f"/accounts/{who.id}/link", page=page, headers={"Host": "evil.example"}).status == 400


def test_the_administrator_gives_and_takes_roles(administrator: Browserlike, house: Flask) -> None:
    who = person("架空 次郎")
    theirs = Browserlike(house)
    enter(theirs, who)
    page = administrator.get(f"/accounts/{who.id}").submit("役割を与える", role="officer").follow()
    assert "役割を与えました" in page.text
    assert not is_in(theirs)
    page = page.submit("役割を与える", role="officer", status=409)
    enter(theirs, who)
    assert theirs.get("/trail").status == 200
    page = administrator.get(f"/accounts/{who.id}").submit("/roles/officer/end").follow()
    assert not is_in(theirs)
    for role in ("officer", "king"):
        administrator.post(f"/accounts/{who.id}/roles/{role}/end", page=page, status=404)
    administrator.post(f"/accounts/{who.id}/roles", {"role": "king"}, page=page, status=422)


def test_the_last_administrator_is_told_so(administrator: Browserlike) -> None:
    me = SignInSession.get().person_id
    page = administrator.get(f"/accounts/{me}").submit("/roles/administrator/end", status=409)
    assert "システム管理者がいなくなってしまいます" in page.text
    assert is_in(administrator)


def test_a_lost_telephone_is_taken_off_and_all_browsers_signed_out(administrator: Browserlike, house: Flask) -> None:
    who = person(totp=True, roles=[Role.OFFICER])
    theirs = Browserlike(house)
    sign_in(theirs, who).follow().submit("code", code=code())
    assert is_in(theirs)
    administrator.get(f"/accounts/{who.id}").submit("/sessions/end").follow()
    assert not is_in(theirs)
    administrator.get(f"/accounts/{who.id}").submit("/totp/remove").follow()
    assert sign_in(theirs, who).location.startswith("/sign-in/enrol")
    assert verbs().count("session.ended") == 1


def test_an_unknown_person_answers_404(administrator: Browserlike) -> None:
    page = administrator.get("/account")
    administrator.get("/accounts/4711", status=404)
    for path in ("link", "totp/remove", "sessions/end", "roles", "roles/officer/end"):
        administrator.post(f"/accounts/4711/{path}", {"role": "officer"}, page=page, status=404)


def test_a_setting_is_changed_with_a_trail_and_refused_with_a_reason(administrator: Browserlike) -> None:
    older = administrator.get("/settings/session_idle_minutes")
    page = administrator.get("/settings/session_idle_minutes")
    page = page.submit("value", value="4", status=422)
    assert "5 から 480" in page.text
    assert page.form("value").fields["value"] == "4"
    page.submit("value", value="30").follow()
    assert settings.get("session_idle_minutes") == 30
    assert verbs()[-1] == "setting.changed"
    older.submit("value", value="45", status=409)  # begun before somebody else changed it
    administrator.get("/settings/unknown", status=404)


def test_the_roles_that_need_a_second_step_are_ticked(administrator: Browserlike) -> None:
    page = administrator.get("/settings/totp_required_roles")
    assert set(page.form("value").fields.getlist("value")) == set(Role) - {Role.STAFF}
    page.submit("value", value=["officer", "administrator"])
    assert settings.get("totp_required_roles") == ["administrator", "officer"]
    assert "事務局、システム管理者" in administrator.get("/settings").text
    administrator.get("/settings/totp_required_roles").submit("value", value=[])
    assert settings.get("totp_required_roles") == []


def test_who_asks_is_found_with_three_queries_however_many_people(browser: Browserlike) -> None:
    enter(browser, person(roles=[Role.OFFICER, Role.APPROVER]))
    for _ in range(10):
        enter(Browserlike(browser.client.application), person())
    with patch.object(db.obj, "execute_sql", wraps=db.obj.execute_sql) as execute:
        browser.get("/sign-in", status=303)
    assert execute.call_count == 3  # the sign-in with its person, the settings, the roles and places
