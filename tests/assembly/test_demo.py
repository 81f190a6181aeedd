"""The example federation: built once for all tests, by the real rules, up to the day on which the tests run (SQLite)."""

import fcntl
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from config import Config
from isms import cli, demo
from isms.audits import rules as audits
from isms.catalogue import statements
from isms.catalogue.editions import Kind
from isms.catalogue.models import Decision, Statement, StatementApproval
from isms.catalogue.shelf import standards
from isms.core import blobs, clock, settings
from isms.core.database import SQLITE_FILE
from isms.core.days import fiscal_year
from isms.core.permissions import Role
from isms.core.words import speaking
from isms.demo import people
from isms.evidence import jobs, reviews
from isms.evidence.models import Evidence, EvidenceFile, EvidenceLinkEnd, Redaction, Review, Withdrawal
from isms.findings import rules as findings
from isms.findings.models import Finding
from isms.people.actors import actor_of
from isms.people.models import Person
from isms.people.roster import get_person_by_role
from isms.status import rules
from isms.trail import verify
from tests.engines import NewInstallation, opened

DESIGNED = {
    "expiring": "5.9 5.23 5.29 6.3 7.5 7.13 8.13 8.15 8.17",
    "unproven": "5.7 5.21 5.30 5.35 7.4 8.12 8.16",
    "nonconforming": "7.2 8.8",
    "not_implemented": "8.11 8.23 8.34",
    "not_applicable": "8.4 8.25 8.28 8.31 8.33",
}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Config:
    """Build the federation, or wait for the worker that does."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder if worker_id == "master" else folder.parent
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        demo.build(Config(data=folder / "demo"))
    return Config(data=folder / "demo")


@pytest.fixture
def federation(built: Config) -> Iterator[datetime]:
    """Open it to look at; gives the moment."""
    clock.forget()
    with opened("", built.data), speaking("ja"):
        blobs.use(built.data)
        yield clock.now()


@pytest.fixture
def today(federation: datetime) -> date:
    return settings.today(federation)


def test_the_board_shows_every_state(federation: datetime, today: date) -> None:
    report = rules.states(today, now=federation)
    states = {one.requirement.id: one.state.value for one in report.of_kind(Kind.CONTROL).requirements}
    wanted = {number: state for state, numbers in DESIGNED.items() for number in numbers.split()}
    assert {number: state for number, state in states.items() if state != "proven"} == wanted
    assert Counter(states.values())["proven"] == 67
    clauses = {one.requirement.id: one.state.value for one in report.of_kind(Kind.CLAUSE).requirements}
    assert {n for n, state in clauses.items() if state != "proven"} == {"9.3.1", "9.3.2", "9.3.3"}


def test_what_is_unproven_says_why(federation: datetime, today: date) -> None:
    report = rules.states(today, now=federation)
    reasons = {one.requirement.id: one.reasons for one in report.requirements if one.reasons}
    assert reasons["7.4"] == ["waiting"]
    assert reasons["5.21"] == ["expired"]
    assert reasons["8.16"] == ["missing"]
    assert reasons["5.7"] == ["waiting", "expired"]


def test_every_control_of_both_editions_is_decided(federation: datetime) -> None:
    for edition, number in (("iso27001-2013", 114), ("iso27001-2022", 93)):
        decided = {row.key for row in Decision.select().where(Decision.edition == edition)}
        assert decided == {row.key for row in standards().edition(edition).of_kind(Kind.CONTROL)}
        assert len(decided) == number
    assert all(row.justification for row in Decision.select())


def test_a_past_day_shows_the_old_edition(federation: datetime) -> None:
    editions = [
        rules.states(day, now=federation).edition.id
        for day in (date(2021, 4, 1), date(2023, 6, 30), date(2024, 3, 31), date(2024, 4, 1))
    ]
    assert editions == ["iso27001-2013"] * 3 + ["iso27001-2022"]
    counts = rules.states(date(2023, 6, 30), now=federation).counts()
    assert counts[rules.State.UNDECIDED] == 0
    assert counts[rules.State.PROVEN] > 100


def test_the_trail_verifies_whole_and_no_file_is_damaged(federation: datetime) -> None:
    assert list(verify.verify()) == []
    assert jobs.verify_files(federation) == {}


def test_evidence_of_every_kind_went_through_every_turn(federation: datetime) -> None:
    assert 380 <= Evidence.select().count() <= 600
    assert {file.kind for file in EvidenceFile.select()} == {"pdf", "xlsx", "png", "csv", "txt"}
    assert Review.select().where(Review.accepted == False).count() > 10  # noqa: E712
    assert Evidence.select().where(Evidence.predecessor.is_null(False)).count() > 10
    assert (Withdrawal.select().count(), Redaction.select().count()) == (1, 1)
    assert EvidenceLinkEnd.select().exists()
    officer = actor_of(get_person_by_role(Role.OFFICER, federation), federation)
    assert reviews.waiting_for(officer).exists()


def test_nobody_reviewed_their_own(federation: datetime) -> None:
    authors = {row.id: row.recorded_by for row in Evidence.select()}
    assert all(authors[row.evidence_id] != row.recorded_by for row in Review.select())


def test_every_paper_opens_and_one_can_be_read(federation: datetime) -> None:
    words = ""
    for file in EvidenceFile.select().where(EvidenceFile.kind == "pdf"):
        with blobs.open_checked(file.sha256) as content:
            paper = pypdfium2.PdfDocument(b"".join(content.chunks()))
        assert len(paper) >= 1
        words += paper[0].get_textpage().get_text_bounded()
    assert "情報セキュリティ基本方針" in words


def test_findings_grow_fewer(federation: datetime, today: date) -> None:
    years = Counter(fiscal_year(row.opened_on) for row in Finding.select())
    past = [years[year] for year in range(2021, 2026)]
    assert past == sorted(past, reverse=True)
    closed = findings.closed_days([row.id for row in Finding.select()])
    still = [row for row in Finding.select() if row.id not in closed]
    assert len(still) == 6
    assert all((today - row.opened_on).days <= 130 for row in still)


def test_a_statement_was_approved_each_year(federation: datetime, today: date) -> None:
    approved = Statement.select().join(StatementApproval).where(StatementApproval.approved == True)  # noqa: E712
    assert {row.issued_on.year for row in approved} >= set(range(2021, today.year))
    changed = statements.changes_since(statements.current(), statements.content_on(today))
    assert [change.row["id"] for change in changed] == ["8.12"]


def test_the_auditor_who_gets_the_link_sees_something(federation: datetime) -> None:
    auditor = get_person_by_role(Role.AUDITOR, federation)
    actor = audits.with_coverage(actor_of(auditor, federation), federation)
    assert actor is not None
    assert actor.coverage is not None
    assert "架空認証機構" in actor.coverage.title


def test_an_interrupted_build_is_begun_anew(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(data=data_folder / "demo")

    def interrupted(story: demo.Story) -> None:
        _founded(story)
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "tell", interrupted)
    with pytest.raises(KeyboardInterrupt):
        demo.build(config)
    assert not (config.data / SQLITE_FILE).exists()

    monkeypatch.setattr(demo, "tell", _founded)
    demo.build(config)
    monkeypatch.setattr(demo, "tell", interrupted)
    demo.build(config)  # it stands, so nothing is done
    assert sorted(one.name for one in data_folder.iterdir()) == ["demo"]
    with opened("", config.data):
        assert Person.select().count() == people_number()


def _founded(story: demo.Story) -> None:
    with clock.moved(story.now):
        people.settle(story)


def people_number() -> int:
    """Give how many work there, and the two auditors."""
    return sum(size for _, _, _, size in people.DEPARTMENTS) + 1 + 2


def test_its_ledger_gives_the_same_status_elsewhere(
    built: Config, new_installation: NewInstallation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Show 1. Findings are in no ledger: the open ones are opened again by hand."""
    monkeypatch.setenv("ISMS_DATA", str(built.data))
    for kind in ("people", "decisions"):
        isms("export", kind, "--out", tmp_path / f"{kind}.xlsx")
    isms("export", "ledger", "--out", tmp_path / "evidence.xlsx", "--files", tmp_path / "files")
    with opened("", built.data):
        day = settings.today(clock.now())
        open_ones = {row.id: row for rows in findings.open_on("iso27001-2022", day, None).values() for row in rows}
        concerns = {one: [(c.edition, c.key) for c in findings.controls_of(one)] for one in open_ones}
    before = status_of(day, tmp_path / "before.json")

    elsewhere = new_installation("sqlite", migrated=False)
    monkeypatch.setenv("ISMS_DATA", str(elsewhere.data))
    mail = "jimu@kakuu.example"
    isms("init", "--organisation", people.ORGANISATION, "--officer", mail, "--name", "架空 事務")
    for kind in ("people", "decisions", "evidence"):
        more = ("--files", tmp_path / "files") if kind == "evidence" else ()
        isms("import", kind, tmp_path / f"{kind}.xlsx", "--as", mail, *more)
    with opened("", elsewhere.data):
        by = actor_of(Person.get(Person.mail == mail), clock.now())
        for one, row in sorted(open_ones.items()):
            values = {"grade": row.grade, "title": row.title, "opened_on": row.opened_on, "controls": concerns[one]}
            findings.open_finding(**values, by=by, now=clock.now())
    assert status_of(day, tmp_path / "after.json") == before
    assert len(before["requirements"]) == 123


def isms(*arguments: Any) -> None:
    """Run the command, which must succeed."""
    assert cli.main([str(one) for one in arguments]) == 0
    clock.forget()


def status_of(day: date, file: Path) -> dict[str, Any]:
    """Give the exported status without what two installations cannot share: the trail, the moment of recording."""
    isms("export", "status", "--as-of", day, "--known", "now", "--format", "json", "--out", file)
    told: dict[str, Any] = json.loads(file.read_text("utf-8"))
    del told["trail_head"]
    for requirement in told["requirements"]:
        for laid in requirement["evidence"]:
            del laid["recorded_at"]
        for found in requirement["open_findings"]:
            del found["ref"]
    return told
