"""The words of the room: kinds of evidence, what a review says, and the verbs and kinds of its trail."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from isms import trail
from isms.core import settings
from isms.core.holders import Owner, hold
from isms.core.text import contains
from isms.core.words import gettext, lazy_gettext, lazy_pgettext
from isms.evidence import models as m

KINDS: dict[str, Any] = {
    "record": lazy_pgettext("evidence", "記録"),
    "document": lazy_gettext("文書"),
    "screen": lazy_gettext("画面"),
    "log": lazy_gettext("ログ"),
    "link": lazy_gettext("リンク"),
    "other": lazy_gettext("その他"),
}
REVIEWS: dict[str, Any] = {
    "waiting": lazy_gettext("確認待ち"),
    "accepted": lazy_gettext("承認"),
    "returned": lazy_gettext("差し戻し"),
}
FOUND: dict[str, Any] = {
    "missing": lazy_gettext("ファイルがありません"),
    "changed": lazy_gettext("中身が変わっています"),
    "not_a_file": lazy_gettext("ファイルではないものに置き換わっています"),
}

trail.verb("evidence.recorded", lazy_gettext("証跡を登録"))
trail.verb("evidence.file_added", lazy_gettext("証跡にファイルを添えた"))
trail.verb("evidence.linked", lazy_gettext("証跡を管理策に結び付けた"))
trail.verb("evidence.link_ended", lazy_gettext("証跡と管理策の結び付きを終えた"))
trail.verb("evidence.accepted", lazy_gettext("証跡を承認"))
trail.verb("evidence.returned", lazy_gettext("証跡を差し戻した"))
trail.verb("evidence.withdrawn", lazy_gettext("証跡を取り下げた"))
trail.verb("evidence.imported", lazy_gettext("証跡の台帳を取り込んだ"))
trail.verb("file.damaged", lazy_gettext("ファイルの破損を見つけた"))
trail.verb("file.sound", lazy_gettext("ファイルが元に戻ったことを確かめた"))
trail.verb("file.redaction_proposed", lazy_gettext("ファイルの消去を申し出た"), personal=True)  # a reason may quote
trail.verb("file.redacted", lazy_gettext("ファイルを消去した"))

settings.declare(
    "evidence_interval_months",
    12,
    lazy_gettext("証跡の有効な月数"),
    lazy_gettext("証跡を登録するときに、有効期限の案を収集日からこの月数あとにします。"),
    settings.whole_number(1, 120),
)
settings.declare(
    "largest_file_mb",
    100,
    lazy_gettext("ファイルの大きさの上限（MB）"),
    lazy_gettext("証跡に添えるファイル一つの上限です。"),
    settings.whole_number(1, 190),
)
settings.declare(
    "file_grace_hours",
    24,
    lazy_gettext("登録されなかったファイルを残す時間"),
    lazy_gettext("登録が途中で終わったファイルを、この時間がたってから片付けます。"),
    settings.whole_number(1, 720),
)


def _refs(ids: list[int]) -> dict[int, str]:
    return dict(m.Evidence.select(m.Evidence.id, m.Evidence.ref).where(m.Evidence.id.in_(ids)).tuples())


def _files(ids: list[int]) -> dict[int, str]:
    rows = m.EvidenceFile.select(m.EvidenceFile.id, m.EvidenceFile.name).where(m.EvidenceFile.id.in_(ids))
    return dict(rows.tuples())


def _of_evidence(model: Any) -> Callable[[list[int]], dict[int, str]]:
    """Make the naming of rows by the evidence that they speak of."""

    def names(ids: list[int]) -> dict[int, str]:
        query = model.select(model.id, m.Evidence.ref).join(m.Evidence, on=model.evidence == m.Evidence.id)
        return dict(query.where(model.id.in_(ids)).tuples())

    return names


def _links(ids: list[int]) -> dict[int, str]:
    query = m.EvidenceLink.select(m.EvidenceLink.id, m.Evidence.ref, m.EvidenceLink.key).join(m.Evidence)
    return {
        i: gettext("%(ref)s と %(key)s", ref=ref, key=key)
        for i, ref, key in query.where(m.EvidenceLink.id.in_(ids)).tuples()
    }


def _found(words: str) -> Any:
    return (m.Evidence.ref == words.upper()) | contains(m.Evidence.title, words)


FIELDS: dict[str, Any] = {
    "ref": lazy_gettext("証跡番号"),
    "title": lazy_gettext("件名"),
    "kind": lazy_gettext("種類"),
    "url": lazy_gettext("リンク"),
    "collected_on": lazy_gettext("収集日"),
    "period_from": lazy_gettext("対象期間の初日"),
    "period_to": lazy_gettext("対象期間の末日"),
    "valid_until": lazy_gettext("有効期限"),
    "department": lazy_gettext("部署"),
    "owner": lazy_gettext("担当"),
    "note": lazy_gettext("備考"),
    "predecessor": lazy_gettext("改める前の証跡"),
    "origin": lazy_gettext("登録のしかた"),
    "recorded_at": lazy_gettext("登録した日時"),
    "recorded_by": lazy_gettext("登録した人"),
}

trail.describe("evidence", _refs, label=lazy_gettext("証跡"), model=m.Evidence, find=_found, fields=FIELDS)
trail.describe("evidence_file", _files, label=lazy_gettext("証跡のファイル"), model=m.EvidenceFile)
trail.describe("evidence_link", _links, label=lazy_gettext("証跡と管理策の結び付き"), model=m.EvidenceLink)
trail.describe("evidence_link_end", lambda ids: {}, label=lazy_gettext("結び付きの終わり"), model=m.EvidenceLinkEnd)
trail.describe("review", _of_evidence(m.Review), label=lazy_gettext("証跡の確認"), model=m.Review)
trail.describe("withdrawal", _of_evidence(m.Withdrawal), label=lazy_gettext("証跡の取り下げ"), model=m.Withdrawal)
trail.describe("file_check", lambda ids: {}, label=lazy_gettext("ファイルの点検"), model=m.FileCheck)
trail.describe(
    "redaction_proposal", lambda ids: {}, label=lazy_gettext("ファイルの消去の申し出"), model=m.RedactionProposal
)
trail.describe("redaction", lambda ids: {}, label=lazy_gettext("ファイルの消去"), model=m.Redaction)


def _owners(hashes: Sequence[str]) -> Iterable[Owner]:
    """Name the files by their evidence."""
    files = m.EvidenceFile.select(m.Evidence.ref, m.EvidenceFile.name, m.EvidenceFile.sha256).join(m.Evidence)
    rows: Iterable[Owner] = files.where(m.EvidenceFile.sha256.in_(hashes)).order_by(m.EvidenceFile.id).tuples()
    return rows


hold(m.EvidenceFile.sha256, _owners)
