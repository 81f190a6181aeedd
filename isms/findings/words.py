"""The words of the room: grades and sources of findings, and the verbs and kinds of its trail."""

from collections.abc import Iterable, Sequence
from typing import Any

from isms import trail
from isms.core.holders import Owner, hold
from isms.core.text import contains
from isms.core.words import gettext, lazy_gettext
from isms.findings.models import Finding, FindingControl, FindingFile, FindingStep

GRADES: dict[str, Any] = {
    "major": lazy_gettext("重大な不適合"),
    "minor": lazy_gettext("軽微な不適合"),
    "observation": lazy_gettext("観察事項"),
    "improvement": lazy_gettext("改善の機会"),
}
SOURCES: dict[str, Any] = {
    "own": lazy_gettext("自らの気づき"),
    "internal_audit": lazy_gettext("内部監査"),
    "external_audit": lazy_gettext("外部審査"),
    "crosscheck": lazy_gettext("クロスチェック"),
    "daily_check": lazy_gettext("日常点検"),
    "drill": lazy_gettext("訓練"),
    "incident": lazy_gettext("事故"),
}
STEPS: dict[str, Any] = {"closed": lazy_gettext("完了"), "reopened": lazy_gettext("再開")}

trail.verb("finding.opened", lazy_gettext("指摘事項を登録"))
trail.verb("finding.linked", lazy_gettext("指摘事項に管理策を結び付けた"))
trail.verb("finding.closed", lazy_gettext("指摘事項を完了"))
trail.verb("finding.reopened", lazy_gettext("指摘事項を再開"))
trail.verb("finding.file_added", lazy_gettext("指摘事項にファイルを添えた"))
trail.verb("findings.imported", lazy_gettext("指摘事項の台帳を取り込んだ"))


def _refs(ids: list[int]) -> dict[int, str]:
    return dict(Finding.select(Finding.id, Finding.ref).where(Finding.id.in_(ids)).tuples())


def _links(ids: list[int]) -> dict[int, str]:
    query = FindingControl.select(FindingControl.id, Finding.ref, FindingControl.key).join(Finding)
    rows = query.where(FindingControl.id.in_(ids)).tuples()
    return {i: gettext("%(ref)s と %(key)s", ref=ref, key=key) for i, ref, key in rows}


def _steps(ids: list[int]) -> dict[int, str]:
    query = FindingStep.select(FindingStep.id, Finding.ref).join(Finding)
    return dict(query.where(FindingStep.id.in_(ids)).tuples())


def _files(ids: list[int]) -> dict[int, str]:
    query = FindingFile.select(FindingFile.id, Finding.ref, FindingFile.name).join(Finding)
    rows = query.where(FindingFile.id.in_(ids)).tuples()
    return {i: gettext("%(ref)s「%(name)s」", ref=ref, name=name) for i, ref, name in rows}


def _owners(hashes: Sequence[str]) -> Iterable[Owner]:
    """Name the files by their finding."""
    files = FindingFile.select(Finding.ref, FindingFile.name, FindingFile.sha256).join(Finding)
    rows: Iterable[Owner] = files.where(FindingFile.sha256.in_(hashes)).order_by(FindingFile.id).tuples()
    return rows


def _found(words: str) -> Any:
    return (Finding.ref == words.upper()) | contains(Finding.title, words)


trail.describe("finding", _refs, label=lazy_gettext("指摘事項"), model=Finding, find=_found)
trail.describe("finding_control", _links, label=lazy_gettext("指摘事項と管理策の結び付き"), model=FindingControl)
trail.describe("finding_step", _steps, label=lazy_gettext("指摘事項の経過"), model=FindingStep)
trail.describe("finding_file", _files, label=lazy_gettext("指摘事項のファイル"), model=FindingFile)
hold(FindingFile.sha256, _owners)
