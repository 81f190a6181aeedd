"""The import of a ledger of evidence: all rows or none, with their files."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from peewee import chunked, fn

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.days import fiscal_year
from isms.core.imports import Plan, Row, Verdict
from isms.core.permissions import Actor
from isms.core.text import clean_text
from isms.evidence import files as file_rules
from isms.evidence.import_files import Folder, Shelf
from isms.evidence.import_plan import plan
from isms.evidence.import_rows import HEADERS, REQUIRED
from isms.evidence.models import Evidence, EvidenceFile, EvidenceLink, Review, Withdrawal

__all__ = ["HEADERS", "REQUIRED", "plan", "take"]

BATCH = 500  # rows of one statement
Values = list[dict[str, Any]]


def take(content: bytes, filename: str, *, files: Shelf | None = None, by: Actor, now: datetime) -> Plan:
    """Import a ledger: all of it, or nothing when any row is bad (Invalid). Files that are left over are swept."""
    shelf = files or Folder(None)
    first = plan(content, filename, files=shelf, by=by, now=now)
    first.must_be_whole()
    for name in sorted({name for row in first.of(Verdict.NEW) for name in row.values["files"]}):
        shelf.keep(name)
    with atomic():
        result = plan(content, filename, files=shelf, by=by, now=now)
        result.must_be_whole()
        new = _numbered(result.of(Verdict.NEW), now)
        file_rules.must_stand(list(dict.fromkeys(one for row in new for one in row.values["kept"])))
        _insert_all(new, by, now)
        reviews = [{"evidence": row.known, **row.values["review"]} for row in result.of(Verdict.CHANGED)]
        _insert(Review, reviews, _review_verb, by, now)
        counts = {verdict.value: number for verdict, number in result.counts().items()}
        trail.record(by, "evidence.imported", "evidence", now, file=clean_text(filename, 200), rows=counts)
        return result


def _numbered(rows: list[Row], now: datetime) -> list[Row]:
    """Give the rows in the order in which they are recorded, each with its reference.

    Those that keep one come first, in its order: the newest row of a year must hold the year's greatest number, from
    which the next one is counted.
    """
    kept = sorted((row for row in rows if row.values["own_ref"]), key=lambda row: row.values["own_ref"][:2])
    for row in kept:
        row.values["new_ref"] = row.values["own_ref"][2]
    others = [row for row in rows if not row.values["own_ref"]]
    year = fiscal_year(settings.today(now), settings.get("fiscal_year_start_month"))
    begin = f"EV-{year}-"
    used = [row.values["own_ref"][1] for row in kept if row.values["own_ref"][0] == year]
    query = Evidence.select(Evidence.ref).where(Evidence.ref.startswith(begin)).tuples()
    last = max([*used, *(int(ref.removeprefix(begin)) for (ref,) in query)], default=0)
    for number, row in enumerate(others, last + 1):
        row.values["new_ref"] = f"{begin}{number:04d}"
    return kept + others


def _insert_all(rows: list[Row], by: Actor, now: datetime) -> None:
    """Insert evidence, files, links, reviews and withdrawals, each kind at once."""
    ids = _insert_evidence(rows, by, now)
    files: Values = []
    links: Values = []
    reviews: Values = []
    gone: Values = []
    for row in rows:
        values, evidence = row.values, ids[row.values["new_ref"]]
        files += [{"evidence": evidence, "position": n, **one._asdict()} for n, one in enumerate(values["kept"])]
        links += [{"evidence": evidence, **one._asdict()} for one in values["links"]]
        if values["review"]:
            reviews.append({"evidence": evidence, **values["review"]})
        if values.get("withdrawn"):
            gone.append({"evidence": evidence, "reason": values["withdrawn"]})
    _insert(EvidenceFile, files, "evidence.file_added", by, now)
    _insert(EvidenceLink, links, "evidence.linked", by, now)
    _insert(Review, reviews, _review_verb, by, now)
    _insert(Withdrawal, gone, "evidence.withdrawn", by, now)


def _insert_evidence(rows: list[Row], by: Actor, now: datetime) -> dict[str, int]:
    """Insert the evidence in order and give the ids by reference; what a row corrects is there before it."""
    named = sorted({before for row in rows if (before := _before(row))})
    ids: dict[str, int] = {}
    for part in chunked(named, BATCH):
        ids |= dict(Evidence.select(Evidence.ref, Evidence.id).where(Evidence.ref.in_(part)).tuples())
    ready: Values = []
    refs: set[str] = set()
    for row in rows:
        before = _before(row)
        if before in refs:
            ids |= _made(ready, by, now)
            ready, refs = [], set()
        ready.append({**_evidence(row), "predecessor": ids[before] if before else None})
        refs.add(row.values["new_ref"])
    return ids | _made(ready, by, now)


def _made(values: Values, by: Actor, now: datetime) -> dict[str, int]:
    return {row.ref: row.id for row in _insert(Evidence, values, "evidence.recorded", by, now)}


def _before(row: Row) -> str:
    return str(row.values.get("predecessor") or "").upper()


def _evidence(row: Row) -> dict[str, Any]:
    """Give the columns of an evidence."""
    values, period = row.values, row.values["period"]
    return {
        "ref": values["new_ref"],
        "title": values["title"],
        "kind": values["kind"],
        "url": values["url"],
        "collected_on": values["collected_on"],
        "period_from": period.first if period else None,
        "period_to": period.last if period else None,
        "valid_until": values["valid_until"],
        "department": values["department_id"],
        "owner": values["owner_id"],
        "note": values["note"],
        "origin": "import",
        "import_key": values["key"],
    }


def _review_verb(row: Any) -> str:
    return "evidence.accepted" if row.accepted else "evidence.returned"


def _insert(model: Any, values: Values, verb: str | Callable[[Any], str], by: Actor, now: datetime) -> list[Any]:
    """Insert rows with their trail entries; gives them in order."""
    if not values:
        return []
    stamp = {"recorded_at": now, "recorded_by": by.id}
    last = model.select(fn.MAX(model.id)).scalar() or 0  # nobody else writes inside atomic()
    for batch in chunked(values, BATCH):
        model.insert_many([{**one, **stamp} for one in batch]).execute()
    rows = list(model.select().where(model.id > last).order_by(model.id))
    say = verb if callable(verb) else lambda row: verb
    trail.record_many(by, (trail.Change(say(row), row, {"before": None, "after": row.plain()}) for row in rows), now)
    return rows
