"""A sheet of decisions: what each row would do, then all or nothing; twice adds nothing."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from xlsxwriter import Workbook

from isms.catalogue import imports, rules, wording
from isms.catalogue.models import Decision
from isms.core.errors import Forbidden, Invalid
from isms.core.imports import Verdict
from isms.core.permissions import CONSOLE, Actor, Role
from isms.core.sheets import BadSheet
from isms.trail.models import TrailEntry
from tests import factories
from tests.catalogue.test_decisions import NEW, NOW, OLD, TODAY, count_queries

HEADS = ("管理策番号", "採否", "理由", "実施状況", "責任者", "適用日")


@pytest.fixture
def officer(db: Any) -> Actor:
    return factories.actor(
        factories.person("架空 花子", roles=[Role.OFFICER], number="00101", mail="hanako@kumiai.example")
    )


def csv(*rows: Sequence[str], heads: Sequence[str] = HEADS) -> bytes:
    return "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in (heads, *rows)).encode("utf-8-sig")


def xlsx(*rows: Sequence[Any], heads: Sequence[str] = HEADS) -> bytes:
    out = BytesIO()
    book = Workbook(out, {"strings_to_numbers": False})
    sheet = book.add_worksheet()
    for number, row in enumerate([heads, *rows]):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def take(content: bytes, by: Actor, now: datetime = NOW) -> Any:
    return imports.take(content, "決定.csv", by=by, now=now)


def only(content: bytes, by: Actor) -> Any:
    (row,) = imports.plan(content, "決定.csv", by=by, now=NOW).rows
    return row


def test_a_ledger_as_offices_keep_it(officer: Actor) -> None:
    take(
        csv(
            ("5.1", "採用", "方針を示すため。", "実施済み", "架空　花子", "R8.4.1"),
            ("Ａ．５．２", "○", "責任を明らかにするため。", "一部", "00101", "令和8年4月1日"),
            ("附属書A 8.4", "適用除外", "ソースコードを持たないため。", "", "hanako@kumiai.example", ""),
        ),
        officer,
    )
    found = rules.decisions_on(NEW, TODAY)
    assert {key: (row.applicable, row.implementation) for key, row in found.items()} == {
        "A.5.1": (True, "implemented"),
        "A.5.2": (True, "partial"),
        "A.8.4": (False, "not_started"),
    }
    assert {row.owner.name for row in found.values()} == {"架空 花子"}
    assert [found[key].from_day for key in ("A.5.1", "A.5.2", "A.8.4")] == [date(2026, 4, 1), date(2026, 4, 1), TODAY]
    assert {row.recorded_by for row in found.values()} == {officer.id}


def test_english_heads_in_any_order(officer: Actor) -> None:
    heads = ("owner", "implementation", "justification", "applicable", "control", "effective_from")
    rows = [("00101", "planned", "because", "yes", "A.5.1", "2026-04-01"), ("", "", "no code", "no", "8.4", "")]
    take(csv(*rows, heads=heads), officer)
    found = rules.decisions_on(NEW, TODAY)
    assert (found["A.5.1"].implementation, found["A.8.4"].applicable) == ("planned", False)


def test_twice_adds_nothing(officer: Actor) -> None:
    sheet = csv(("5.1", "採用", "理由", "実施", "00101", "2026-04-01"), ("5.2", "採用", "理由", "計画", "", ""))
    assert take(sheet, officer).counts()[Verdict.NEW] == 2
    assert take(sheet, officer, NOW + timedelta(days=3)).counts()[Verdict.SAME] == 2
    assert Decision.select().count() == 2


def test_what_changed_is_named_and_empty_cells_say_nothing(officer: Actor) -> None:
    take(csv(("5.1", "採用", "理由", "計画", "00101", "2026-04-01")), officer)
    sheet = csv(("5.1", "採用", "新しい理由", "実施", "", "2026-10-01"))
    row = only(sheet, officer)
    assert row.verdict is Verdict.CHANGED
    assert row.changes == {"justification": ("理由", "新しい理由"), "implementation": ("計画", "実施")}
    take(sheet, officer)
    assert rules.decisions_on(NEW, TODAY)["A.5.1"].owner_id == officer.person_id
    assert rules.decisions_on(NEW, date(2026, 9, 30))["A.5.1"].implementation == "planned"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("A.5.1.1", "採用", "理由", "", "", ""), "現行版（ISO/IEC 27001:2022）では 5.1 です"),
        (("A.6.1.1", "採用", "理由", "", "", ""), "では 5.2 です"),
        (("A.99.1", "採用", "理由", "", "", ""), "にない番号です"),
        (("箇条5.1", "採用", "理由", "", "", ""), "箇条はいつも適用されます"),
        (("5.1、5.2", "採用", "理由", "", "", ""), "一つの管理策"),
        (("5.1", "たぶん", "理由", "", "", ""), "「たぶん」は分かりません"),
        (("5.1", "", "理由", "", "", ""), "採否が空です"),
        (("5.1", "除外", "　", "", "", ""), "理由が空です"),
        (("5.1", "採用", "理由", "いつか", "", ""), "「いつか」は分かりません"),
        (("5.1", "採用", "理由", "", "誰か 不明", ""), "職員名簿にありません"),
        (("5.1", "採用", "理由", "", "", "2026-02-30"), "適用日"),
        (("", "採用", "理由", "", "", ""), "管理策番号が空です"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why_and_nothing_is_written(
    officer: Actor, row: Sequence[str], says: str
) -> None:
    sheet = csv(("5.2", "採用", "理由", "実施", "", ""), row)
    bad = imports.plan(sheet, "決定.csv", by=officer, now=NOW).of(Verdict.BAD)
    assert [one.line for one in bad] == [3]
    assert says in " ".join(bad[0].notes)
    with pytest.raises(Invalid):
        take(sheet, officer)
    assert not Decision.select().exists()
    assert not TrailEntry.select().where(TrailEntry.verb == "decisions.imported").exists()


def test_two_people_of_one_name_must_be_told_apart(officer: Actor) -> None:
    factories.person("架空 花子", number="00102")
    assert "複数います" in only(csv(("5.1", "採用", "理由", "", "架空 花子", "")), officer).notes[0]
    assert only(csv(("5.1", "採用", "理由", "", "00102", "")), officer).verdict is Verdict.NEW


def test_the_same_control_twice_on_a_day_is_refused(officer: Actor) -> None:
    plan = imports.plan(
        csv(("5.1", "採用", "a", "", "", ""), ("A.5.1", "除外", "b", "", "", "")), "a.csv", by=officer, now=NOW
    )
    assert [row.verdict for row in plan.rows] == [Verdict.NEW, Verdict.BAD]


@pytest.mark.parametrize(("cell", "fine"), [(5.1, False), ("5.10", True), ("5.1", True), (5.4, True), (8.3, False)])
def test_a_number_that_lost_its_zero_is_refused(officer: Actor, cell: Any, fine: bool) -> None:
    row = only(xlsx((cell, "採用", "理由", "", "", "")), officer)
    assert (row.verdict is Verdict.NEW) == fine
    assert fine or "見分けられません" in row.notes[0]


def test_numbers_of_an_earlier_edition_while_it_was_in_force(officer: Actor) -> None:
    rules.put_in_force(OLD, from_day=date(2021, 4, 1), by=CONSOLE, now=NOW)
    rules.put_in_force(NEW, from_day=date(2024, 9, 2), by=CONSOLE, now=NOW)
    take(csv(("A.5.1.1", "採用", "理由", "実施", "", "2022-04-01")), officer)
    assert set(rules.decisions_on(OLD, TODAY)) == {"A.5.1.1"}
    assert only(csv(("A.5.1.1", "採用", "理由", "実施", "", "2024-09-02")), officer).verdict is Verdict.BAD


def test_before_the_later_edition_was_published_the_earlier_one_is_meant(officer: Actor) -> None:
    row = only(csv(("A.5.1.1", "採用", "理由", "実施", "", "2022-10-24")), officer)
    assert (row.verdict, row.values["edition"]) == (Verdict.NEW, OLD)


def test_decisions_for_the_next_edition_may_come_ahead(officer: Actor) -> None:
    rules.put_in_force(OLD, from_day=date(2021, 4, 1), by=CONSOLE, now=NOW)
    row = only(csv(("5.23", "採用", "理由", "計画", "", "2027-04-01")), officer)
    assert (row.verdict, row.values["edition"]) == (Verdict.NEW, NEW)
    assert "先立って" in row.notes[0]


def test_own_controls_are_known(officer: Actor) -> None:
    wording.add_own_control(NEW, "X.1", title_ja="レセプトの取扱い", by=CONSOLE, now=NOW)
    take(csv(("X.1", "採用", "理由", "実施", "", "")), officer)
    assert set(rules.decisions_on(NEW, TODAY)) == {"X.1"}


def test_only_who_decides_may_import(db: Any) -> None:
    staff = factories.actor(factories.person())
    with pytest.raises(Forbidden):
        imports.plan(csv(("5.1", "採用", "理由", "", "", "")), "a.csv", by=staff, now=NOW)


def test_a_sheet_without_its_columns_is_refused(officer: Actor) -> None:
    with pytest.raises(BadSheet, match="理由"):
        imports.plan(csv(("5.1", "採用"), heads=("管理策番号", "採否")), "a.csv", by=officer, now=NOW)


def test_queries_do_not_grow_with_the_sheet(officer: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(count: int) -> int:
        rows = [(f"5.{n}", "採用", "理由", "", "00101", "") for n in range(1, count + 1)]
        with pytest.MonkeyPatch.context() as patch:
            seen = count_queries(patch)
            imports.plan(csv(*rows), "a.csv", by=officer, now=NOW)
        return len(seen)

    asked(1)  # what is kept while nothing is recorded is read now
    assert asked(1) == asked(30) <= 14
