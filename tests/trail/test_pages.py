"""The pages of the trail: who sees what, what the filters find, what a download holds."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from isms.audits import rules as audits
from isms.core import clock
from isms.core.database import db
from isms.core.permissions import CONSOLE, Actor, Role
from isms.evidence import rules as evidence
from isms.people import rules as people_rules
from isms.trail import rules
from isms.trail.models import TrailEntry
from tests import factories
from tests.browserlike import Browserlike, Page
from tests.trail.entries import NOW, change, remove_triggers, write
from tests.trail.visitors import visitor

EDITION = "iso27001-2022"
CANARY = "カナリア"


def numbers(page: Page) -> list[int]:
    """Give the numbers of the entries that the list shows."""
    return [int(words) for href, words in page.links if href.startswith("/trail/") and words.isdigit()]


def downloaded(browser: Browserlike, query: str) -> list[list[str]]:
    text = browser.get(f"/trail?download=csv{query}").response.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.fixture
def officer(house: Flask) -> Browserlike:
    return visitor(house, Role.OFFICER)


@pytest.fixture
def auditor(house: Flask) -> Browserlike:
    return visitor(house, Role.AUDITOR, name="架空 監査")


def test_the_list_shows_the_newest_first(officer: Browserlike) -> None:
    write(*({"n": n} for n in range(60)), subject="thing:7")
    page = officer.get("/trail")
    head = rules.head()
    assert head is not None
    assert numbers(page) == list(range(head.no, head.no - 50, -1))
    assert f"{head.hash[:8]}…" in page.text
    assert "2026年11月21日 12:04:05" in page.text
    assert "サーバーの操作者" in page.text
    assert numbers(officer.get("/trail?page=2")) == list(range(head.no - 50, 0, -1))


def test_people_are_named_and_linked(officer: Browserlike) -> None:
    somebody = factories.person("架空 次郎")
    page = officer.get("/trail?verb=person.added")
    assert (f"/people/{somebody.id}", "架空 次郎") in page.links
    assert officer.get(f"/people/{somebody.id}").status == 200


def test_number_of_queries_does_not_grow(officer: Browserlike, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> int:
        count = 0
        real = db.obj.execute_sql

        def counting(*args: Any, **more: Any) -> Any:
            nonlocal count
            count += 1
            return real(*args, **more)

        with monkeypatch.context() as patch:
            patch.setattr(db.obj, "execute_sql", counting)
            officer.get("/trail")
        return count

    before = asked()
    for _ in range(10):
        factories.person()
    assert 0 < asked() <= before


def test_filters(officer: Browserlike) -> None:
    first = factories.person("佐藤 一", kana="サトウ ハジメ")
    second = factories.person("鈴木 二")
    start = rules.head_number()
    with db.atomic():
        for who, verb, subject, hour in (
            (f"person:{first.id}", "thing.done", f"person:{second.id}", 14),
            (f"person:{second.id}", "thing.told", "thing:5", 15),
            ("system", "thing.done", "thing:55", 16),
        ):
            at = datetime(2026, 11, 21, hour, 59, 59, 999999, UTC)
            rules.record(Actor(who), verb, subject, at)
    a, b, c = start + 1, start + 2, start + 3

    def found(query: str) -> list[int]:
        return sorted(no for no in numbers(officer.get(f"/trail?{query}")) if no > start)

    assert found("") == [a, b, c]
    assert found("actor=佐藤") == found("actor=さとう".replace("さとう", "サトウ")) == [a]
    assert found(f"actor=person:{second.id}") == [b]
    assert found(f"actor={second.number}") == [b]
    assert found("actor=システム") == found("actor=system") == [c]
    assert found("actor=誰もいない") == []
    assert found("subject=鈴木") == [a]
    assert found("subject=thing:5") == [b]  # and not thing:55
    assert found("verb=thing.done") == [a, c]
    assert found("kind=person") == [a]
    assert found("from=2026-11-22") == [b, c]  # the day begins at 15:00 UTC
    assert found("to=R8.11.21") == [a]
    assert found("from=令和8年11月22日&to=2026/11/22&verb=thing.told") == [b]
    page = officer.get("/trail?from=平成31年5月1日")
    assert numbers(page) == []
    assert "平成は31年4月30日までです" in page.text
    for query in ("verb=x", "kind=x", "sort=who", "page=0", "download=exe"):
        officer.get(f"/trail?{query}", status=400)


def test_a_download_holds_what_the_list_shows(officer: Browserlike) -> None:
    write(*({"n": n, "名": "=1+1"} for n in range(60)), subject="thing:7")
    rows = downloaded(officer, "&subject=thing:7")
    assert len(rows) == 61
    entry = rules.get_entry(int(rows[1][0]))
    assert entry.hash in rows[1]
    assert entry.details in rows[1]
    assert officer.get("/trail?download=xlsx&subject=thing:7").response.get_data()[:2] == b"PK"


def test_an_entry_shows_before_and_after(officer: Browserlike) -> None:
    made = factories.person("架空 花子", kana="カクウ")
    kept = {name: getattr(made, name) for name in ("number", "kana", "mail", "employment", "from_day", "to_day")}
    people_rules.change_person(made.id, **kept, name="<b>山田</b>", by=CONSOLE, now=NOW, version=made.version)
    no = rules.head_number()
    page = officer.get(f"/trail/{no}")
    assert (
        '<tr class="chg"><th scope="row">氏名</th><td><del>架空 花子</del></td><td><ins>&lt;b&gt;山田&lt;/b&gt;</ins>'
        in page.html
    )
    assert page.html.count('class="chg"') == 1
    assert "カクウ" in page.text
    entry = rules.get_entry(no)
    assert entry.hash in page.text
    assert entry.prev in page.text
    assert json.loads(entry.hashed().canonical())["details"] in page.text
    everything = page.click("この対象の記録をすべて見る")
    assert numbers(everything) == [
        no,
        *(
            e.no
            for e in rules.entries()
            .where(TrailEntry.subject == f"person:{made.id}", TrailEntry.no < no)
            .order_by(TrailEntry.no.desc())
        ),
    ]


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"before": 1, "after": [2]},
        {"before": None, "after": {}},
        {"a": {"b": [None, True]}, "c": "2026-11-21T03:04:05.000006Z", "d": False},
    ],
)
def test_any_details_can_be_shown(officer: Browserlike, details: dict[str, Any]) -> None:
    officer.get(f"/trail/{write(details)}")


@pytest.mark.parametrize("no", [0, 99, 2**53, 2**64, 10**40])
def test_a_missing_entry_is_not_found(officer: Browserlike, no: int) -> None:
    officer.get(f"/trail/{no}", status=404)
    officer.get(f"/trail/{no}/redact", status=404)


@pytest.mark.parametrize("role", [Role.STAFF, Role.HEAD, Role.ADMINISTRATOR, Role.APPROVER])
def test_others_see_nothing(house: Flask, role: Role) -> None:
    browser = visitor(house, role)
    browser.get("/trail", status=403)
    there, missing = browser.get("/trail/1", status=404), browser.get("/trail/999", status=404)
    number = re.compile(r"[0-9a-f]{16}|/trail/\d+")  # of the request, and the address
    assert number.sub("", there.text) == number.sub("", missing.text)
    assert "操作記録" not in [words for _, words in browser.get("/account", status=None).links]


def test_auditors_see_no_personal_details_in_any_way(auditor: Browserlike) -> None:
    """Attack 3: not on pages, not in downloads, and no filter tells what they say."""
    hidden = write({"before": {"name": CANARY}, "after": {"name": "x"}, CANARY: CANARY}, verb="thing.told")
    other = write({"note": "読める"})
    salt = rules.get_entry(hidden).salt
    page = auditor.get(f"/trail/{hidden}")
    assert CANARY not in page.html
    assert salt not in page.html
    assert "個人に関する内容のため表示しません。" in page.text
    assert "読める" in auditor.get(f"/trail/{other}").text
    seen = downloaded(auditor, "")
    assert any("読める" in cell for row in seen for cell in row)
    assert not any(CANARY in cell or salt in cell for row in seen for cell in row)
    plain = numbers(auditor.get("/trail"))
    for key in ("actor", "subject"):
        assert numbers(auditor.get(f"/trail?{key}={CANARY}")) == []
        assert CANARY not in auditor.get(f"/trail?{key}=thing").html
    for column in ("no", "-no"):
        direction = "desc" if column.startswith("-") else "asc"
        page = auditor.get(f"/trail?sort=no&dir={direction}")
        assert sorted(numbers(page)) == sorted(plain)
        assert CANARY not in page.html
    for column in ("details", "hash", "about", "who", "verb"):  # no order that depends on what is hidden
        auditor.get(f"/trail?sort={column}", status=400)


def test_a_verb_that_is_no_longer_declared_is_personal(auditor: Browserlike, officer: Browserlike) -> None:
    no = write({"note": CANARY})
    remove_triggers()
    change(no, verb="old.verb")
    assert CANARY not in auditor.get(f"/trail/{no}").html
    assert CANARY in officer.get(f"/trail/{no}").text


def test_an_auditor_sees_the_engagement_and_nothing_else(house: Flask) -> None:
    """Attack 2: outside the scope or the days, or revoked, not even a number is told."""
    auditor = visitor(house, Role.AUDITOR)
    everything = len(numbers(auditor.get("/trail")))
    assert everything == rules.head_number()
    (engagement,) = audits.engagements()
    day = engagement.from_day
    days: dict[str, Any] = {"from_day": day, "to_day": day}
    more: dict[str, Any] = {"by": CONSOLE, "now": clock.now()}
    audits.change_engagement(engagement.id, title="a", scope=["5.1"], **days, **more)
    begin = rules.head_number()
    for key in ("5.1", "5.2"):
        made = evidence.record_evidence(
            title="架空の記録", kind="record", note="a", collected_on=day, controls=[(EDITION, key)], **more
        )
        evidence.withdraw(made.id, reason="a", **more)
    inside, outside = begin + 1, begin + 4  # each is recorded, linked, withdrawn
    assert rules.head_number() == begin + 6
    assert numbers(auditor.get("/trail")) == [inside + 2, inside + 1, inside]
    assert len(downloaded(auditor, "")) == 1 + 3
    auditor.get(f"/trail/{inside}")
    auditor.get(f"/trail/{outside}", status=404)
    assert "3件" in auditor.get("/trail").text
    before = day - timedelta(days=2)
    audits.change_engagement(engagement.id, title="a", scope=[], from_day=before, to_day=before, **more)
    assert numbers(auditor.get("/trail")) == []
    audits.change_engagement(engagement.id, title="a", scope=[], **days, **more)
    assert len(numbers(auditor.get("/trail"))) == rules.head_number()
    audits.revoke(engagement.id, **more)
    assert numbers(auditor.get("/trail")) == []
    auditor.get(f"/trail/{inside}", status=404)


def test_redaction_from_proposal_to_confirmation(house: Flask, officer: Browserlike) -> None:
    approver = visitor(house, Role.APPROVER, name="架空 承認")
    no = write({"note": CANARY}, verb="thing.told")
    page = officer.get(f"/trail/{no}").click("この内容の消去を申し出る")
    assert page.submit(reason=" ", status=422).text.count("入力してください")
    page = page.submit(reason="病名が入った").follow()
    assert "消去が申し出られています" in page.text
    officer.get("/trail/redactions", status=403)
    page = approver.get("/trail/redactions").click(f"第{no}号")
    assert CANARY in page.text  # who decides has to see it
    assert "病名が入った" in page.text
    assert "架空 花子" in page.text
    done = page.submit(button="redact").follow()
    assert "内容を消去しました。" in done.text
    assert "二人の確認によって消去されました" in officer.get(f"/trail/{no}").text
    assert rules.get_entry(no).details is None
    assert not any(CANARY in cell for row in downloaded(officer, "") for cell in row)
    approver.get(f"/trail/redactions/{no}", status=404)


def test_an_approver_opens_only_what_is_proposed(house: Flask) -> None:
    approver = visitor(house, Role.APPROVER)
    no = write({"note": CANARY})
    approver.get(f"/trail/redactions/{no}", status=404)
    approver.get("/trail/redactions/999999", status=404)
    approver.post(f"/trail/redactions/{no}", {"decision": "redact"}, page=approver.get("/trail/redactions"), status=409)
    assert rules.get_entry(no).details is not None


def test_declining_and_sending_twice(house: Flask, officer: Browserlike) -> None:
    approver = visitor(house, Role.APPROVER, name="架空 承認")
    no = write({"note": "a"})
    officer.get(f"/trail/{no}/redact").submit(reason="a")
    page = approver.get(f"/trail/redactions/{no}")
    form = page.form("form_key").filled({})
    for decision in ("", "x"):
        approver.post(f"/trail/redactions/{no}", {**form, "decision": decision}, status=400)
    sent = {**form, "decision": "keep"}
    first = approver.post(f"/trail/redactions/{no}", sent, status=303)
    again = approver.post(f"/trail/redactions/{no}", sent, status=303)
    assert first.location == again.location
    assert rules.entries().where(TrailEntry.verb == "trail.redaction_declined").count() == 1
    assert rules.get_entry(no).details is not None


def test_one_person_with_both_roles_cannot_do_it_alone(house: Flask) -> None:
    both = visitor(house, Role.OFFICER, Role.APPROVER)
    no = write({"note": "a"})
    both.get(f"/trail/{no}/redact").submit(reason="a")
    page = both.get(f"/trail/redactions/{no}")
    assert "ほかの人の確認が必要です" in page.text
    page.submit(button="redact", status=409)
    assert rules.get_entry(no).details is not None
