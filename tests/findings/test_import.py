"""A ledger of findings goes in and comes out: all or nothing, twice is once, closings follow."""

from datetime import date
from typing import Any

import pytest

from isms.core.errors import Forbidden, Invalid
from isms.core.imports import Plan, Verdict
from isms.core.permissions import Actor, Role
from isms.core.sheets import write_csv
from isms.findings import imports, ledger, rules
from isms.findings.models import Finding, FindingStep
from isms.trail import verify
from tests import factories
from tests.factories import NOW

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
