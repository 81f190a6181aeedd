"""The state of every requirement on a day, computed anew from the exported trail alone, straight from its definition.

It shares no code with the application and needs only Python's standard library: `verify.py` of the audit pack holds this
very file, and a test compares it with the application for hundreds of random histories. Simple before fast.

    states(lines, catalogue, day, known, zone, warning_days) -> {(number, kind): (state, reasons)}

`lines`: entries of the trail as `isms trail export` writes them, each read by json.loads.
`catalogue`: editions of ISO/IEC 27001, oldest first: {edition: {key: (number, kind)}}, kind "control" or "clause".
`known`: "then" (only what was recorded by the end of the day) or "now" (all of it). `zone`: the organisation's tzinfo.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

Row = dict[str, Any]
Requirements = Mapping[str, tuple[str, str]]  # key: (number, kind)
State = tuple[str, list[str]]


class Facts:
    """The rows that the trail tells of, by table: each a dict with its id; and what is known of them."""

    def __init__(self, lines: Iterable[Row], day: date, known: str, zone: tzinfo) -> None:
        self.day, self.known, self.zone = day, known, zone
        self.tables: dict[str, dict[int, Row]] = {}
        for line in lines:
            table, _, number = line["entry"]["subject"].partition(":")
            details = line["details"]
            if number and details and isinstance(details.get("after"), dict) and "recorded_at" in details["after"]:
                row = {**details["after"], "id": int(number), "sha256_gone": details.get("sha256")}
                self.tables.setdefault(table, {}).setdefault(row["id"], row)
        self.groups: dict[tuple[str, str], dict[Any, list[Row]]] = {}

    def rows(self, table: str) -> list[Row]:
        """Give the rows of a table that are known."""
        return [row for row in self.tables.get(table, {}).values() if self.is_known(row)]

    def of(self, table: str, column: str, value: Any) -> list[Row]:
        """Give the known rows of a table whose column has the value."""
        if (table, column) not in self.groups:
            groups: dict[Any, list[Row]] = {}
            self.groups[table, column] = groups
            for row in self.rows(table):
                groups.setdefault(row[column], []).append(row)
        return self.groups[table, column].get(value, [])

    def is_known(self, row: Row) -> bool:
        """Then: recorded by the end of the day. Now: always."""
        return self.known == "now" or self.recorded_on(row) <= self.day

    def recorded_on(self, row: Row) -> date:
        """Give the day of recording where the organisation is."""
        moment = datetime.fromisoformat(row["recorded_at"].replace("Z", "+00:00"))
        return moment.astimezone(self.zone).date()


def newest(rows: Iterable[Row], *columns: str) -> Row | None:
    """Give the row that comes last by the columns and then by its id; None without any."""
    return max(rows, key=lambda row: [row[column] for column in columns] + [row["id"]], default=None)


def on(text: str) -> date:
    """Read a day."""
    return date.fromisoformat(text)


def edition_in_force(facts: Facts, catalogue: Mapping[str, Requirements]) -> str:
    """Give the edition with the latest from_day that has come; the newest one where none was put in force."""
    begun = [row for row in facts.rows("edition_in_force") if on(row["from_day"]) <= facts.day]
    row = newest(begun, "from_day")
    return row["edition"] if row else list(catalogue)[-1]


def requirements(facts: Facts, catalogue: Mapping[str, Requirements], edition: str) -> Requirements:
    """Give the requirements of the edition and the organisation's own controls: {key: (number, kind)}."""
    found = dict(catalogue[edition])
    for key in {row["key"] for row in facts.of("own_control", "edition", edition)}:
        row = newest(one for one in facts.of("own_control", "edition", edition) if one["key"] == key)
        if row and row["in_use"]:
            found[key] = (key, "control")
    return found


def decision(facts: Facts, edition: str, key: str) -> Row | None:
    """Give the decision in force: of those that have begun, the latest."""
    begun = [
        row
        for row in facts.of("decision", "key", key)
        if row["edition"] == edition and on(row["from_day"]) <= facts.day
    ]
    return newest(begun, "from_day")


def linked(facts: Facts, edition: str, key: str) -> list[Row]:
    """Give the evidence whose link to the requirement counts on the day."""
    found = {}
    for link in facts.of("evidence_link", "key", key):
        ended = any(on(end["to_day"]) < facts.day for end in facts.of("evidence_link_end", "link", link["id"]))
        if link["edition"] == edition and on(link["from_day"]) <= facts.day and not ended:
            for row in facts.of("evidence", "id", link["evidence"]):
                found[row["id"]] = row
    return list(found.values())


def review(facts: Facts, evidence: Row) -> str:
    """Give what the newest review said: accepted, returned, or waiting without one."""
    row = newest(facts.of("review", "evidence", evidence["id"]))
    return "waiting" if row is None else "accepted" if row["accepted"] else "returned"


def hashes(facts: Facts, evidence: Row) -> set[str]:
    """Give the hashes of the evidence's files."""
    return {row["sha256"] for row in facts.of("evidence_file", "evidence", evidence["id"])}


def withdrawn(facts: Facts, evidence: Row) -> bool:
    """Withdrawn, or one of its files was destroyed by the day."""
    if facts.of("withdrawal", "evidence", evidence["id"]):
        return True
    destroyed = [row for row in facts.tables.get("redaction", {}).values() if facts.recorded_on(row) <= facts.day]
    return any(row["sha256_gone"] in hashes(facts, evidence) for row in destroyed)


def gone(facts: Facts, evidence: Row) -> bool:
    """Withdrawn, or corrected by a successor, or a successor of that, which is accepted and not withdrawn."""
    return withdrawn(facts, evidence) or corrected(facts, evidence)


def corrected(facts: Facts, evidence: Row) -> bool:
    """Tell whether somewhere down the line of successors one is accepted and not withdrawn."""
    return any(
        (review(facts, one) == "accepted" and not withdrawn(facts, one)) or corrected(facts, one)
        for one in facts.of("evidence", "predecessor", evidence["id"])
    )


def damaged(facts: Facts, evidence: Row) -> bool:
    """Tell whether the newest check by the day found one of its files damaged."""
    for sha256 in hashes(facts, evidence):
        checks = [row for row in facts.tables.get("file_check", {}).values() if row["sha256"] == sha256]
        last = newest([row for row in checks if facts.recorded_on(row) <= facts.day])
        if last is not None and not last["sound"]:
            return True
    return False


def has_nonconformity(facts: Facts, edition: str, key: str) -> bool:
    """Tell whether a finding of a nonconformity grade on the requirement is open on the day."""
    for link in facts.of("finding_control", "key", key):
        if link["edition"] == edition and on(link["from_day"]) <= facts.day:
            for finding in facts.of("finding", "id", link["finding"]):
                if finding["grade"] in ("major", "minor") and is_open(facts, finding):
                    return True
    return False


def is_open(facts: Facts, finding: Row) -> bool:
    """Opened by the day, and the newest of its closings and reopenings by the day is not a closing."""
    steps = [
        row
        for row in facts.of("finding_step", "finding", finding["id"])
        if row["kind"] in ("closed", "reopened") and on(row["day"]) <= facts.day
    ]
    last = newest(steps, "day")
    return on(finding["opened_on"]) <= facts.day and (last is None or last["kind"] != "closed")


def state(facts: Facts, edition: str, key: str, kind: str, warning_days: int) -> State:
    """Give the state of one requirement, the first that holds, and the reasons of an unproven one."""
    decided = decision(facts, edition, key)
    if kind == "control" and decided is None:
        return "undecided", []
    if kind == "control" and decided and not decided["applicable"]:
        return "not_applicable", []
    if has_nonconformity(facts, edition, key):
        return "nonconforming", []
    if kind == "control" and decided and decided["implementation"] in ("not_started", "planned"):
        return "not_implemented", []
    return proof(facts, linked(facts, edition, key), warning_days)


def proof(facts: Facts, evidence: Iterable[Row], warning_days: int) -> State:
    """Tell what the evidence proves on the day."""
    ends, reasons = [], set()
    for one in evidence:
        if gone(facts, one) or facts.day < on(one["collected_on"]):
            continue
        said, broken, over = review(facts, one), damaged(facts, one), on(one["valid_until"]) < facts.day
        if said == "waiting" and not over:
            reasons.add("waiting")
        if said == "accepted" and over and not broken:
            reasons.add("expired")
        if said == "accepted" and broken and not over:
            reasons.add("damaged")
        if said == "accepted" and not broken and not over:
            ends.append(on(one["valid_until"]))
    if not ends:
        return "unproven", [one for one in ("waiting", "expired", "damaged") if one in reasons] or ["missing"]
    return "expiring" if max(ends) - facts.day <= timedelta(days=warning_days) else "proven", []


def states(
    lines: Iterable[Row],
    catalogue: Mapping[str, Requirements],
    day: date,
    known: str,
    zone: tzinfo,
    warning_days: int,
) -> dict[tuple[str, str], State]:
    """Give the state of every requirement of the edition in force on the day."""
    facts = Facts(lines, day, known, zone)
    edition = edition_in_force(facts, catalogue)
    wanted = requirements(facts, catalogue, edition)
    return {(number, kind): state(facts, edition, key, kind, warning_days) for key, (number, kind) in wanted.items()}
