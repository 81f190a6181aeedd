"""A ledger of findings goes in and comes out: all or nothing, twice is once, closings follow."""

from datetime import date, timedelta
from typing import Any

import pytest

from isms.core import words
from isms.core.errors import Forbidden, Invalid
from isms.core.imports import Plan, Verdict
from isms.core.permissions import Actor, Role
from isms.core.sheets import read_sheet, write_csv
from isms.findings import imports, ledger, rules, steps
from isms.findings.models import Finding, FindingStep
from isms.findings.progress import progress_of
from isms.trail import verify
from tests import factories
from tests.factories import NOW
from tests.findings.test_steps import made_office

EDITION = "iso27001-2022"
LEAST = {"区分": "軽微", "件名": "架空の指摘", "管理策": "7.2、箇条9.2.1", "発見日": "R8.7.1"}


@pytest.fixture
def by(db: Any) -> Actor:
    """Make an officer."""
    return factories.actor(factories.with_role(Role.OFFICER))


def sheet(*rows: dict[str, Any]) -> bytes:
    """Write rows that say at least what they must."""
    whole = [{**LEAST, **row} for row in rows]
    heads = list(dict.fromkeys(head for row in whole for head in row))
    return write_csv(heads, [[row.get(head, "") for head in heads] for row in whole])


def planned(by: Actor, *rows: dict[str, Any]) -> Plan:
    return imports.plan(sheet(*rows), "台帳.csv", by=by, now=NOW)


def taken(by: Actor, *rows: dict[str, Any]) -> Plan:
    return imports.take(sheet(*rows), "台帳.csv", by=by, now=NOW)


def test_all_columns_arrive(by: Actor) -> None:
    department = factories.department("架空総務課")
    row = {"番号": "f-2026-0007", "内容": "架空の内容", "見つかった場": "内部監査", "部署": "架空総務課"}
    taken(by, {**row, "完了日": "R8.9.1", "完了の内容": "架空の是正"})
    made = Finding.get()
    assert (made.ref, made.grade, made.source, made.department_id) == (
        "F-2026-0007",
        "minor",
        "internal_audit",
        department.id,
    )
    assert (made.title, made.description, made.opened_on) == ("架空の指摘", "架空の内容", date(2026, 7, 1))
    assert [(one.edition, one.key) for one in rules.controls_of(made.id)] == [(EDITION, "A.7.2"), (EDITION, "9.2.1")]
    assert [(step.kind, step.day, step.text) for step in rules.steps_of(made.id)] == [
        ("closed", date(2026, 9, 1), "架空の是正")
    ]
    assert list(verify.verify()) == []


def test_twice_is_once_and_a_closing_follows(by: Actor) -> None:
    taken(by, {}, {"件名": "別の指摘"})
    assert taken(by, {}, {"件名": "別の指摘"}).counts()[Verdict.SAME] == 2
    closing = {"完了日": "R8.9.1", "完了の内容": "架空の是正"}
    assert taken(by, closing).counts()[Verdict.CHANGED] == 1
    assert taken(by, closing).counts()[Verdict.SAME] == 1
    assert (Finding.select().count(), FindingStep.select().count()) == (2, 1)


def test_a_row_twice_in_a_ledger_is_taken_once(by: Actor) -> None:
    assert [row.verdict for row in taken(by, {}, {}).rows] == [Verdict.NEW, Verdict.SAME]
    assert Finding.select().count() == 1


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"区分": "重い"}, "「重い」は分かりません"),
        ({"件名": ""}, "件名が空"),
        ({"管理策": "A.99"}, "にない番号です"),
        ({"発見日": "2099-01-01"}, "先の日付"),
        ({"部署": "ない課"}, "登録されていません"),
        ({"完了日": "R8.6.1", "完了の内容": "x"}, "完了日は、発見日から今日まで"),
        ({"完了日": "R8.9.1"}, "完了の内容が空"),
        ({"番号": "F-2099-0001"}, "使えません"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_taken(by: Actor, row: dict[str, Any], words: str) -> None:
    plan = planned(by, {"件名": "よいもの"}, row)
    assert [one.verdict for one in plan.rows] == [Verdict.NEW, Verdict.BAD]
    assert words in " ".join(plan.rows[1].notes)
    with pytest.raises(Invalid, match="3行目"):
        taken(by, {"件名": "よいもの"}, row)
    assert Finding.select().count() == 0


def test_who_may_not_edit_findings_may_not_import_them(db: Any) -> None:
    with pytest.raises(Forbidden):
        planned(factories.actor(factories.with_role(Role.APPROVER)), {})


def test_the_numbers_go_on_after_those_that_were_kept(by: Actor) -> None:
    taken(by, {"番号": "F-2026-0009"}, {"件名": "前", "番号": "F-2025-0002"}, {"件名": "新"})
    assert [row.ref for row in Finding.select().order_by(Finding.id)] == ["F-2025-0002", "F-2026-0009", "F-2026-0010"]


def test_what_is_exported_is_there_already(by: Actor) -> None:
    taken(by, {}, {"件名": "終わったもの", "完了日": "R8.9.1", "完了の内容": "架空の是正"})
    plan = imports.plan(ledger.write(NOW), "l.xlsx", by=by, now=NOW)
    assert [row.verdict for row in plan.rows] == [Verdict.SAME, Verdict.SAME]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_exported_ledger_tells_every_step(by: Actor, language: str) -> None:
    office = made_office(due=date(2026, 11, 30))
    first = office.planned()
    second = office.plan(replaces=first.id)
    steps.finish_action(second.id, text="した", by=office.staff, now=NOW)
    later = NOW + timedelta(days=30)
    steps.check_effect(second.id, good=False, text="効かない", by=office.officer, now=later)
    office.plan(now=later, due=date(2027, 1, 15))
    done = made_office()
    action = done.done()
    steps.check_effect(action.id, good=True, text="よい", by=done.officer, now=later)
    steps.conclude(done.finding.id, day=date(2026, 12, 18), text="よし", by=done.officer, now=later)
    rules.reopen_finding(done.finding.id, day=date(2026, 12, 18), text="また", by=done.officer, now=later)
    with words.speaking(language):
        rows = [[str(cell or "") for cell in row] for row in read_sheet(ledger.write(later), "台帳.xlsx").rows]
    heads = next(row for row in rows if "件名" in row or "title" in row)
    told = [dict(zip(heads, row, strict=True)) for row in rows[rows.index(heads) + 1 :]]
    for number, row in enumerate(told):  # as if it were another installation's
        row.update({name: "" for name in ("番号", "ref") if name in row})
        row.update({name: f"写し{number}" for name in ("件名", "title") if name in row})
    content = write_csv(heads, [[row[head] for head in heads] for row in told])
    assert imports.take(content, "台帳.csv", by=by, now=later).counts()[Verdict.NEW] == 2
    for old, new in zip((office.finding, done.finding), Finding.select().order_by(Finding.id)[2:], strict=True):
        before, after = progress_of([old])[old.id], progress_of([new])[new.id]
        assert (after.next, after.due, new.due) == (before.next, before.due, old.due)
        assert [_said(step) for step in after.steps] == [_said(step) for step in before.steps]
        assert [one.state for one in after.all_actions] == [one.state for one in before.all_actions]
    assert list(verify.verify()) == []


def _said(step: FindingStep) -> tuple[Any, ...]:
    return step.kind, step.day, step.text, step.owner_id, step.due, step.good


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("きのう 回答：はい", "が分かりません"),
        ("2026-07-02 うわさ：はい", "が分かりません"),
        ("2026-02-30 回答：はい", "が分かりません"),
        ("2026-06-30 回答：はい", "前の行と合いません"),
        ("2026-07-05 完了：よし\n2026-07-06 修正：した", "前の行と合いません"),
        ("2027-07-05 回答：はい", "前の行と合いません"),
        ("2026-07-05 是正処置の実施（1）：した", "前の行と合いません"),
        ("2026-07-05 再開：また", "前の行と合いません"),
        ("2026-07-05 是正処置の計画（担当 99999、期限 2026-08-01）：する", "職員番号 99999 の人はいません"),
    ],
)
def test_a_history_that_cannot_have_been_is_refused(by: Actor, lines: str, said: str) -> None:
    (row,) = planned(by, {"経過": lines}).rows
    assert row.verdict is Verdict.BAD
    assert said in " ".join(row.notes)
