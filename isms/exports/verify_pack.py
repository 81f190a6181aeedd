"""Check this audit pack: `python3 verify.py [FOLDER] [--lang ja|en] [--checkpoint "NUMBER HASH"]`.

Needs Python 3.8 or later and nothing else, and neither the network nor the program that wrote the pack. It checks the
sums of all files, the chain of the trail, every evidence against the trail, and computes the state of every requirement
anew from the facts in the trail. One line a check; exit status 0 when all of it holds, else 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from isms.exports.naive_status import Facts, decision, edition_in_force, gone, is_open, linked, on, review, states
from isms.exports.verify_members import LANGUAGES, MOST_TOLD, Broken, Pack, check_chain, check_noted, check_sums, say


def rows_of(pack: Pack, kind: str) -> dict[int, dict[str, Any]]:
    """Give the rows of a kind as the trail tells them, by number."""
    found = {}
    for row in pack.entries:
        name, _, number = row["entry"]["subject"].partition(":")
        if name == kind and row["details"] is not None and isinstance(row["details"].get("after"), dict):
            found[int(number)] = row["details"]["after"]
    return found


def check_evidence(pack: Pack) -> Iterator[str]:
    """Compare every evidence and its files with what the trail says was recorded."""
    refs = {number: row["ref"] for number, row in rows_of(pack, "evidence").items()}
    recorded: dict[str, list[tuple[str, str, int]]] = {}
    for _, row in sorted(rows_of(pack, "evidence_file").items()):
        recorded.setdefault(refs.get(row["evidence"], ""), []).append((row["name"], row["sha256"], row["size"]))
    listed, told = set(), pack.read("evidence.json")
    for ref in sorted(expected(pack) - {one["ref"] for one in told}):
        yield say("evidence", name="evidence.json", what=ref)
    for one in told:
        given = [(file["name"], file["sha256"], file["size"]) for file in one["files"]]
        if one["ref"] not in refs.values() or sorted(given) != sorted(recorded.get(one["ref"], [])):
            yield say("evidence", name="evidence.json", what=one["ref"])
        for file in one["files"]:
            if file["path"] is None:
                continue
            listed.add(file["path"])
            if pack.sha256(file["path"]) != file["sha256"]:
                yield say("file", name=file["path"], what=one["ref"])
    for name in pack.members():
        if name.startswith("files/") and name not in listed:
            yield say("unlisted", name=name)


def expected(pack: Pack) -> set[str]:
    """Name the evidence of the period, known at its end, that stands for anything in the scope."""
    about = pack.read("pack.json")
    first, last, scope = about["period"][0], about["period"][1], about["scope"]
    facts = Facts(pack.entries, on(last), "then", Zone(about["zone"]))
    links = rows_of(pack, "evidence_link").values()
    seen = {one["evidence"] for one in links if scope is None or f"{one['edition']} {one['key']}" in scope}
    rows = facts.rows("evidence")
    return {
        one["ref"] for one in rows if one["id"] in seen and one["collected_on"] <= last and one["valid_until"] >= first
    }


def check_statement(pack: Pack) -> Iterator[str]:
    """Compare an approved statement, given as a whole, with what was issued and frozen."""
    told = pack.read("statement.json")
    if told["version"] is None or told["extract"]:
        return
    number = told["version"]["number"]
    issued = {row["number"]: (at, row) for at, row in rows_of(pack, "statement").items()}
    if number not in issued:
        yield say("statement", name="statement.json", what=str(number))
        return
    at, row = issued[number]
    rows = [{k: v for k, v in one.items() if k != "owner_id"} for one in json.loads(row["content"])["rows"]]
    if rows != told["controls"]:
        yield say("statement", name="statement.json", what=str(number))
    for approval in rows_of(pack, "statement_approval").values():
        if approval["statement"] == at and approval["approved"]:
            for ending in ("xlsx", "pdf"):
                if pack.sha256(f"statement.{ending}") != approval[f"{ending}_sha256"]:
                    yield say("statement", name=f"statement.{ending}", what=str(number))
            return
    yield say("statement", name="statement.json", what=str(number))


class Zone(tzinfo):
    """The organisation's time zone, from its changes: (moment in UTC, seconds east of it), oldest first."""

    def __init__(self, changes: list[tuple[str, int]]) -> None:
        self.changes = changes

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(seconds=self.changes[-1][1])

    def dst(self, moment: datetime | None) -> None:
        return None

    def tzname(self, moment: datetime | None) -> str:
        return "organisation"

    def fromutc(self, moment: datetime) -> datetime:
        text = moment.replace(tzinfo=None).isoformat()
        passed = [seconds for begin, seconds in self.changes if begin <= text]
        return moment + timedelta(seconds=passed[-1] if passed else self.changes[0][1])


def check_states(pack: Pack) -> Iterator[str]:
    """Compute the state of every requirement anew from the facts of the trail."""
    told, about, standards = pack.read("status.json"), pack.read("pack.json"), pack.read("standards.json")
    editions = [one for one in standards["editions"] if one["standard"] == "ISO/IEC 27001"]
    catalogue = {one["id"]: {row["key"]: (row["id"], row["kind"]) for row in one["requirements"]} for one in editions}
    if about["expiry_warning_days"] != warning_days(pack):
        yield say("warning", name="pack.json")
    day, zone = on(told["as_of"]), Zone(about["zone"])
    facts = Facts(pack.entries, day, told["known"], zone)
    edition = edition_in_force(facts, catalogue)
    if told["edition"] != edition or [about["period"][1], "then"] != [told["as_of"], told["known"]]:
        yield say("edition", name="status.json")
        return
    numbers = {place: key for key, place in catalogue[edition].items()}
    given = {(one["id"], one["kind"]): one for one in told["requirements"]}
    computed = states(pack.entries, catalogue, day, told["known"], zone, warning_days(pack))
    for place, (state, reasons) in computed.items():
        key = numbers.get(place, place[0])
        if about["scope"] is not None and f"{edition} {key}" not in about["scope"]:
            continue
        one = given.pop(place, None)
        follows = [state, reasons, *_proof(facts, edition, key, place)]
        if one is None or [one["state"], one["reasons"], *_short(one)] != follows:
            yield say("state", name="status.json", what=f"{place[0]} ({place[1]})")
    for place in given:
        yield say("state", name="status.json", what=f"{place[0]} ({place[1]})")


def warning_days(pack: Pack) -> int:
    """Give the days that count as expiring soon: 30 unless the organisation has decided otherwise."""
    days = 30
    for row in pack.entries:
        after = (row["details"] or {}).get("after")
        if row["entry"]["verb"] == "setting.changed" and after and after["name"] == "expiry_warning_days":
            days = json.loads(after["value"])
    return days


def _short(one: dict[str, Any]) -> list[Any]:
    """Give what the status tells of a requirement beside its state."""
    laid = sorted([e["ref"], e["review"], e["collected_on"], e["valid_until"]] for e in one["evidence"])
    found = sorted([f["ref"], f["grade"], f["opened_on"]] for f in one["open_findings"])
    return [one["applicable"], one["justification"], one["implementation"], laid, found]


def _proof(facts: Facts, edition: str, key: str, place: tuple[str, str]) -> list[Any]:
    """Give the same from the facts."""
    decided = decision(facts, edition, key) if place[1] == "control" else None
    said = [decided["applicable"], decided["justification"], decided["implementation"]] if decided else [None] * 3
    laid = [one for one in linked(facts, edition, key) if not gone(facts, one)]
    found = {
        row["ref"]: [row["ref"], row["grade"], row["opened_on"]]
        for link in facts.of("finding_control", "key", key)
        if link["edition"] == edition and on(link["from_day"]) <= facts.day
        for row in facts.of("finding", "id", link["finding"])
        if is_open(facts, row)
    }
    if place[1] == "clause":
        said[0] = True
    return [
        *said,
        sorted([one["ref"], review(facts, one), one["collected_on"], one["valid_until"]] for one in laid),
        sorted(found.values()),
    ]


def main(arguments: list[str]) -> int:
    """Run all checks; gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("--lang", choices=("ja", "en"))
    parser.add_argument("--checkpoint", metavar="'NUMBER HASH'")
    given = parser.parse_args(arguments)
    if given.lang:
        LANGUAGES[:] = [given.lang]
    pack = Pack(given.folder)
    checks: list[tuple[str, Callable[[Pack], Iterator[str]]]] = [("sums", check_sums), ("chain", check_chain)]
    if given.checkpoint:
        checks.append(("noted", lambda one: check_noted(one, given.checkpoint)))
    checks += [("files", check_evidence), ("frozen", check_statement), ("states", check_states)]
    sound = [run(pack, name, check) for name, check in checks]
    tell(say("whole" if all(sound) else "damaged"))
    return 0 if all(sound) else 1


def tell(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


def run(pack: Pack, name: str, check: Callable[[Pack], Iterator[str]]) -> bool:
    """Run one check and print its line; gives whether all of it holds."""
    try:
        wrong = list(check(pack))
    except Broken as error:
        wrong = [say("unreadable", name=error)]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        wrong = [say("unreadable", name=f"{say(name)} ({type(error).__name__})")]
    tell(f"{'NG' if wrong else 'OK'}  {say(name)}")
    for line in wrong[:MOST_TOLD]:
        tell("    " + line)
    if len(wrong) > MOST_TOLD:
        tell("    " + say("more", number=len(wrong) - MOST_TOLD))
    return not wrong


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    sys.exit(main(sys.argv[1:]))
