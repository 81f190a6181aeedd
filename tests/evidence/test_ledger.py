"""The ledger of an installation goes into an empty one, and the state there is the same."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from config import Config
from isms.catalogue import imports as decision_imports
from isms.catalogue import ledger as decision_ledger
from isms.catalogue import rules as catalogue
from isms.core import blobs, clock, words
from isms.core.days import Span
from isms.core.imports import Verdict
from isms.core.permissions import Actor, Role
from isms.evidence import imports, ledger, reviews, rules
from isms.evidence.import_files import Folder
from isms.exports import orders
from isms.people import imports as people_imports
from isms.people import ledger as people_ledger
from tests import factories
from tests.conftest import standards_of
from tests.engines import NewInstallation, opened
from tests.evidence import proofs
from tests.evidence.proofs import EDITION
from tests.factories import NOW

TODAY = date(2026, 11, 18)
LATER = NOW + timedelta(hours=3)


@contextmanager
def installation(config: Config) -> Iterator[None]:
    """Work in an installation of its own."""
    clock.forget()
    catalogue.use(standards_of(config.controls))
    blobs.use(config.data)
    with opened(config.database_url, config.data), words.speaking("ja"):
        yield


def status() -> dict[str, Any]:
    """Give the state of today as JSON, without what tells when it was recorded here."""
    order = orders.Order("status", TODAY)
    told: dict[str, Any] = json.loads(orders.made(order, by=orders.console(), now=LATER))
    del told["trail_head"], told["organisation"]
    for requirement in told["requirements"]:
        for one in requirement["evidence"]:
            del one["recorded_at"]
    return told


def organisation() -> None:
    """Build a small organisation by the rules: decisions, and evidence in every condition."""
    department = factories.department("架空総務課", code="100")
    first = factories.actor(factories.with_role(Role.OFFICER, name="架空 一子", department_id=department.id))
    second = factories.actor(factories.with_role(Role.OFFICER, name="架空 二郎"))
    twins = [factories.actor(factories.with_role(Role.OFFICER, name="架空 同名")) for _ in range(2)]
    for key, applicable, done in (
        ("A.5.1", True, "implemented"),
        ("A.5.10", True, "partial"),
        ("A.5.2", True, "planned"),
        ("A.7.4", False, "not_started"),
        ("A.8.1", True, "implemented"),
    ):
        catalogue.decide(
            EDITION,
            key,
            applicable=applicable,
            justification="架空の理由\n二行目",
            implementation=done,
            owner_id=first.person_id,
            from_day=date(2026, 4, 1),
            by=first,
            now=NOW,
        )
    _evidence(first, second, twins, department.id)


def _evidence(first: Actor, second: Actor, twins: list[Actor], department_id: int) -> None:
    def made(title: str, *keys: str, by: Actor = first, **more: Any) -> Any:
        controls = [(EDITION, key) for key in keys]
        more.setdefault("content", title.encode())
        return proofs.recorded(by, title=title, controls=controls, now=NOW, **more)

    whole = made(
        "=1+1 の点検",
        "A.5.1",
        "5.1",
        "9.3.1",
        department_id=department_id,
        owner_id=twins[1].person_id,
        period=Span(date(2026, 4, 1), date(2026, 9, 30)),
        note="備考の\n二行目",
        url="https://files.example/a?b=c",
        kind="log",
    )
    reviews.review(whole.id, accepted=True, by=second, now=NOW)
    returned = made("差し戻されたもの", "A.5.10", by=twins[0])
    reviews.review(returned.id, accepted=False, reason="頁が足りません。", by=twins[1], now=NOW)
    made("確認を待つもの", "A.5.10", "A.8.1")
    old = made("改める前", "A.8.1", by=second)
    reviews.review(old.id, accepted=True, by=first, now=NOW)
    new = made("改めた後", "A.8.1", by=second, predecessor_id=old.id, collected_on=date(2026, 11, 2))
    reviews.review(new.id, accepted=True, by=first, now=NOW)
    gone = made("取り下げたもの", "A.5.1", by=second)
    reviews.review(gone.id, accepted=True, by=first, now=NOW)
    rules.withdraw(gone.id, reason="架空の取り下げ", by=second, now=NOW)
    ended = made("結び付きを終えたもの", "A.5.1")
    rules.end_link(rules.links_of(ended.id)[0].id, to_day=date(2026, 11, 3), by=first, now=NOW)
    expired = made("期限が過ぎたもの", "9.2.1", collected_on=date(2026, 4, 1), valid_until=date(2026, 10, 1))
    reviews.review(expired.id, accepted=True, by=second, now=NOW)


def test_an_exported_ledger_gives_the_same_state_elsewhere(
    engine: str, new_installation: NewInstallation, tmp_path: Path
) -> None:
    with installation(new_installation(engine)):
        organisation()
        before = status()
        sheets = people_ledger.write(LATER), decision_ledger.write(LATER), ledger.write(LATER, tmp_path / "files")
    states = {one["id"]: one["state"] for one in before["requirements"] if one["kind"] == "control"}
    assert states["5.1"] == "proven"
    assert states["5.10"] == "unproven"
    assert states["5.2"] == "not_implemented"
    with installation(new_installation(engine)):
        by = factories.actor(factories.with_role(Role.OFFICER, name="架空 移行係", number="99999"))
        people_imports.take(sheets[0], "people.xlsx", by=by, now=LATER)
        decision_imports.take(sheets[1], "decisions.xlsx", by=by, now=LATER)
        folder = Folder(tmp_path / "files")
        done = imports.take(sheets[2], "ledger.xlsx", files=folder, by=by, now=LATER)
        assert [row.notes for row in done.rows if row.verdict is Verdict.BAD] == []
        assert done.counts()[Verdict.NEW] == 7
        assert status() == before
        again = imports.take(sheets[2], "ledger.xlsx", files=Folder(tmp_path / "files"), by=by, now=LATER)
        assert again.counts()[Verdict.SAME] == 7
        made = rules.record_evidence(
            title="次のもの", controls=[(EDITION, "A.5.1")], collected_on=TODAY, note="架空", by=by, now=LATER
        )
        assert made.ref == "EV-2026-0009"


def test_a_ledger_of_another_language_is_read_too(db: Any, tmp_path: Path) -> None:
    organisation()
    with words.speaking("en"):
        content = ledger.write(LATER, tmp_path)
        by = factories.actor(factories.with_role(Role.OFFICER))
        plan = imports.plan(content, "ledger.xlsx", files=Folder(tmp_path), by=by, now=LATER)
    notes = {note for row in plan.rows for note in row.notes}
    taken = ("cannot be used", "was corrected already")  # the numbers stand here; nothing else is wrong
    assert notes and [note for note in notes if not any(words in note for words in taken)] == []


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_export_never_writes_over_a_file(db: Any, tmp_path: Path) -> None:
    organisation()
    ledger.write(LATER, tmp_path)
    with pytest.raises(FileExistsError):
        ledger.write(LATER, tmp_path)
