"""What may happen to evidence: it is recorded, linked to requirements, corrected by a successor, withdrawn. Never edited."""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from peewee import ModelSelect

from isms import trail
from isms.catalogue.editions import Kind
from isms.catalogue.wording import adapted
from isms.core import settings
from isms.core.database import atomic
from isms.core.days import Span
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor, Permission, Scope, demand, scopes_of
from isms.core.references import next_ref
from isms.core.text import UnusableText, clean_text
from isms.core.words import gettext
from isms.evidence import files as file_rules
from isms.evidence import words
from isms.evidence.files import Kept, Upload
from isms.evidence.models import Evidence, EvidenceFile, EvidenceLink, EvidenceLinkEnd, Withdrawal
from isms.people.models import Department, Person

TITLE, NOTE, URL = 200, 5000, 2000  # characters at most
Controls = Sequence[tuple[str, str]]  # edition, key


def get_evidence(evidence_id: int) -> Evidence:
    """Give the evidence; raises NotFound."""
    evidence = Evidence.get_or_none(Evidence.id == evidence_id)
    if evidence is None:
        raise NotFound()
    return evidence


def seen_evidence(evidence_id: int, *, by: Actor) -> Evidence:
    """Give the evidence to an actor who may read it; raises NotFound for anyone else."""
    evidence = get_evidence(evidence_id)
    demand(by, Permission.EVIDENCE_READ, evidence)
    return evidence


def readable(by: Actor, permission: Permission = Permission.EVIDENCE_READ) -> ModelSelect:
    """Give the query of the evidence for which the actor has the permission."""
    scopes = scopes_of(by, permission)
    query = Evidence.select()
    if Scope.ALL in scopes:
        return query
    allowed: Any = Evidence.id.in_([])
    if Scope.DEPARTMENT in scopes and by.heads:
        allowed |= Evidence.department.in_(sorted(by.heads))
    if Scope.ENGAGEMENT in scopes:
        allowed |= Evidence.engaged(by)
    return query.where(allowed)


def propose_valid_until(collected_on: date, interval: int | None = None) -> date:
    """Give the last day of proof that a form proposes: the day before the interval (months) is over."""
    months = collected_on.month - 1 + (interval or settings.get("evidence_interval_months"))
    year, month = collected_on.year + months // 12, months % 12 + 1
    return date(year, month, min(collected_on.day, monthrange(year, month)[1])) - timedelta(days=1)


def record_evidence(
    *,
    title: str,
    controls: Controls,
    collected_on: date,
    by: Actor,
    now: datetime,
    kind: str = "record",
    files: Iterable[Upload | Kept] = (),
    url: str = "",
    period: Span | None = None,
    valid_until: date | None = None,
    department_id: int | None = None,
    owner_id: int | None = None,
    note: str = "",
    predecessor_id: int | None = None,
    origin: str = "person",
    import_key: str | None = None,
) -> Evidence:
    """Record evidence with its files and its links, which count from the day of collection.

    `origin` names the work that leaves it: `person` for what is laid down on its own, guarded by who may record;
    any other work has its own guard.
    """
    given = list(files)
    values = checked(
        title=title,
        kind=kind,
        url=url,
        collected_on=collected_on,
        valid_until=valid_until or propose_valid_until(collected_on),
        note=note,
        today=settings.today(now),
    )
    if not (given or values["url"] or values["note"] or origin != "person"):
        raise Invalid({"files": gettext("ファイル、リンク、備考のどれか一つは入れてください。")})
    # Departments, people and requirements never vanish: asked before the bytes are stored and anybody has to wait.
    _guard_place(department_id, owner_id)
    if origin == "person":
        _guard_department(by, department_id)
    wanted = check_controls(controls)
    kept = file_rules.keep(given)
    stamp = {"recorded_at": now, "recorded_by": by.id}
    with atomic():
        _guard_predecessor(predecessor_id, by if origin == "person" else None)
        file_rules.must_stand(kept)
        evidence = Evidence.create(
            **values,
            **stamp,
            ref=next_ref(Evidence, "EV", now),
            period_from=period.first if period else None,
            period_to=period.last if period else None,
            department=department_id,
            owner=owner_id,
            predecessor=predecessor_id,
            origin=origin,
            import_key=import_key,
        )
        rows = [("evidence.recorded", evidence), *_attach(evidence, kept, wanted, stamp)]
        changes = [trail.Change(verb, row, {"before": None, "after": row.plain()}) for verb, row in rows]
        trail.record_many(by, changes, now)
        return evidence


def _attach(evidence: Evidence, kept: list[Kept], wanted: Controls, stamp: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Add files and links to new evidence; gives a verb with each row."""
    for position, one in enumerate(kept):
        file = EvidenceFile.create(evidence=evidence.id, position=position, **one._asdict(), **stamp)
        yield "evidence.file_added", file
    for edition, key in wanted:
        begin = evidence.collected_on
        link = EvidenceLink.create(evidence=evidence.id, edition=edition, key=key, from_day=begin, **stamp)
        yield "evidence.linked", link


def checked(*, today: date, **values: Any) -> dict[str, Any]:
    """Give the values as they are kept; raises Invalid with a message per field."""
    wrong: dict[str, str] = {}
    for name, most in (("title", TITLE), ("url", URL), ("note", NOTE)):
        try:
            values[name] = clean_text(values[name], most, lines=name == "note")
        except UnusableText as error:
            wrong[name] = str(error)
    if not values["title"]:
        wrong["title"] = gettext("件名を入力してください。")
    if values["kind"] not in words.KINDS:
        wrong["kind"] = gettext("種類を選んでください。")
    if values["kind"] == "link" and not values["url"]:
        wrong["url"] = gettext("リンクを入力してください。")
    if values["url"] and not is_link(values["url"]):
        wrong["url"] = gettext("http:// か https:// で始まるリンクを入力してください。")
    if values["collected_on"] > today:
        wrong["collected_on"] = gettext("先の日付です。収集した日を入力してください。")
    if values["valid_until"] < values["collected_on"]:
        wrong["valid_until"] = gettext("有効期限が収集日より前です。")
    if wrong:
        raise Invalid(wrong)
    return values


def is_link(text: str) -> bool:
    """Tell whether the text is a link that may stand on a page: http or https, to a host, without a password."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = not re.search(r"[\s\\<>\"`]", text)
    return plain and parts.scheme in {"http", "https"} and bool(host) and "@" not in parts.netloc


def check_controls(controls: Controls) -> list[tuple[str, str]]:
    """Give the (edition, key) pairs once each; raises Invalid for none, and for one that its edition lacks."""
    wanted = list(dict.fromkeys(controls))
    if not wanted:
        raise Invalid({"controls": gettext("管理策を一つ以上選んでください。")})
    for edition, keys in _by_edition(wanted).items():
        try:
            known = {one.key for one in adapted(edition).rows if one.kind is not Kind.HEADING}
        except NotFound as error:
            raise Invalid({"controls": str(error)}) from error
        for key in keys:
            if key not in known:
                raise Invalid({"controls": gettext("%(edition)s に %(key)s はありません。", edition=edition, key=key)})
    return wanted


def _by_edition(pairs: Controls) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for edition, key in pairs:
        grouped.setdefault(edition, []).append(key)
    return grouped


def _guard_place(department_id: int | None, owner_id: int | None) -> None:
    """Refuse a department or owner that does not exist."""
    if department_id is not None and not Department.select().where(Department.id == department_id).exists():
        raise Invalid({"department_id": gettext("部署を選んでください。")})
    if owner_id is not None and not Person.select().where(Person.id == owner_id).exists():
        raise Invalid({"owner_id": gettext("担当を職員から選んでください。")})


def _guard_department(by: Actor, department_id: int | None) -> None:
    """Refuse a department that a head does not head."""
    if by.person_id is None or Scope.ALL in scopes_of(by, Permission.EVIDENCE_RECORD):
        return
    if department_id not in by.heads:
        raise Invalid({"department_id": gettext("責任者を務める部署を選んでください。")})


def _guard_predecessor(predecessor_id: int | None, by: Actor | None) -> None:
    if predecessor_id is None:
        return
    predecessor = get_evidence(predecessor_id)
    if by is None:
        guard_standing(predecessor)
    else:
        workable(predecessor_id, by)
    if Evidence.select().where(Evidence.predecessor == predecessor).exists():
        raise Conflict(gettext("この証跡には、すでに改めた証跡があります。"))


def workable(evidence_id: int, by: Actor) -> Evidence:
    """Give an evidence that stands and that the actor may work on; raises NotFound or Conflict."""
    evidence = get_evidence(evidence_id)
    if by.person_id is not None:  # the system and the console answer for themselves
        demand(by, Permission.EVIDENCE_RECORD, evidence)
    guard_standing(evidence)
    return evidence


def guard_standing(evidence: Evidence) -> None:
    """Refuse what was withdrawn."""
    if Withdrawal.select().where(Withdrawal.evidence == evidence).exists():
        raise Conflict(gettext("この証跡はすでに取り下げられています。"))


def withdraw(evidence_id: int, *, reason: str, by: Actor, now: datetime) -> Withdrawal:
    """Withdraw an evidence, saying why: it proves nothing from then on."""
    kept = said(reason, "reason")
    with atomic():
        evidence = workable(evidence_id, by)
        row = Withdrawal.create(evidence=evidence.id, reason=kept, recorded_at=now, recorded_by=by.id)
        trail.record(by, "evidence.withdrawn", row, now, before=None, after=row.plain())
        return row


def said(text: str, field: str) -> str:
    """Give a reason as it is kept; raises Invalid for an empty one."""
    try:
        kept = clean_text(text, NOTE, lines=True)
    except UnusableText as error:
        raise Invalid({field: str(error)}) from error
    if not kept:
        raise Invalid({field: gettext("理由を入力してください。")})
    return kept


def link(
    evidence_id: int, *, edition: str, key: str, from_day: date | None = None, by: Actor, now: datetime
) -> EvidenceLink:
    """Let an evidence stand for one more requirement, from the day of its collection unless another is given."""
    with atomic():
        evidence = workable(evidence_id, by)
        check_controls([(edition, key)])
        start = from_day or evidence.collected_on
        same = (EvidenceLink.evidence == evidence) & (EvidenceLink.edition == edition) & (EvidenceLink.key == key)
        for old in EvidenceLink.select().where(same):
            if all(end.to_day >= start for end in old.ends):
                raise Conflict(gettext("この証跡は、すでに %(key)s に結び付いています。", key=key))
        row = EvidenceLink.create(
            evidence=evidence.id, edition=edition, key=key, from_day=start, recorded_at=now, recorded_by=by.id
        )
        trail.record(by, "evidence.linked", row, now, before=None, after=row.plain())
        return row


def link_many(evidence_id: int, controls: Controls, *, from_day: date, by: Actor, now: datetime) -> list[EvidenceLink]:
    """Let an evidence stand for more requirements: all of them or none."""
    try:
        with atomic():
            wanted = check_controls(controls)
            return [link(evidence_id, edition=e, key=k, from_day=from_day, by=by, now=now) for e, k in wanted]
    except Conflict as error:
        raise Invalid({"controls": str(error)}) from error


def end_link(link_id: int, *, to_day: date, reason: str = "", by: Actor, now: datetime) -> EvidenceLinkEnd:
    """Let a link count until the day; the day before its first one takes it back whole."""
    with atomic():
        row = EvidenceLink.get_or_none(EvidenceLink.id == link_id)
        if row is None:
            raise NotFound()
        workable(row.evidence_id, by)
        if row.ends.exists():
            raise Conflict(gettext("この結び付きはすでに終わっています。"))
        if to_day < row.from_day - timedelta(days=1):
            raise Invalid({"to_day": gettext("終わりの日が始まりの日より前です。")})
        end = EvidenceLinkEnd.create(
            link=row.id,
            to_day=to_day,
            reason=said(reason, "reason") if reason.strip() else "",
            recorded_at=now,
            recorded_by=by.id,
        )
        trail.record(by, "evidence.link_ended", end, now, before=None, after=end.plain())
        return end


def links_of(evidence_id: int) -> list[EvidenceLink]:
    """Give the links of an evidence, in order of requirement; each with `to_day`, None while it lasts."""
    rows = list(EvidenceLink.select().where(EvidenceLink.evidence == evidence_id).order_by(EvidenceLink.id))
    ends = EvidenceLinkEnd.select(EvidenceLinkEnd.link, EvidenceLinkEnd.to_day).where(
        EvidenceLinkEnd.link.in_([row.id for row in rows])
    )
    ended = dict(ends.tuples())
    for row in rows:
        row.to_day = ended.get(row.id)
    return rows


def files_of(evidence_id: int) -> list[EvidenceFile]:
    """Give the files of an evidence in their order."""
    return list(EvidenceFile.select().where(EvidenceFile.evidence == evidence_id).order_by(EvidenceFile.position))


def twins(evidence_id: int, *, by: Actor, most: int = 10) -> list[Evidence]:
    """Give the first other evidence with any of the same files, as far as the actor may know of it (attack 5)."""
    hashes = EvidenceFile.select(EvidenceFile.sha256).where(EvidenceFile.evidence == evidence_id)
    same = EvidenceFile.select(EvidenceFile.evidence).where(EvidenceFile.sha256.in_(hashes))
    return list(readable(by).where(Evidence.id.in_(same), Evidence.id != evidence_id).order_by(Evidence.id).limit(most))
