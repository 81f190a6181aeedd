"""What happens when things go wrong around a page: doubles, a clock set back, secrets, errors, a full disk."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, NoReturn

import peewee
import psycopg
import pytest
from flask import Flask

from isms import create_app
from isms.core import clock
from isms.core.database import SQLITE_FILE, db, is_sqlite
from isms.core.permissions import CONSOLE, Role
from isms.people import accounts, links
from isms.people.models import Department, RoleGrant, SignInSession
from isms.trail.models import TrailEntry
from isms.trail.rules import seed_clock
from tests.browserlike import Browserlike, Page
from tests.factories import NOW, PASSWORD, TOTP_SECRET, person
from tests.races import race
from tests.web.addresses import addresses
from tests.web.test_signing_in import code, enter, is_in, sign_in

HOUR = timedelta(hours=1)


# the same form twice (attack 49)


def new_department(browser: Browserlike) -> Page:
    return browser.get("/departments/new")


def test_attack_49_the_back_button_and_a_second_press_write_once(browser: Browserlike) -> None:
    enter(browser, person(roles=[Role.OFFICER]))
    page = new_department(browser)
    first = page.submit("name", name="架空第一課", from_day="2026-04-01")
    again = page.submit("name", name="架空第一課", from_day="2026-04-01")
    other = page.submit("name", name="架空第二課", from_day="2026-04-01")  # Back, changed, sent again
    assert [again.location, other.location] == [first.location] * 2
    assert [department.name for department in Department.select()] == ["架空第一課"]
    new_department(browser).submit("name", name="架空第二課", from_day="2026-04-01")
    assert Department.select().count() == 2


def test_attack_49_a_refused_form_does_not_use_its_key_up(browser: Browserlike) -> None:
    enter(browser, person(roles=[Role.OFFICER]))
    page = new_department(browser)
    page.submit("name", name="架空第一課", from_day="2月30日", status=422)
    page.submit("name", name="架空第一課", from_day="2026-04-01")
    assert Department.select().count() == 1


def test_attack_49_two_presses_at_once_write_once(browser: Browserlike, house: Flask) -> None:
    who = person(roles=[Role.OFFICER])
    enter(browser, who)
    page = new_department(browser)
    data = page.form("name").filled({"name": "架空第一課", "from_day": "2026-04-01"})
    held = {name: browser.cookie(name) or "" for name in ("isms", "isms_form")}

    def press() -> int:
        client = Browserlike(house)
        for name, value in held.items():
            client.client.set_cookie(name, value)
        return client.open("POST", page.address, data=data).status

    assert race(press, press, press) == [303, 303, 303]
    assert Department.select().count() == 1


def test_attack_49_a_retry_after_a_restart_writes_nothing_twice(browser: Browserlike, config: Any) -> None:
    enter(browser, person(roles=[Role.OFFICER]))
    page = new_department(browser)
    data = page.form("name").filled({"name": "架空第一課", "from_day": "2026-04-01"})
    browser.open("POST", page.address, data=data, status=303)
    restarted = Browserlike(create_app(config))
    for name in ("isms", "isms_form"):
        restarted.client.set_cookie(name, browser.cookie(name) or "")
    assert "すでに受け付けています" in restarted.open("POST", page.address, data=data, status=409).text
    assert Department.select().count() == 1


def test_attack_49_another_persons_key_is_not_used_up(browser: Browserlike, house: Flask) -> None:
    enter(browser, person(roles=[Role.OFFICER]))
    other = Browserlike(house)
    enter(other, person(roles=[Role.OFFICER]))
    key = str(new_department(browser).form("name").fields["form_key"])
    new_department(other).submit("name", name="架空第一課", from_day="2026-04-01", form_key=key)
    new_department(browser).submit("name", name="架空第二課", from_day="2026-04-01", form_key=key)
    assert Department.select().count() == 2


# a clock that is set back (attack 50)


@contextmanager
def wall(start: datetime) -> Iterator[list[datetime]]:
    """Let the machine's clock show what stands in the list."""
    shown = [start]
    with clock.moved(lambda: shown[0]):
        seed_clock()
        yield shown


def test_attack_50_a_clock_set_back_revives_nothing(browser: Browserlike, house: Flask, config: Any) -> None:
    who, idle, administrator = person(), person(), person(roles=[Role.ADMINISTRATOR])
    with wall(NOW) as shown:
        sign_in(browser, who)
        old = browser.cookie("isms") or ""
        used = f"/l/{links.make_link(who, 'signin', by=CONSOLE, now=clock.now())}"
        sleeping, admin = Browserlike(house), Browserlike(house)
        sign_in(sleeping, idle)
        shown[0] += 2 * HOUR
        enter(admin, administrator)  # the trail has seen two hours more
        assert not is_in(sleeping)
        browser.get(used, status=303).follow(status=410)
        browser.client.set_cookie("isms", old)
        last = TrailEntry.select().order_by(TrailEntry.no.desc()).get()
        shown[0] -= timedelta(days=30)
        assert not is_in(sleeping)
        assert not is_in(browser)
        browser.get(used, status=303).follow(status=410)
        assert is_in(admin)
        admin.get("/account").submit("/account/language", locale="en")
        added = list(TrailEntry.select().where(TrailEntry.no > last.no).order_by(TrailEntry.no))
        assert [entry.verb for entry in added] == ["clock.stepped_back", "person.changed"]
        assert all(entry.at >= last.at for entry in added)
        assert [entry.no for entry in added] == [last.no + 1, last.no + 2]
        restarted = Browserlike(create_app(config))
        restarted.client.set_cookie("isms", sleeping.cookie("isms") or "")
        assert not is_in(restarted)


def test_attack_50_an_expired_link_stays_expired(browser: Browserlike) -> None:
    who = person(password=None)
    with wall(NOW) as shown:
        address = f"/l/{links.make_link(who, 'reset', by=CONSOLE, now=clock.now())}"
        shown[0] += 25 * HOUR
        person(now=clock.now())  # anything that the trail sees
        shown[0] -= timedelta(days=30)
        browser.get(address, status=303).follow(status=410)


# secrets (attack 56)


def test_attack_56_no_secret_comes_into_logs_or_trail(
    browser: Browserlike, house: Flask, capfd: pytest.CaptureFixture[str]
) -> None:
    who = person(totp=True, roles=[Role.ADMINISTRATOR])
    recovery = accounts.renew_recovery_codes(who.id, by=CONSOLE, now=clock.now())
    token = links.make_link(person(password=None), "invite", by=CONSOLE, now=clock.now())
    typed = code()
    secrets = [
        PASSWORD,
        "かなりやの合言葉 四つの石",
        TOTP_SECRET,
        token,
        typed,
        *recovery,
        "canary-header",
        "canary-query",
    ]
    sign_in(browser, who, "かなりやの合言葉 四つの石", status=422)
    browser.get("/sign-in").submit("password", name="かなりやの合言葉 四つの石", password="x", status=422)
    sign_in(browser, who).follow().submit("code", code=typed)
    browser.get("/account?key=canary-query", headers={"Authorization": "canary-header", "Referer": "/l/" + token})
    browser.get("/nowhere?key=canary-query", status=404)
    guest = Browserlike(house)
    page = guest.get(f"/l/{token}", status=303).follow()
    page.submit("password", password=PASSWORD, again="ちがう", status=422)
    house.view_functions["account.own"] = lambda: str(1 // 0)
    browser.get(f"/account?key=canary-query&token={token}", status=500)
    secrets += [browser.cookie(name) or "-" for name in ("isms", "isms_form", "isms_device")]
    logged = "".join(capfd.readouterr())
    assert "ZeroDivisionError" in logged
    assert "/l/<token>" in logged
    kept = "".join(str(row) for row in TrailEntry.select().dicts())
    for secret in secrets:
        for form in {secret, json.dumps(secret).strip('"')}:
            assert form not in logged
            assert form not in kept


# errors (attack 63)


LEAK = "/srv/isms/secret.py SELECT password_hash FROM account"


def every_page(app: Flask, browser: Browserlike) -> Iterator[tuple[str, Page]]:
    """Ask every route of the house, as somebody with every role would."""
    token = browser.get("/account").token
    for method, path in addresses(app):
        yield f"{method} {path}", browser.open(method, path, data={"csrf_token": token} if method == "POST" else None)


@pytest.mark.parametrize(("error", "status"), [(RuntimeError(LEAK), 500), (peewee.OperationalError(LEAK), 503)])
def test_attack_63_every_route_fails_with_the_same_page_and_tells_nothing(
    browser: Browserlike, house: Flask, error: Exception, status: int
) -> None:
    enter(browser, person(roles=list(Role)))
    browser.get("/account")
    token_page = house.view_functions["account.own"]

    def fail(**_: Any) -> NoReturn:
        raise error

    for endpoint in house.view_functions:
        if endpoint not in ("static", "account.own"):
            house.view_functions[endpoint] = fail
    bodies = {}
    for asked, page in every_page(house, browser):
        if asked == "GET /account":
            continue
        assert page.status == status, asked
        assert "srv" not in page.html
        assert "SELECT" not in page.html
        assert "Traceback" not in page.html
        bodies[asked] = re.sub(r"[0-9a-f]{16}", "", page.html)
    assert len(bodies) > 30
    assert len(set(bodies.values())) == 1
    house.view_functions["account.own"] = token_page


def test_attack_63_no_page_of_a_person_may_be_kept(browser: Browserlike, house: Flask) -> None:
    enter(browser, person(roles=list(Role)))
    for method, path in addresses(house):
        if method == "GET":
            assert browser.get(path, status=None).response.headers["Cache-Control"] == "no-store", path


# storage


@pytest.fixture
def read_only(browser: Browserlike) -> Iterator[Browserlike]:
    """Give a signed-in browser before a database that takes no writes from now on."""
    enter(browser, person())
    SignInSession.update(seen_at=clock.now() - 5 * timedelta(minutes=1)).execute()
    db.execute_sql("PRAGMA query_only = 1" if is_sqlite() else "SET default_transaction_read_only = on")
    yield browser
    db.close()


def test_pages_are_shown_when_nothing_can_be_written(read_only: Browserlike) -> None:
    for _ in range(2):
        read_only.get("/account")
    page = read_only.get("/account").submit("/account/language", locale="en", status=503)
    assert "書き込めません" in page.text or "データベース" in page.text


def test_a_page_does_not_wait_for_a_writer(browser: Browserlike, config: Any) -> None:
    enter(browser, person())
    SignInSession.update(seen_at=clock.now() - 5 * timedelta(minutes=1)).execute()
    if is_sqlite():
        import sqlite3

        writer: Any = sqlite3.connect(config.data / SQLITE_FILE, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
    else:
        writer = psycopg.connect(config.database_url)
        writer.execute("SELECT * FROM sign_in_session FOR UPDATE")
    began = monotonic()
    browser.get("/account")
    assert monotonic() - began < 10  # a writer would wait 15 s for the lock
    writer.rollback()
    writer.close()
    browser.get("/account")
    assert SignInSession.get().seen_at > clock.now() - timedelta(minutes=1)
    assert db.execute_sql("PRAGMA busy_timeout" if is_sqlite() else "SHOW lock_timeout").fetchone()[0] in (15000, "15s")


def test_an_ended_sign_in_is_not_revived_by_the_form_of_a_page(browser: Browserlike) -> None:
    who = person()
    enter(browser, who)
    page = browser.get("/account")
    accounts.grant_role(who.id, Role.OFFICER, by=CONSOLE, now=clock.now())
    assert browser.post("/account/sessions/end", page=page).status == 401
    assert RoleGrant.select().count() == 1
