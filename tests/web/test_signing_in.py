"""Signing in as a person does it: pages, forms, cookies; and as somebody who should not."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask

from isms import create_app
from isms.core import clock
from isms.core.permissions import CONSOLE, Role
from isms.people import accounts, links, rules
from isms.people.models import Failure, Link, Person, SignInSession
from isms.people.totp import step_of
from tests.browserlike import Browserlike, Page
from tests.factories import PASSWORD, TOTP_SECRET, person
from tests.web.addresses import addresses

NEW_PASSWORD = "紺の傘 歩く梯子 しじみ汁"


def sign_in(browser: Browserlike, who: Person, password: str = PASSWORD, **more: Any) -> Page:
    return browser.get("/sign-in").submit("password", name=who.number, password=password, **more)


def code(steps: int = 0) -> str:
    """Give a code of TOTP_SECRET, some steps from now."""
    return pyotp.TOTP(TOTP_SECRET).at((step_of(clock.now()) + steps) * 30)


def link(who: Person, purpose: str = "signin") -> str:
    return f"/l/{links.make_link(who, purpose, by=CONSOLE, now=clock.now())}"


def enter(browser: Browserlike, who: Person) -> Page:
    """Sign in by a link from the console."""
    return browser.get(link(who), status=303).follow().submit("ログイン")


def is_in(browser: Browserlike) -> bool:
    return browser.get("/account", status=None).status == 200


def test_staff_signs_in_where_they_wanted_and_out_again(browser: Browserlike) -> None:
    who = person("架空 花子")
    page = browser.get("/account?x=1", status=303)
    page = page.follow().submit("password", name=who.number, password=PASSWORD)
    assert page.location == "/account?x=1"
    assert "架空 花子" in page.follow().text
    page = browser.get("/account").submit("/sign-out").follow()
    assert "ログアウトしました" in page.text
    assert not is_in(browser)


def test_a_wrong_password_keeps_the_name_and_says_what_to_do(browser: Browserlike) -> None:
    page = sign_in(browser, person(number="00777"), "ちがうパスワード", status=422)
    assert "パスワードが違います" in page.text
    assert page.form("password").fields["name"] == "00777"
    assert "ちがうパスワード" not in page.html


def test_too_many_tries_answer_429_and_say_when(browser: Browserlike) -> None:
    who = person()
    for _ in range(5):
        sign_in(browser, who, "ちがうパスワード", status=422)
    page = sign_in(browser, who, status=429)
    assert 0 < int(page.response.headers["Retry-After"]) <= 30
    assert "あと1分ほど" in page.text


def test_attack_13_headers_and_other_processes_do_not_change_the_count(browser: Browserlike, config: Any) -> None:
    who = person()
    page = browser.get("/sign-in")
    for index in range(5):
        spoofed = dict.fromkeys(("X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP"), f"203.0.113.{index}")
        spoofed["Forwarded"] = f"for=203.0.113.{index}"
        data = {"name": who.number, "password": "ちがうパスワード"}
        browser.post("/sign-in", data, page=page, status=422, headers=spoofed)
    assert {failure.address_key for failure in Failure.select()} == {"127.0.0.1"}
    restarted = Browserlike(create_app(config), address="198.51.100.9")
    sign_in(restarted, who, status=429)


def test_an_officer_sets_the_second_step_up_and_uses_it(browser: Browserlike, house: Flask) -> None:
    who = person(roles=[Role.OFFICER])
    page = sign_in(browser, who).follow()
    assert page.address.startswith("/sign-in/enrol")
    assert 'src="data:image/svg+xml' in page.html
    found = re.search(r'<span class="code">([A-Z2-7 ]+)</span>', page.html)
    assert found
    secret = found[1].replace(" ", "")
    page = page.submit("code", code="000000", status=422)
    assert secret in page.html.replace(" ", "")  # a mistyped code does not mean setting the app up again
    page = page.submit("code", code=pyotp.TOTP(secret).at(step_of(clock.now()) * 30), status=200)
    codes = re.findall(r'<li class="code">([0-9a-z-]+)</li>', page.html)
    assert len(codes) == 10
    assert is_in(browser)
    another = Browserlike(house)
    page = sign_in(another, who).follow().click("回復コードを使う").submit("code", code=codes[0])
    assert page.location == "/"
    assert is_in(another)


def test_attack_16_after_the_password_alone_every_page_answers_as_signed_out(
    browser: Browserlike, house: Flask
) -> None:
    asked = addresses(house, public=False)
    assert len(asked) > 20
    page = sign_in(browser, person(totp=True, roles=list(Role))).follow()
    for method, path in asked:
        if method == "GET":
            assert browser.get(path, status=303).location.startswith("/sign-in?next=")
        else:
            assert browser.post(path, page=page).status == 401
    assert 'name="csrf_token"' not in browser.get("/signed-out").html  # no sign-out button: nobody is in
    to_enrol = Browserlike(house)
    sign_in(to_enrol, person(roles=[Role.ADMINISTRATOR]))
    for path in ("/account", "/accounts", "/settings"):
        assert to_enrol.get(path, status=303).location == Browserlike(house).get(path, status=303).location


def token(browser: Browserlike) -> str:
    return browser.cookie("isms") or ""


def test_attack_17_no_cookie_from_before_becomes_signed_in(browser: Browserlike, house: Flask) -> None:
    who = person(totp=True)
    browser.client.set_cookie("isms", "x" * 43)
    first = token(browser)
    page = sign_in(browser, who)
    half = token(browser)
    page.follow().submit("code", code=code())
    whole = token(browser)
    assert len({first, half, whole}) == 3
    assert is_in(browser)
    for old in (first, half):
        thief = Browserlike(house)
        thief.client.set_cookie("isms", old)
        assert not is_in(thief)
    accounts.grant_role(who.id, Role.OFFICER, by=CONSOLE, now=clock.now())
    assert not is_in(browser)


def test_attack_17_a_victim_led_into_the_attackers_sign_in_leaves_it(browser: Browserlike, house: Flask) -> None:
    attacker, victim = person(), person()
    enter(browser, attacker)
    planted = browser.cookie("isms") or ""
    browser.get(link(victim), status=303).follow().submit("ログイン")
    assert victim.name in browser.get("/account").text
    thief = Browserlike(house)
    thief.client.set_cookie("isms", planted)
    assert not is_in(thief)


def test_attack_6_a_second_process_refuses_at_once(browser: Browserlike, config: Any) -> None:
    who = person(roles=[Role.ADMINISTRATOR])
    person(roles=[Role.ADMINISTRATOR])
    enter(browser, who)
    browser.get("/accounts")
    second = Browserlike(create_app(config))
    second.client.set_cookie("isms", browser.cookie("isms") or "")
    second.get("/accounts")
    now = clock.now()
    rules.change_person(who.id, to_day=now.date() - timedelta(days=2), by=CONSOLE, now=now)
    for one in (browser, second):
        one.get("/accounts", status=303)


def test_attack_20_only_the_button_uses_a_link_up(browser: Browserlike, house: Flask) -> None:
    who = person()
    address = link(who)
    before = list(Link.select().dicts())
    scanner = Browserlike(house)
    for _ in range(10):
        scanner.get(address, status=303)
        scanner.get("/l", headers={"Sec-Purpose": "prefetch;prerender"})
        for path in (address, "/l"):
            scanner.open("HEAD", path)
            scanner.open("OPTIONS", path)
        scanner.open("POST", address, status=405)
        scanner.post("/l", status=400)
    assert list(Link.select().dicts()) == before
    assert SignInSession.select().count() == 0
    page = browser.get(address, status=303).follow()
    scripts = re.findall(r"<script[^>]*>", page.html)
    assert len(scripts) == 1
    assert "/static/page.js" in scripts[0]
    page.submit("ログイン")
    assert is_in(browser)


def test_attack_21_a_used_link_is_gone_for_good(browser: Browserlike, house: Flask) -> None:
    address = link(person())
    browser.get(address, status=303).follow().submit("ログイン")
    thief = Browserlike(house)
    page = thief.get(address, status=303).follow(status=410)
    assert "使えません" in page.text
    thief.get("/l/" + "A" * 43, status=303).follow(status=410)
    Browserlike(house).get("/l", status=410)


def test_attack_22_the_token_leaves_the_address_at_once(
    browser: Browserlike, capsys: pytest.CaptureFixture[str]
) -> None:
    address = link(person())
    secret = address.removeprefix("/l/")
    page = browser.get(address, status=303)
    assert page.response.headers["Referrer-Policy"] == "no-referrer"
    assert page.location == "/l"
    assert secret not in page.html
    cookie = page.response.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Max-Age=600"))
    page = page.follow()
    assert page.response.headers["Referrer-Policy"] == "same-origin"  # this address tells nothing
    assert page.response.headers["Cache-Control"] == "no-store"
    assert secret not in page.html
    page = page.submit("ログイン")
    assert browser.cookie("isms_link") is None
    logged = capsys.readouterr()
    assert "/l/<token>" in logged.out + logged.err
    assert secret not in logged.out + logged.err


EVIL = [
    "//evil.example",
    "/\\evil.example",
    "\t//evil.example",
    "https:evil.example",
    "https://evil.example/",
    "/%0d%0aX:%20y",
    "/\r\nX: y",
    "javascript:alert(1)",
    "/" + "a" * 9_000,
]


@pytest.mark.parametrize("evil", EVIL)
def test_attack_25_next_leads_nowhere_else(browser: Browserlike, evil: str) -> None:
    who = person(totp=True)
    page = browser.get("/sign-in", query_string={"next": evil})
    data = {"name": who.number, "password": PASSWORD}
    page = browser.post("/sign-in", data, page=page, status=303, query_string={"next": evil})
    assert page.location == "/sign-in/code?next=/"
    page = browser.get("/sign-in/code", query_string={"next": evil})
    assert all(href.startswith(("/", "#")) and not href.startswith("//") for href, _ in page.links)
    page = browser.post("/sign-in/code", {"code": code()}, page=page, status=303, query_string={"next": evil})
    assert page.response.headers["Location"] == "/"
    assert "X" not in page.response.headers


def test_attack_25_an_own_path_is_kept_through_the_second_step(browser: Browserlike) -> None:
    page = browser.get("/accounts?q=a", status=303).follow()
    page = page.submit("password", name=person(totp=True).number, password=PASSWORD)
    page = page.follow().submit("code", code=code())
    assert page.location == "/accounts?q=a"


def test_attack_26_signing_in_needs_a_token_of_this_browser(browser: Browserlike, house: Flask) -> None:
    who = person()
    data = {"name": who.number, "password": PASSWORD}
    other = Browserlike(house)
    assert browser.post("/sign-in", data).status == 400
    assert browser.post("/sign-in", data, page=other.get("/sign-in")).status == 400
    page = browser.get("/sign-in")
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://sub.localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert browser.post("/sign-in", data, page=page, headers=headers).status == 400
    body = f"csrf_token={page.token}&name={who.number}&password={PASSWORD}"
    assert browser.open("POST", "/sign-in", data=body, content_type="text/plain").status == 400
    assert SignInSession.select().count() == 0
    browser.post("/sign-in", data, page=page, status=303, headers={"Origin": "http://localhost"})


def test_attack_26_a_token_from_before_sign_in_or_of_another_is_void(browser: Browserlike, house: Flask) -> None:
    before = browser.get("/sign-in")
    enter(browser, person())
    assert browser.post("/account/sessions/end", page=before).status == 400
    other = Browserlike(house)
    enter(other, person())
    assert browser.post("/account/sessions/end", page=other.get("/account")).status == 400
    mine = browser.get("/account")
    browser.post("/account/sessions/end", page=mine, status=303)
    browser.get("/account").submit("/sign-out")
    assert browser.post("/account/sessions/end", page=mine).status in (400, 401)


def test_behind_tls_every_cookie_is_secure_and_bound_to_the_host(house: Flask, config: Any) -> None:
    who = person()
    tls = create_app(replace(config, base_url="https://isms.example", tls_proxy="192.0.2.1"))
    client = Browserlike(tls)
    options: dict[str, Any] = {"base_url": "https://isms.example"}
    page = client.open("GET", link(who), **options)
    cookies = page.response.headers.getlist("Set-Cookie")
    page = client.open("GET", "/l", **options)
    cookies += page.response.headers.getlist("Set-Cookie")
    page = client.open("POST", "/l", data={"csrf_token": page.token}, status=303, **options)
    cookies += page.response.headers.getlist("Set-Cookie")
    assert len({cookie.partition("=")[0] for cookie in cookies}) == 3
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
        assert "Domain" not in cookie
