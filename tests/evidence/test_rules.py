"""Evidence is recorded whole or not at all, numbered without gap, corrected by a successor, never edited."""

import socket
import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from peewee import DatabaseError

from isms import trail
from isms.core import blobs
from isms.core.days import Span
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import CONSOLE, Role
from isms.evidence import rules
from isms.evidence.models import Evidence, EvidenceFile, EvidenceLink
from isms.people import rules as people
from isms.trail.rules import details_of, head_number
from isms.trail.verify import verify
from tests import factories
from tests.documents import SAMPLES
from tests.evidence.proofs import A51, C51, DAY, EDITION, officer, recorded, upload
from tests.factories import NOW
from tests.races import race


def refused(**values: Any) -> set[str]:
    """Give the fields on which recording is refused."""
    before, stored = Evidence.select().count(), blobs.stored()
    with pytest.raises(Invalid) as raised:
        recorded(officer(), **values)
    assert (Evidence.select().count(), EvidenceLink.select().count()) == (before, before)
    assert blobs.stored() == stored
    return set(raised.value.fields)


def test_evidence_is_recorded_with_files_links_and_an_entry_each(db: Any) -> None:
    by = officer()
    before = head_number()
    files = [
        upload(SAMPLES["pdf"](), "記録.pdf"),
        upload(SAMPLES["xlsx"](), unicodedata.normalize("NFD", "ガイド.xlsx")),
    ]
    made = recorded(by, files=files, controls=[A51, C51, A51], period=Span(date(2026, 4, 1), date(2026, 9, 30)))
    assert (made.ref, made.valid_until, made.period_to) == ("EV-2026-0001", date(2027, 10, 31), date(2026, 9, 30))
    assert [(f.name, f.kind, f.position) for f in rules.files_of(made.id)] == [
        ("記録.pdf", "pdf", 0),
        ("ガイド.xlsx", "xlsx", 1),
    ]
    assert [(row.edition, row.key, row.from_day) for row in rules.links_of(made.id)] == [(*A51, DAY), (*C51, DAY)]
    entries = list(trail.entries().where(trail.entries().model.no > before))
    assert [e.verb for e in entries] == ["evidence.recorded"] + ["evidence.file_added"] * 2 + ["evidence.linked"] * 2
    first: Any = details_of(entries[0])
    assert first["after"]["recorded_at"] == "2026-11-18T05:00:00.000000Z"
    assert (first["after"]["ref"], entries[0].subject) == ("EV-2026-0001", f"evidence:{made.id}")
    assert list(verify()) == []


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"title": " "}, {"title"}),
        ({"title": "x" * 201}, {"title"}),
        ({"title": "a\u202eb"}, {"title"}),
        ({"kind": "secret"}, {"kind"}),
        ({"kind": "link"}, {"url"}),
        ({"files": []}, {"files"}),
        ({"files": [upload(b"MZ\x90\0", "a.pdf")]}, {"files"}),
        ({"collected_on": date(2026, 11, 19)}, {"collected_on"}),
        ({"valid_until": DAY - timedelta(days=1)}, {"valid_until"}),
        ({"controls": []}, {"controls"}),
        ({"controls": [(EDITION, "A.9.9")]}, {"controls"}),
        ({"controls": [(EDITION, "A.5.1"), ("iso27001-1999", "A.5.1")]}, {"controls"}),
        ({"controls": [(EDITION, "9.3")]}, {"controls"}),
        ({"department_id": 999_999}, {"department_id"}),
        ({"owner_id": 999_999}, {"owner_id"}),
    ],
)
def test_what_makes_no_sense_is_refused_whole(db: Any, values: dict[str, Any], fields: set[str]) -> None:
    assert refused(**values) == fields


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example", "http://", "https:evil", "http://a b/",
     "http://u:p@host.example/", "http://[::1", "http://h:99999999/", 'http://h.example/"><b>', "ftp://h.example/"],
)  # fmt: skip
def test_a_link_is_http_or_https(db: Any, url: str) -> None:
    """Attack 54."""
    assert refused(url=url) == {"url"}


def test_a_link_or_a_note_is_evidence_too(db: Any) -> None:
    by = officer()
    assert recorded(by, files=[], kind="link", url="https://doc.example.jp/規程?v=2#3").url.startswith("https://")
    assert recorded(by, files=[], note="書庫の棚12に紙で保管").note == "書庫の棚12に紙で保管"
    assert recorded(by, files=[], origin="import", import_key="台帳 2").import_key == "台帳 2"


def test_the_end_of_validity_is_proposed_from_the_interval(db: Any) -> None:
    assert rules.propose_valid_until(date(2026, 4, 1)) == date(2027, 3, 31)
    assert rules.propose_valid_until(date(2024, 2, 29)) == date(2025, 2, 27)
    people.change_setting("evidence_interval_months", "6", by=CONSOLE, now=NOW)
    assert rules.propose_valid_until(date(2026, 8, 31)) == date(2027, 2, 27)


def test_numbers_follow_the_fiscal_year_without_gap(db: Any) -> None:
    by = officer()
    moments = [
        datetime(2026, 3, 31, 14, 59, tzinfo=UTC),  # still March in Tokyo
        datetime(2026, 3, 31, 15, 0, tzinfo=UTC),
        datetime(2026, 4, 1, tzinfo=UTC),
    ]
    refs = [recorded(by, now=moment, collected_on=date(2026, 3, 1)).ref for moment in moments]
    assert refs == ["EV-2025-0001", "EV-2026-0001", "EV-2026-0002"]
    with pytest.raises(Invalid):
        recorded(by, controls=[(EDITION, "A.9.9")])
    assert recorded(by).ref == "EV-2026-0003"


def test_numbers_have_no_gap_when_many_record_at_once(db: Any) -> None:
    by = officer()
    race(*[lambda: recorded(by) for _ in range(6)])
    refs = [ref for (ref,) in Evidence.select(Evidence.ref).order_by(Evidence.id).tuples()]
    assert refs == [f"EV-2026-{number:04}" for number in range(1, 7)]
    assert list(verify()) == []


def test_a_head_records_for_the_departments_they_head(db: Any) -> None:
    head = factories.with_role(Role.HEAD)
    by = factories.actor(head)
    own, other = next(iter(by.heads)), factories.department().id
    made = recorded(by, department_id=own)
    for wrong in (other, None):
        with pytest.raises(Invalid) as raised:
            recorded(by, department_id=wrong)
        assert set(raised.value.fields) == {"department_id"}
    foreign = recorded(officer(), department_id=other)
    assert rules.seen_evidence(made.id, by=by) == made
    assert list(rules.readable(by)) == [made]
    for attempt in (
        lambda: rules.seen_evidence(foreign.id, by=by),
        lambda: rules.withdraw(foreign.id, reason="架空", by=by, now=NOW),
        lambda: rules.link(foreign.id, edition=EDITION, key="A.5.2", by=by, now=NOW),
        lambda: recorded(by, department_id=own, predecessor_id=foreign.id),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_a_second_identical_upload_is_told_from_a_new_one_by_nobody(db: Any) -> None:
    """Attack 5: who uploads what another department has learns nothing; both keep their own row."""
    secret = recorded(officer(), b"secret plan")
    head = factories.actor(factories.with_role(Role.HEAD))
    again = recorded(head, b"secret plan", department_id=next(iter(head.heads)))
    assert (again.ref, secret.ref) == ("EV-2026-0002", "EV-2026-0001")
    hashes = {file.sha256 for file in EvidenceFile.select()}
    assert blobs.stored() == sorted(hashes) and len(hashes) == 1
    assert rules.twins(again.id, by=head) == []
    assert rules.twins(again.id, by=officer()) == [secret]


def test_a_successor_follows_once_and_only_what_stands(db: Any) -> None:
    by = officer()
    first = recorded(by)
    second = recorded(by, predecessor_id=first.id)
    assert second.predecessor_id == first.id
    with pytest.raises(Conflict):
        recorded(by, predecessor_id=first.id)
    rules.withdraw(second.id, reason="誤り", by=by, now=NOW)
    with pytest.raises(Conflict):
        recorded(by, predecessor_id=second.id)
    with pytest.raises(NotFound):
        recorded(by, predecessor_id=999_999)


def test_it_is_withdrawn_once_and_with_a_reason(db: Any) -> None:
    by = officer()
    made = recorded(by)
    with pytest.raises(Invalid):
        rules.withdraw(made.id, reason=" \n", by=by, now=NOW)
    rules.withdraw(made.id, reason="別の課の記録", by=by, now=NOW)
    with pytest.raises(Conflict):
        rules.withdraw(made.id, reason="別の課の記録", by=by, now=NOW)
    assert list(verify()) == []


def test_of_two_who_withdraw_at_once_one_wins(db: Any) -> None:
    by = officer()
    made = recorded(by)
    results = race(*[lambda: rules.withdraw(made.id, reason="誤り", by=by, now=NOW) for _ in range(2)])
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Withdrawal"]


def test_links_begin_end_and_begin_again(db: Any) -> None:
    by = officer()
    made = recorded(by)
    (first,) = rules.links_of(made.id)
    with pytest.raises(Conflict):
        rules.link(made.id, edition=EDITION, key="A.5.1", by=by, now=NOW)
    with pytest.raises(Invalid):
        rules.end_link(first.id, to_day=DAY - timedelta(days=2), by=by, now=NOW)
    rules.end_link(first.id, to_day=date(2026, 11, 10), reason="対象外", by=by, now=NOW)
    with pytest.raises(Conflict):
        rules.end_link(first.id, to_day=date(2026, 11, 11), by=by, now=NOW)
    with pytest.raises(Conflict):
        rules.link(made.id, edition=EDITION, key="A.5.1", by=by, now=NOW)
    rules.link(made.id, edition=EDITION, key="A.5.1", from_day=date(2026, 11, 11), by=by, now=NOW)
    assert [row.to_day for row in rules.links_of(made.id)] == [date(2026, 11, 10), None]
    assert list(verify()) == []


@pytest.mark.parametrize("model", [Evidence, EvidenceFile, EvidenceLink])
def test_nothing_of_it_is_ever_edited(db: Any, model: Any) -> None:
    recorded(officer())
    with pytest.raises(DatabaseError, match="append-only"):
        model.update(recorded_by="person:9").execute()
    with pytest.raises(DatabaseError, match="append-only"):
        model.delete().execute()


def test_a_link_is_never_fetched(db: Any) -> None:
    """Attack 53."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        recorded(officer(), files=[], kind="link", url=f"http://127.0.0.1:{listener.getsockname()[1]}/x")
        with pytest.raises(TimeoutError):
            listener.accept()
