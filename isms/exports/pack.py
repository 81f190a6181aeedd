"""The audit pack: one zip from which an auditor sees, offline, what was proven and that nothing was changed since.

It shows everything as of one moment, beside the writers, and never holds the files in memory. When a file turns out
damaged, that is recorded and the pack begun again without it: a damaged file never leaves.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from isms.core import pdf, settings
from isms.core.database import snapshot
from isms.core.days import Span
from isms.core.durable import durably
from isms.core.errors import NotFound, Unavailable
from isms.core.permissions import Actor
from isms.core.words import gettext
from isms.evidence import files as file_rules
from isms.exports import orders, pack_about, pack_evidence, pack_findings, pack_trail, statement, status, verifier
from isms.exports.archive import Archive
from isms.exports.pack_evidence import Shelf
from isms.exports.pack_index import Index
from isms.status import rules as states
from isms.status.rules import Report
from isms.trail import head
from isms.trail.models import TrailEntry

ROUNDS = 3  # on a disk where each round finds new damage no pack can be made
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Content:
    """What a pack is made of, as of one moment."""

    by: Actor
    period: Span
    newest: TrailEntry
    shelf: Shelf
    report: Report
    statement: statement.Told
    findings: list[dict[str, Any]]


class _Again(Exception):
    """Files turned out damaged while they were copied: by hash, what is wrong."""

    def __init__(self, damaged: dict[str, str]) -> None:
        super().__init__()
        self.damaged = damaged


def write(
    file: Path, period: Span, *, by: Actor, now: datetime, tell: Tell = lambda done, total: None
) -> dict[str, str]:
    """Write the pack of a period; gives the files that it lacks because they are damaged (what is wrong by hash).

    `tell` hears how many steps of how many are done. Raises Invalid for a period that is not over, Unavailable for a
    full or broken disk; what was there before stands then.
    """
    orders.not_ahead(period, settings.today(now))
    for _ in range(ROUNDS):
        try:
            with durably(file) as target, snapshot():
                content = _content(by, period, now)
                _write(target, content, tell)
                return pack_evidence.lacking(content.shelf)
        except _Again as again:
            for sha256, found in again.damaged.items():
                file_rules.note_damage(sha256, found, now)
    raise Unavailable(gettext("保管したファイルが次々に壊れています。ディスクを確かめてください。"))


def _content(by: Actor, period: Span, now: datetime) -> Content:
    newest = head()
    if newest is None:
        raise NotFound()
    report = states.report_for(by, period.last, "then", now)
    told = statement.told(by, period.last, now=now, newest=newest)
    return Content(
        by, period, newest, pack_evidence.shelf(by, period), report, told, pack_findings.findings(by, period)
    )


def _write(target: BinaryIO, content: Content, tell: Tell) -> None:
    """Write all members; documents are set in processes of their own meanwhile."""
    with Archive(target, content.newest.at) as archive, ThreadPoolExecutor(2) as setters:
        papers = {
            "status.pdf": _setting(setters, status.paper(content.report, content.newest)),
            "statement.pdf": _setting(setters, statement.paper(content.statement)),
        }
        if damaged := pack_evidence.copy(content.shelf, archive, tell):
            raise _Again(damaged)
        _write_facts(archive, content)
        _write_documents(archive, content)
        for name, paper in papers.items():
            archive.add(name, [paper.result()])
    tell(1, 1)


def _setting(setters: ThreadPoolExecutor, paper: dict[str, Any] | bytes) -> "Future[bytes]":
    """Have a document set, unless it was frozen long ago."""
    if isinstance(paper, bytes):
        return setters.submit(lambda: paper)
    return setters.submit(copy_context().run, lambda: pdf.render(**paper))


def _write_facts(archive: Archive, content: Content) -> None:
    """Write trail, evidence, findings, standards, and the page that shows them."""
    by, period = content.by, content.period
    archive.add_text("trail.jsonl", pack_trail.lines(by, period, content.newest.no))
    index = Index(content.report, content.statement, content.findings, period, content.newest)
    archive.add_text("evidence.json", _listed(index.seeing(pack_evidence.told(content.shelf, content.report))))
    archive.add_text("index.html", index.pages())
    archive.add_text("findings.json", [pack_findings.as_json(content.findings)])
    archive.add("findings.csv", [pack_findings.as_csv(content.findings)], text=True)
    archive.add_text("standards.json", [pack_about.standards_json()])
    archive.add_text("pack.json", [pack_about.about_json(by, period, content.newest, content.report.edition.id)])
    archive.add_text("verify.py", [verifier.source()])


def _listed(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Write a list as JSON, a line each."""
    before = "[\n"
    for row in rows:
        yield before + json.dumps(row, ensure_ascii=False)
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"


def _write_documents(archive: Archive, content: Content) -> None:
    archive.add("status.json", [status.as_json(content.report, content.newest)], text=True)
    archive.add("status.xlsx", [status.as_xlsx(content.report)])
    archive.add("statement.json", [statement.as_json(content.statement)], text=True)
    archive.add("statement.xlsx", [statement.as_xlsx(content.statement)])
