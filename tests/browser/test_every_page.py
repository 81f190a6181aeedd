"""Every page that a GET shows, in a real browser: both languages, wide and on a phone; and by keyboard alone.

The pages come from the routes. The fixture of the browser fails a test on any breach of the policy, any error of a
script and any request that leaves this machine; here axe, titles, headings, widths and the keyboard are added.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask, url_for
from playwright.sync_api import Page

from isms.audits import rules as audits
from isms.core import clock
from isms.core.permissions import CONSOLE, Actor, Role
from isms.people import links
from isms.people.models import Person
from tests import factories
from tests.browser import chromium
from tests.browser.conftest import NewContext
from tests.laws import rows

CHUNKS = 3
NO_PAGE = {"core.health", "core.home", "signin.link"}  # plain text, and what only leads on
REDIRECTS = {302, 303}
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}

SHAPE = """() => {
  const sideways = [...document.querySelectorAll("body *")].filter(one => {
    const flow = getComputedStyle(one).overflowX;
    return ["auto", "scroll"].includes(flow) && one.scrollWidth > one.clientWidth + 1
      && !one.closest("textarea") && !one.querySelector("table") && !one.closest("table");
  }).map(one => one.tagName + "." + one.className);
  return {
    title: document.title.trim(),
    headings: document.querySelectorAll("h1").length,
    language: document.documentElement.lang,
    main: document.querySelectorAll("main").length,
    wider: document.documentElement.scrollWidth - innerWidth,
    sideways,
  };
}"""


def addresses(house: Flask, one: rows.Example, chunk: int) -> list[str]:
    """Give the addresses of one part of the pages, by the ids of the example's things; downloads are left out."""
    asking = factories.signed_in(house, one.who)
    with house.test_request_context():
        known = [
            url_for(rule.endpoint, **one.values(rule))
            for rule in rows.routes(house, "GET")
            if rule.endpoint not in NO_PAGE and one.fits(rule)
        ]
    answers = ((path, asking.get(path, status=None)) for path in known[chunk::CHUNKS])
    return [path for path, page in answers if page.response.mimetype == "text/html" and page.status not in REDIRECTS]


def enter(page: Page, who: Person) -> None:
    """Sign the person in by a one-time link."""
    page.goto(f"/l/{links.make_link(who, 'signin', by=CONSOLE, now=clock.now())}")
    page.locator("main button").click()


def engage(auditor: Person, by: Actor) -> None:
    """Engage the auditor for everything."""
    first, last = date(2026, 4, 1), date(2036, 3, 31)
    more: dict[str, Any] = {"scope": [], "from_day": first, "to_day": last, "by": by, "now": clock.now()}
    audits.engage(auditor_id=auditor.id, title="架空の内部監査", **more)


def wrong(page: Page, language: str) -> Iterator[str]:
    """Say what is wrong with the page that is open, at both widths.

    Axe looks at the wide page in Japanese and at the telephone's in English: what it finds depends on both, seldom on
    the pair. Colours, which take most of its time, depend on neither.
    """
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        if (size is WIDE) == (language == "ja"):
            yield from chromium.axe_findings(page, colours=size is WIDE)
        shape: dict[str, Any] = page.evaluate(SHAPE)
        if not shape["title"] or shape["headings"] != 1 or shape["main"] != 1 or shape["language"] != language:
            yield f"title, h1, main or language: {shape}"
        if shape["wider"] > 0:
            yield f"{shape['wider']} px wider than {size['width']}"
        if size is PHONE and shape["sideways"]:
            yield f"scrolls sideways: {shape['sideways']}"


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_is_whole(house: Flask, new_context: NewContext, language: str, chunk: int) -> None:
    one = rows.examples()
    asked = addresses(house, one, chunk)
    page = new_context(language=language).new_page()
    enter(page, one.who)
    found = []
    for path in asked:
        page.goto(f"{path}?lang={language}")
        found += [f"{path}: {line}" for line in wrong(page, language)]
    assert len(asked) > 15
    assert found == []


# The menu of a wide page is hidden on a phone and the other way round: only what is drawn can be reached.
INTERACTIVE = """() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
  .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.disabled && !one.ariaHidden)
  .filter(one => one.type !== "radio" || one.checked ||
    (!document.querySelector(`input[name="${one.name}"]:checked`) &&
     one === document.querySelector(`input[name="${one.name}"]`)))
  .map((one, number) => { one.dataset.number = number; return one.outerHTML.slice(0, 120); })"""
FOCUSED = """() => {
  const one = document.activeElement, look = getComputedStyle(one), beside = one.nextElementSibling;
  const drawn = style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const hidden = one.classList.contains("vh") && beside && drawn(getComputedStyle(beside));
  return {number: one.dataset.number ?? null, body: one === document.body, seen: drawn(look) || !!hidden,
          what: one.outerHTML.slice(0, 120)};
}"""
MAIN = ["/board", "/evidence", "/evidence/new", "/evidence/review", "/decisions", "/people", "/accounts", "/account"]


@pytest.mark.parametrize(("width", "pages"), [(1280, MAIN), (360, [*MAIN[:2], "/exports", "/trail"])])
def test_the_keyboard_alone_reaches_everything(
    house: Flask, new_context: NewContext, width: int, pages: list[str]
) -> None:
    one = rows.examples()
    page = new_context(width=width).new_page()
    enter(page, one.who)
    found: list[str] = []
    for path in pages:
        page.goto(path)
        found += [f"{path}: {line}" for line in beyond_reach(page)]
    assert found == []


def beyond_reach(page: Page) -> Iterator[str]:
    """Say what Tab does not reach, and where nobody sees where they are."""
    wanted = page.evaluate(INTERACTIVE)
    reached = set()
    for turn in range(2 * len(wanted) + 20):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at["body"]:
            break
        if turn == 0 and "#main" not in at["what"]:
            yield f"the first stop does not skip to the content: {at['what']}"
        if not at["seen"]:
            yield f"nobody sees that it has the focus: {at['what']}"
        reached.add(at["number"])
    else:
        yield "Tab does not come out again"
    yield from (f"out of reach: {what}" for number, what in enumerate(wanted) if str(number) not in reached)


def test_what_the_keyboard_does_not_reach_is_seen(house: Flask, new_context: NewContext) -> None:
    page = new_context().new_page()
    enter(page, factories.with_role(Role.OFFICER))
    page.goto("/departments/new")
    assert list(beyond_reach(page)) == []
    page.goto("/departments/new")
    page.evaluate("document.querySelector('main button').tabIndex = -1")
    page.evaluate("document.querySelector('#name').style.outline = 'none'")
    found = list(beyond_reach(page))
    assert [line.split(":")[0] for line in found] == ["nobody sees that it has the focus", "out of reach"]


def test_the_skip_link_leads_to_the_content(house: Flask, new_context: NewContext) -> None:
    page = new_context().new_page()
    enter(page, factories.with_role(Role.OFFICER))
    page.goto("/people")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OFFICER])
def test_the_menu_of_every_role_leads_to_whole_pages(house: Flask, new_context: NewContext, role: Role) -> None:
    """What a role sees differs from what somebody with every role sees; only officers see as much."""
    one = rows.examples()
    who = factories.with_role(role)
    if role is Role.AUDITOR:
        engage(who, factories.actor(one.who))
    page = new_context().new_page()
    enter(page, who)
    page.goto("/account")
    menu = page.locator("nav a").evaluate_all("links => [...new Set(links.map(one => one.getAttribute('href')))]")
    found = []
    for path in menu:
        answer = page.goto(path)
        assert answer is not None and answer.status == 200, path
        found += [f"{path}: {line}" for line in wrong(page, "ja")]
    assert found == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_of_a_guest_is_whole(house: Flask, new_context: NewContext, language: str) -> None:
    house.extensions["start_token"] = "架空"
    page = new_context(language=language).new_page()
    for path in ("/start/架空", "/sign-in", "/sign-in/code", "/signed-out", "/nowhere", "/l"):
        page.goto(path)
        assert list(wrong(page, language)) == [], path
    made = factories.person(password=None)
    page.goto(f"/l/{links.make_link(made, 'invite', by=CONSOLE, now=clock.now())}")
    assert list(wrong(page, language)) == []
