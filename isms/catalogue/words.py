"""The words of the room: what a decision may say, and the verbs and kinds of its trail."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from isms import trail
from isms.catalogue.models import Decision, EditionInForce, OwnControl, Statement, StatementApproval, TitleCorrection
from isms.core.holders import Owner, hold
from isms.core.words import gettext, lazy_gettext

IMPLEMENTATION: dict[str, Any] = {
    "not_started": lazy_gettext("未着手"),
    "planned": lazy_gettext("計画"),
    "partial": lazy_gettext("一部"),
    "implemented": lazy_gettext("実施"),
}
APPLICABLE: dict[bool, Any] = {True: lazy_gettext("適用"), False: lazy_gettext("適用除外")}

trail.verb("decision.made", lazy_gettext("管理策の適用を決めた"))
trail.verb("decisions.imported", lazy_gettext("管理策の決定を取り込んだ"))
trail.verb("title.corrected", lazy_gettext("管理策の表題を改めた"))
trail.verb("own_control.added", lazy_gettext("独自の管理策を加えた"))
trail.verb("own_control.changed", lazy_gettext("独自の管理策を改めた"))
trail.verb("own_control.ended", lazy_gettext("独自の管理策をやめた"))
trail.verb("edition.put_in_force", lazy_gettext("規格の版の適用を始めた"))
trail.verb("statement.issued", lazy_gettext("適用宣言書を発行した"))
trail.verb("statement.approved", lazy_gettext("適用宣言書を承認した"))
trail.verb("statement.returned", lazy_gettext("適用宣言書を差し戻した"))


FIELDS: dict[str, Any] = {
    "edition": lazy_gettext("規格の版"),
    "key": lazy_gettext("番号"),
    "number": lazy_gettext("版数"),
    "applicable": lazy_gettext("採否"),
    "justification": lazy_gettext("理由"),
    "implementation": lazy_gettext("実施状況"),
    "owner": lazy_gettext("責任者"),
    "title_ja": lazy_gettext("表題"),
    "title_en": lazy_gettext("英語の表題"),
    "theme": lazy_gettext("管理策の区分"),
    "in_use": lazy_gettext("使っている"),
    "from_day": lazy_gettext("適用日"),
    "issued_on": lazy_gettext("発行日"),
    "changes": lazy_gettext("変更の内容"),
    "statement": lazy_gettext("適用宣言書"),
    "approved": lazy_gettext("承認した"),
    "note": lazy_gettext("備考"),
    "recorded_at": lazy_gettext("記録した日時"),
    "recorded_by": lazy_gettext("記録した人"),
}
SHOWN: dict[str, Any] = {"fields": FIELDS, "values": {"implementation": IMPLEMENTATION}}


def _keys(model: Any) -> Any:
    """Make the naming of rows by their requirement."""
    return lambda ids: dict(model.select(model.id, model.key).where(model.id.in_(ids)).tuples())


def _editions(ids: list[int]) -> dict[int, str]:
    rows = EditionInForce.select(EditionInForce.id, EditionInForce.edition).where(EditionInForce.id.in_(ids))
    return dict(rows.tuples())


def _statements(ids: list[int]) -> dict[int, str]:
    rows = Statement.select(Statement.id, Statement.number).where(Statement.id.in_(ids)).tuples()
    return {i: gettext("適用宣言書 第%(number)s版", number=number) for i, number in rows}


trail.describe("decision", _keys(Decision), label=lazy_gettext("管理策の決定"), model=Decision, **SHOWN)
trail.describe(
    "title_correction", _keys(TitleCorrection), label=lazy_gettext("表題の訂正"), model=TitleCorrection, **SHOWN
)
trail.describe("own_control", _keys(OwnControl), label=lazy_gettext("独自の管理策"), model=OwnControl, **SHOWN)
trail.describe("edition_in_force", _editions, label=lazy_gettext("適用する規格の版"), model=EditionInForce, **SHOWN)
trail.describe("statement", _statements, label=lazy_gettext("適用宣言書"), model=Statement, **SHOWN)
trail.describe(
    "statement_approval", lambda ids: {}, label=lazy_gettext("適用宣言書の承認"), model=StatementApproval, **SHOWN
)


def _files_of(column: Any, ending: str) -> Callable[[Sequence[str]], Iterable[Owner]]:
    """Make the naming of the files of a column by the version of the statement."""

    def owners(hashes: Sequence[str]) -> Iterator[Owner]:
        rows = StatementApproval.select(Statement.number, column).join(Statement).where(column.in_(hashes)).tuples()
        for number, sha256 in rows:
            yield gettext("適用宣言書 第%(number)s版", number=number), ending, sha256

    return owners


hold(StatementApproval.xlsx_sha256, _files_of(StatementApproval.xlsx_sha256, "xlsx"))
hold(StatementApproval.pdf_sha256, _files_of(StatementApproval.pdf_sha256, "pdf"))
