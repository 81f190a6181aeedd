"""The page of one's own to-dos, everyone's, a person's; the lists on the board and beside a person; the menu."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from isms.core.permissions import CONSOLE, Role
from isms.evidence import reviews
from isms.people import rules as people
from isms.people.models import Person
from tests import factories
from tests.browserlike import Browserlike
from tests.evidence.proofs import recorded
from tests.status.standings import NOW, Office, at_noon, enter

DAY = timedelta(days=1)


class Federation(Office):
    """An organisation with two heads and a clerk; evidence of one department was returned, of the other waits."""

    def __init__(self, house: Flask) -> None:
        super().__init__()
        self.house = house
        self.head, self.neighbour = (factories.with_role(Role.HEAD) for _ in range(2))
        self.clerk = factories.person("架空 書子", department_id=min(factories.actor(self.head, NOW).heads))
        head = factories.actor(self.head, NOW)
        returned = recorded(head, now=NOW - 17 * DAY, department_id=min(head.heads), title="架空の入退室記録")
        reviews.review(returned.id, accepted=False, reason="架空の理由", by=self.other, now=NOW - 10 * DAY)
        neighbour = factories.actor(self.neighbour, NOW)
        recorded(neighbour, now=NOW - 7 * DAY, department_id=min(neighbour.heads), title="架空の棚卸し")

    def browser(self, who: Person) -> Browserlike:
        """Sign somebody in."""
        return enter(self.house, who)


@pytest.fixture
def office(house: Flask) -> Iterator[Federation]:
    """Let it be noon."""
    with at_noon():
        yield Federation(house)


def rows(html: str) -> list[str]:
    """Give the words of the rows of the list."""
    found = re.search(r'<ol class="todo">(.*?)</ol>', html, re.DOTALL)
    texts = re.findall(r"<li.*?</li>", found[1], re.DOTALL) if found else []
    return [" ".join(re.sub(r"<[^>]+>", " ", text).split()) for text in texts]


def test_late_and_todays_rows_say_so(office: Federation) -> None:
    page = office.browser(office.head).get("/todo")
    assert rows(page.html) == ["3 日超過 差し戻された証跡「架空の入退室記録」を直す EV-2026-0001"]
    assert '<li class="late"><a href="/evidence/1">' in page.html
    assert "残り 1件 （期限を過ぎたもの 1件）" in page.text
    page = office.browser(office.officer).get("/todo")
    assert rows(page.html) == ["今日 まで 証跡「架空の棚卸し」を確認する EV-2026-0002"]
    assert "やること 1 件が待っています" in page.text


def test_who_has_nothing_to_do_is_told_what_the_page_is_for(office: Federation) -> None:
    browser = office.browser(office.clerk)
    assert browser.get("/", status=302).location == "/todo"
    page = browser.get("/todo")
    assert "いま、することはありません" in page.text and "件が待っています" not in page.text
    assert "/todo/everyone" not in page.html


def test_a_head_sees_what_others_of_the_department_have_to_do(office: Federation) -> None:
    second = factories.with_role(Role.HEAD)
    people.set_heads(second.id, factories.actor(office.head, NOW).heads, from_day=second.from_day, by=CONSOLE, now=NOW)
    page = office.browser(second).get("/todo")
    assert rows(page.html) == []
    assert re.search(r"部署のほかの人のやること .*架空の入退室記録", page.text)
    assert "架空の棚卸し" not in page.text


def test_everyone_as_far_as_one_may_know(office: Federation) -> None:
    page = office.browser(office.officer).get("/todo/everyone")
    assert "架空の入退室記録" in page.text and "架空の棚卸し" in page.text
    assert '<tr class="bad">' in page.html
    page = office.browser(office.head).get("/todo/everyone")
    assert "架空の入退室記録" in page.text and "架空の棚卸し" not in page.text
    office.browser(office.clerk).get("/todo/everyone", status=403)


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 2),
        ("state=late", 1),
        ("state=week", 1),
        ("kind=evidence", 2),
        ("person={head}", 1),
        ("department={place}", 1),
    ],
)
def test_everyone_narrowed(office: Federation, query: str, number: int) -> None:
    place = min(factories.actor(office.head, NOW).heads)
    asked = query.format(head=office.head.id, place=place)
    page = office.browser(office.officer).get(f"/todo/everyone?{asked}")
    assert page.html.count('<th scope="row">') == number
    csv = office.browser(office.officer).get(f"/todo/everyone?{asked}&download=csv").response.get_data(as_text=True)
    assert len(csv.strip().splitlines()) == number + 1


def test_a_choice_that_there_is_not_is_refused(office: Federation) -> None:
    for query in ("person=x", "person=99999", "kind=nothing", "state=never", "department=-1"):
        office.browser(office.officer).get(f"/todo/everyone?{query}", status=400)


def test_a_person_is_for_officers_and_the_own_head(office: Federation) -> None:
    officer, head = office.browser(office.officer), office.browser(office.head)
    assert rows(officer.get(f"/todo/people/{office.head.id}").html)[0].startswith("3 日超過")
    head.get(f"/todo/people/{office.clerk.id}")
    head.get(f"/todo/people/{office.neighbour.id}", status=404)
    place = min(factories.actor(office.neighbour, NOW).heads)
    head.get(f"/todo/departments/{place}", status=404)
    officer.get(f"/todo/departments/{place}")
    assert "この1年の遅れ" in officer.get(f"/todo/people/{office.head.id}").text


def test_beside_a_person_and_on_the_board(office: Federation) -> None:
    officer = office.browser(office.officer)
    assert "差し戻された証跡「架空の入退室記録」を直す" in officer.get(f"/people/{office.head.id}").text
    board = officer.get("/board").text
    assert re.search(r"期限を過ぎたもの 1件 3 日超過 差し戻された証跡「架空の入退室記録」を直す", board)
    assert re.search(r"30日以内に期限 1件 今日まで 証跡「架空の棚卸し」を確認する", board)
    board = office.browser(office.neighbour).get("/board").text
    assert "架空の入退室記録" not in board


def test_what_one_may_not_open_is_no_link(office: Federation) -> None:
    """A control's page is not for plain staff, but who owns the control is told that its evidence ends."""
    office.decide("A.5.2", owner_id=office.clerk.id)
    office.prove("A.5.2", ago=360, lasts=365)
    page = office.browser(office.clerk).get("/todo")
    assert rows(page.html) == ["5 日後まで A.5.2 架空の点検記録の更新"]
    assert re.search(r'<ol class="todo">\s*<li><a><span', page.html)


def test_who_must_not_do_it_is_not_led_there(office: Federation) -> None:
    made = recorded(factories.actor(office.officer, NOW), now=NOW - DAY, title="架空の自署")
    page = office.browser(office.officer).get("/todo/everyone")
    assert "架空の自署" in page.text and f'href="/evidence/review/{made.id}"' not in page.html
    another = office.browser(factories.with_role(Role.OFFICER)).get("/todo/everyone")
    another.click("架空の自署")


def menu(page: Any, label: str) -> list[str]:
    """Give the labels of a menu in order."""
    found = re.search(rf'<nav[^>]*aria-label="{label}">(.*?)</nav>', page.html, re.DOTALL)
    assert found
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in re.findall(r"<(?:a|summary)[ >].*?</", found[1])]


def test_what_is_seldom_used_stands_in_the_fold(office: Federation) -> None:
    browser = office.browser(office.officer)
    page = browser.get("/people")
    fold = page.html.split('<li class="fold always">')[1].split("</details>")[0]
    assert "操作記録" in fold and "ボード" not in fold
    assert '<summary aria-current="true">' in fold
    assert fold.count('aria-current="page"') == 1
    assert "<summary>" in browser.get("/board").html.split('<li class="fold always">')[1]


def test_a_short_menu_is_folded_on_a_phone_alone(office: Federation) -> None:
    page = office.browser(office.clerk).get("/todo")
    assert '<li class="fold phone">' in page.html and '<li class="fold always">' not in page.html
    fold = page.html.split('<li class="fold phone">')[1].split("</details>")[0]
    line = page.html.split('<li class="fold phone">')[0]
    assert "自分の設定" in fold and '<li class="wide"><a href="/account">' in line
