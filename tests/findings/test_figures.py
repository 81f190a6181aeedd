"""The figures of findings: ages, departments, fiscal years, days to close; and the page that shows them."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from isms.core.permissions import CONSOLE, Role
from isms.findings import figures, rules, steps
from isms.findings.models import Finding
from isms.findings.progress import progress_of
from tests import factories
from tests.evidence.proofs import EDITION
from tests.status.standings import NOW, TODAY, at_noon, enter


def found(ago: int, grade: str = "minor", closed_after: int | None = None, **more: Any) -> Finding:
    """Open a finding so many days ago, closed so many days later."""
    opened = TODAY - timedelta(days=ago)
    values = {"title": "架空", "controls": [(EDITION, "A.5.1")], **more}
    one = rules.open_finding(grade=grade, opened_on=opened, **values, by=CONSOLE, now=NOW)
    if closed_after is not None:
        day = opened + timedelta(days=closed_after)
        rules.close_finding(one.id, day=day, text="直した", by=CONSOLE, now=NOW)
    return one


@pytest.mark.parametrize(("ago", "span"), [(0, 0), (30, 0), (31, 1), (90, 1), (91, 2), (180, 2), (181, 3), (2000, 3)])
def test_an_age_counts_and_is_listed_alike(house: Flask, ago: int, span: int) -> None:
    with at_noon():
        found(ago)
        found(ago, closed_after=0, title="済んだもの")
        (waiting,) = progress_of(Finding.select().where(Finding.title == "架空")).values()
        assert [n for n, number in enumerate(figures.by_age([waiting], TODAY)) if number] == [span]
        browser = enter(house, factories.with_role(Role.OFFICER))
        shown = ["1件に絞り込んで" in browser.get(f"/findings?age={n}").text for n in range(len(figures.AGES))]
        assert [n for n, there in enumerate(shown) if there] == [span]


def test_departments_stand_with_the_most_first(db: Any) -> None:
    one, two = factories.department(), factories.department()
    made = [found(5, department_id=one.id), found(100, department_id=two.id), found(3, department_id=two.id)]
    made += [found(200, "improvement"), found(9, closed_after=2, department_id=two.id)]
    waiting = [one for one in progress_of(made).values() if one.is_open]
    told = [
        (place.department_id, place.number, place.nonconforming, place.late, place.ages)
        for place in figures.by_department(waiting, TODAY)
    ]
    assert told == [
        (two.id, 2, 2, 1, [1, 0, 1, 0]),
        (None, 1, 0, 1, [0, 0, 0, 1]),
        (one.id, 1, 1, 0, [1, 0, 0, 0]),
    ]


def test_years_count_what_was_found_and_how_long_it_took(db: Any) -> None:
    spring = (TODAY - date(2026, 4, 1)).days  # the fiscal year begins
    made = [
        found(spring, "major", closed_after=10, source="internal_audit"),
        found(spring + 1, closed_after=20, source="crosscheck"),  # found the year before, closed in this one
        found(spring + 400, "observation", closed_after=30, source="drill"),
        found(1, "improvement"),
    ]
    years = figures.by_year(made, rules.closed_days([one.id for one in made]), TODAY, 4)
    assert [(year.year, year.number, year.took, year.average) for year in years] == [
        (2024, 1, [30], 30),
        (2025, 1, [], None),
        (2026, 2, [10, 20], 15),
    ]
    assert (years[2].grades["major"], years[2].sources["internal_audit"], years[1].sources["crosscheck"]) == (1, 1, 1)
    assert [list(one.values) for one in figures.chart_of_grades(years).series] == [[0, 0, 1], [0, 1, 0], [1, 0, 1]]
    assert [list(one.values) for one in figures.chart_of_sources(years).series] == [[0, 1, 1], [0, 0, 1], [1, 0, 0]]
    old = [*made, found(3000)]
    assert [year.year for year in figures.by_year(old, {}, TODAY, 4)] == list(range(2021, 2027))


def test_the_board_and_its_links(house: Flask) -> None:
    with at_noon():
        place = factories.department("架空の課")
        late = found(40, department_id=place.id, title="遅れた指摘")
        soon = found(2, "observation", department_id=place.id, title="新しい指摘", source="drill")
        browser = enter(house, factories.with_role(Role.OFFICER))
        page = browser.get("/findings")
        for words in ("2 未完了", "30日以内 1", "31–90日 1", "期限を過ぎたもの 1", "年度別・区分別の指摘事項"):
            assert words in page.text
        assert page.html.count('<tr class="bad">') == 1
        refs = {"late": late.ref, "soon": soon.ref}

        def listed(query: str) -> set[str]:
            html = browser.get(f"/findings?{query}").html
            return {name for name, ref in refs.items() if f">{ref}</a>" in html}

        by = factories.actor(factories.with_role(Role.OFFICER))
        steps.reply(soon.id, text="はい", by=by, now=NOW)
        assert listed("next=late") == listed("next=reply") == {"late"}
        assert listed("next=close") == listed("source=drill") == {"soon"}
        assert listed(f"department={place.id}&state=open") == {"late", "soon"}
        assert listed("department=none") == set()
        page.click("架空の課")
        sheet = browser.get("/findings?next=late&download=csv").body.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(sheet)))
        assert [(row["番号"], row["次にすること"], row["見つかった場"]) for row in rows] == [
            (late.ref, "回答", "自らの気づき")
        ]
        for query in ("age=9", "next=nonsense", "source=rumour", "department=x"):
            browser.get(f"/findings?{query}", status=400)


def test_a_head_counts_what_a_head_may_read(house: Flask) -> None:
    with at_noon():
        head = factories.with_role(Role.HEAD)
        found(5, department_id=min(factories.actor(head).heads))
        found(5, department_id=factories.department("よその課").id)
        page = enter(house, head).get("/findings")
        assert "1 未完了" in page.text and "よその課" not in page.text
