"""The list of evidence: what stands in it, how it is narrowed. Three queries a page, however many rows."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import g, url_for
from markupsafe import Markup
from peewee import Case, ModelSelect, Value, fn

from isms.catalogue import rules as catalogue
from isms.catalogue.editions import natural
from isms.catalogue.numbers import read_all
from isms.core import clock, settings
from isms.core.database import among
from isms.core.errors import Invalid
from isms.core.look import drawn
from isms.core.tables import Column, Filter, Table
from isms.core.text import contains
from isms.core.words import gettext, lazy_gettext
from isms.evidence.models import (
    Evidence,
    EvidenceFile,
    EvidenceLink,
    EvidenceLinkEnd,
    FileCheck,
    Redaction,
    RedactionProposal,
    Review,
    Withdrawal,
)
from isms.evidence.words import KINDS
from isms.people.departments import departments

# what an evidence is at the moment -> sign of the sprite, look, word; the first that holds
CONDITIONS: dict[str, tuple[str, str, Any]] = {
    "redacted": ("left", "na", lazy_gettext("消去")),
    "withdrawn": ("left", "na", lazy_gettext("取り下げ")),
    "replaced": ("left", "na", lazy_gettext("改めた")),
    "damaged": ("bad", "nc", lazy_gettext("破損")),
    "returned": ("bad", "nc", lazy_gettext("差し戻し")),
    "accepted": ("done", "ok", lazy_gettext("承認")),
    "waiting": ("undecided", "und", lazy_gettext("確認待ち")),
    "expired": ("expiring", "soon", lazy_gettext("期限切れ")),
}


def said_of(ids: Iterable[int]) -> dict[int, set[str]]:
    """Give what was said of each evidence: names of CONDITIONS; one query."""
    wanted = list(ids)
    return _gathered(_said(wanted), wanted)


def _gathered(queries: Iterable[Any], wanted: list[int]) -> dict[int, set[str]]:
    """Ask queries of (evidence, word) at once."""
    first, *others = queries
    for one in others:
        first = first.union_all(one)
    found: dict[int, set[str]] = {one: set() for one in wanted}
    for evidence_id, word in first.tuples():
        found[evidence_id].add(word)
    return found


def _said(wanted: list[int]) -> tuple[Any, ...]:
    newest = Review.select(fn.MAX(Review.id)).where(among(Review.evidence, wanted)).group_by(Review.evidence)
    successor: Any = Evidence.alias()
    checks: Any = FileCheck.alias()
    last = FileCheck.select(fn.MAX(FileCheck.id)).where(FileCheck.sha256 == EvidenceFile.sha256)
    same: Any = EvidenceFile.alias()
    return (
        Review.select(Review.evidence, _word(Review.accepted, "accepted", "returned")).where(Review.id.in_(newest)),
        Withdrawal.select(Withdrawal.evidence, _text("withdrawn")).where(among(Withdrawal.evidence, wanted)),
        successor.select(successor.predecessor, _text("replaced"))
        .join(Review, on=(Review.evidence == successor.id) & Review.accepted)
        .where(among(successor.predecessor, wanted)),
        EvidenceFile.select(EvidenceFile.evidence, _text("damaged"))
        .join(checks, on=checks.id == last)
        .where(among(EvidenceFile.evidence, wanted), ~checks.sound),
        EvidenceFile.select(EvidenceFile.evidence, _text("redacted"))
        .join(same, on=same.sha256 == EvidenceFile.sha256)
        .join(RedactionProposal, on=RedactionProposal.file == same.id)
        .join(Redaction, on=Redaction.proposal == RedactionProposal.id)
        .where(among(EvidenceFile.evidence, wanted)),
    )


def _links(wanted: list[int], day: date) -> Any:
    """Give the query of the links that last on the day, each as its edition and key in one text."""
    ended = EvidenceLinkEnd.select(EvidenceLinkEnd.link).where(EvidenceLinkEnd.to_day < day)
    named = EvidenceLink.edition.concat(" ").concat(EvidenceLink.key)
    return EvidenceLink.select(EvidenceLink.evidence, named).where(
        among(EvidenceLink.evidence, wanted), EvidenceLink.id.not_in(ended)
    )


def _text(word: str) -> Any:
    return Value(word).cast("TEXT")


def _word(condition: Any, yes: str, no: str) -> Any:
    return Case(None, ((condition, _text(yes)),), _text(no))


def condition_of(said: set[str], valid_until: date, day: date) -> str:
    """Give the one word for an evidence on the day."""
    for name in CONDITIONS:
        if name in said:
            return "expired" if name == "accepted" and valid_until < day else name
    return "waiting"


def mark(name: str) -> Markup:
    """Draw a condition: sign, word and tint; once a request."""
    marks: dict[str, Markup] = g.setdefault("marks", {})
    if name not in marks:
        sign, look, word = CONDITIONS[name]
        marks[name] = drawn(sign, word, look)
    return marks[name]


def load(rows: list[Evidence]) -> None:
    """Give each row its controls and its condition; one query."""
    ids, today = [row.id for row in rows], settings.today(clock.now())
    told = _gathered((_links(ids, today), *_said(ids)), ids)
    for row in rows:
        linked = [one.split(" ", 1) for one in told[row.id] if " " in one]
        row.numbers = _numbers((edition, key) for edition, key in linked)
        row.condition = condition_of(told[row.id], row.valid_until, today)


def _numbers(linked: Iterable[tuple[str, str]]) -> list[str]:
    """Give the keys of the newest edition in which an evidence is linked, as far as the person may know of them."""
    found: dict[date, set[str]] = {}
    for edition, key in linked:
        if covered(edition, key):
            found.setdefault(catalogue.standards().edition(edition).published, set()).add(key)
    return sorted(found[max(found)], key=natural) if found else []


def covered(edition: str, key: str) -> bool:
    """Tell whether the person may know of links to the requirement: auditors only within their engagement."""
    return g.actor.coverage is None or g.actor.coverage.covers(edition, key)


def numbers_words(row: Any) -> str:
    """Name the controls of a row: the first three, and how many more."""
    some = gettext("、").join(row.numbers[:3])
    more = len(row.numbers) - 3
    return gettext("%(some)s ほか%(more)s件", some=some, more=more) if more > 0 else some


def _departments() -> dict[int, str]:
    """Give the departments' names by id; read once a request."""
    if "departments" not in g:
        g.departments = {row.id: row.name for row in departments()}
    return g.departments


def _by_text(query: ModelSelect, text: str) -> ModelSelect:
    words = contains(Evidence.title, text) | contains(Evidence.note, text) | (Evidence.ref == text.strip().upper())
    return query.where(words)


def _by_control(query: ModelSelect, text: str) -> ModelSelect:
    """Keep what is linked to the number in any edition of the standard that knows it."""
    pairs, refusal = [], None
    for edition in catalogue.standards().editions_of(catalogue.STANDARD):
        try:
            pairs += [
                (edition.id, row.key)
                for row in read_all(catalogue.adapted(edition.id), text)
                if covered(edition.id, row.key)
            ]
        except Invalid as error:
            refusal = error
    if not pairs and refusal is not None:
        raise ValueError(str(refusal))
    wanted: Any = EvidenceLink.id.in_([])
    for edition_id, key in pairs:
        wanted |= (EvidenceLink.edition == edition_id) & (EvidenceLink.key == key)
    gone = EvidenceLinkEnd.select(EvidenceLinkEnd.link).where(EvidenceLinkEnd.to_day < settings.today(clock.now()))
    links = EvidenceLink.select(EvidenceLink.evidence).where(wanted, EvidenceLink.id.not_in(gone))
    return query.where(Evidence.id.in_(links))


def _by_review(query: ModelSelect, value: str) -> ModelSelect:
    withdrawn = Withdrawal.select(Withdrawal.evidence)
    if value == "withdrawn":
        return query.where(Evidence.id.in_(withdrawn))
    reviewed = Review.select(Review.evidence)
    if value == "waiting":
        return query.where(Evidence.id.not_in(reviewed), Evidence.id.not_in(withdrawn))
    said = reviewed.where(Review.accepted == (value == "accepted"))
    return query.where(Evidence.id.in_(said), Evidence.id.not_in(withdrawn))


def _by_day(query: ModelSelect, day: date) -> ModelSelect:
    return query.where(Evidence.collected_on <= day, Evidence.valid_until >= day)


def _by_hand(query: ModelSelect, value: str) -> ModelSelect:
    if value == "recorded":
        return query.where(Evidence.recorded_by == g.actor.id)
    return query.where(Evidence.owner == g.actor.person_id)


TABLE = Table(
    "evidence",
    lazy_gettext("証跡"),
    [
        Column("ref", lazy_gettext("番号"), expr=Evidence.id, nowrap=True),
        Column("title", lazy_gettext("件名"), expr=Evidence.title),
        Column("controls", lazy_gettext("管理策"), numbers_words, download=lambda row: ", ".join(row.numbers)),
        Column("collected_on", lazy_gettext("収集日"), expr=Evidence.collected_on, nowrap=True),
        Column("valid_until", lazy_gettext("有効期限"), expr=Evidence.valid_until, nowrap=True),
        Column("department", lazy_gettext("部署"), lambda row: _departments().get(row.department_id)),
        Column("kind", lazy_gettext("種類"), lambda row: KINDS[row.kind], nowrap=True),
        Column(
            "condition",
            lazy_gettext("状況"),
            lambda row: mark(row.condition),
            nowrap=True,
            download=lambda row: str(CONDITIONS[row.condition][2]),
        ),
    ],
    default_sort="-ref",
    filters=[
        Filter("q", lazy_gettext("言葉・番号"), _by_text),
        Filter("control", lazy_gettext("管理策"), _by_control),
        Filter(
            "kind", lazy_gettext("種類"), lambda q, v: q.where(Evidence.kind == v), "select", lambda: [*KINDS.items()]
        ),
        Filter(
            "department",
            lazy_gettext("部署"),
            lambda q, v: q.where(Evidence.department == int(v)),
            "select",
            lambda: [(str(number), name) for number, name in _departments().items()],
        ),
        Filter(
            "review",
            lazy_gettext("確認"),
            _by_review,
            "select",
            [(name, CONDITIONS[name][2]) for name in ("waiting", "accepted", "returned", "withdrawn")],
        ),
        Filter("on", lazy_gettext("この日に有効"), _by_day, "day"),
        Filter(
            "mine",
            lazy_gettext("自分の"),
            _by_hand,
            "select",
            [("recorded", lazy_gettext("登録したもの")), ("owned", lazy_gettext("担当するもの"))],
        ),
    ],
    row_href=lambda row: url_for("evidence.one", evidence_id=row.id),
    row_class=lambda row: "bad" if row.condition in {"damaged", "returned"} else "",
    prefetch=load,
    empty=(
        lazy_gettext("まだ証跡がありません"),
        lazy_gettext("日ごろの仕事で残る記録や文書を登録すると、管理策が有効になります。"),
    ),
)
