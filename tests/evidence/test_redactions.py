"""Bytes are destroyed by two people and live on nowhere; hash, metadata and trail remain (attack 46)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from isms.core import blobs, settings
from isms.core.database import atomic
from isms.core.errors import Conflict, DomainError, Invalid, NotFound
from isms.core.permissions import Role
from isms.evidence import files, jobs, redactions, rules
from isms.evidence.models import EvidenceFile, FileCheck, Redaction
from isms.evidence.standing import standings_of
from isms.trail.verify import verify
from tests import factories
from tests.evidence.console import isms
from tests.evidence.proofs import approver, officer, path_of, recorded, upload
from tests.factories import NOW

CANARY = b"CANARY-7f3a: diagnosis of a member of staff"


def proposed(evidence: Any, by: Any) -> Any:
    (file,) = rules.files_of(evidence.id)
    return redactions.propose_redaction(evidence.id, file.id, reason="病名が写っている", by=by, now=NOW)


def test_it_takes_an_officer_and_an_approver_who_is_another_person(db: Any) -> None:
    both = factories.actor(factories.person(roles=[Role.OFFICER, Role.APPROVER]))
    made = recorded(both, CANARY)
    (file,) = rules.files_of(made.id)
    with pytest.raises(Invalid):
        redactions.propose_redaction(made.id, file.id, reason=" ", by=both, now=NOW)
    with pytest.raises(NotFound):
        redactions.propose_redaction(made.id, file.id, reason="病名", by=approver(), now=NOW)
    with pytest.raises(NotFound):
        redactions.propose_redaction(recorded(both).id, file.id, reason="病名", by=both, now=NOW)
    proposal = proposed(made, both)
    with pytest.raises(Conflict):
        proposed(made, both)
    with pytest.raises(Conflict, match="別の人"):
        redactions.confirm_redaction(proposal.id, by=both, now=NOW)
    with pytest.raises(NotFound):
        redactions.confirm_redaction(proposal.id, by=officer(), now=NOW)
    assert path_of(made).read_bytes() == CANARY
    redactions.confirm_redaction(proposal.id, by=approver(), now=NOW)
    with pytest.raises(NotFound):
        redactions.confirm_redaction(proposal.id, by=approver(), now=NOW)
    with pytest.raises(Conflict):
        proposed(made, both)
    assert not redactions.open_proposals().exists()
    assert list(verify()) == []


def test_the_bytes_live_on_nowhere(config: Any, db: Any, data_folder: Path) -> None:
    made = recorded(officer(), CANARY)
    name, sha256 = rules.files_of(made.id)[0].name, rules.files_of(made.id)[0].sha256
    redactions.confirm_redaction(proposed(made, officer()).id, by=approver(), now=NOW)
    saved = isms(config, "backup", str(data_folder / "after.zip"))
    assert (saved.returncode, saved.stderr) == (0, "")
    found = [path for path in data_folder.rglob("*") if path.is_file() and CANARY in path.read_bytes()]
    assert found == []
    (file,) = rules.files_of(made.id)
    assert (file.name, file.sha256, file.size) == (name, sha256, len(CANARY))
    with pytest.raises(files.Gone):
        files.guard_bytes(file)


def test_all_evidence_with_the_bytes_falls_from_the_day_on(db: Any) -> None:
    by = officer()
    one, other = recorded(by, CANARY), recorded(by, CANARY)
    proposal = redactions.get_proposal(proposed(one, by).id)
    assert [file.evidence_id for file in redactions.also_destroyed(proposal)] == [other.id]
    redactions.confirm_redaction(proposal.id, by=approver(), now=NOW)
    today, zone = settings.today(NOW), settings.zone()
    gone = {day: standings_of([one.id, other.id], day, None, zone) for day in (today - timedelta(days=1), today)}
    assert [[row.gone for row in rows.values()] for rows in gone.values()] == [[False, False], [True, True]]


def test_destroyed_bytes_do_not_come_back(db: Any) -> None:
    by = officer()
    made = recorded(by, CANARY)
    redactions.confirm_redaction(proposed(made, by).id, by=approver(), now=NOW)
    with pytest.raises(Invalid, match="消去"):
        recorded(by, CANARY)
    assert blobs.stored() == []
    kept = [files.Kept("a.txt", rules.files_of(made.id)[0].sha256, len(CANARY), "txt")]
    path_of(made).write_bytes(CANARY)  # as if somebody had kept it just before
    with pytest.raises(Invalid, match="消去"):
        recorded(by, files=kept)
    assert blobs.stored() == []


def test_a_redaction_that_is_taken_back_destroys_nothing(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = recorded(officer(), CANARY)
    proposal = proposed(made, officer())

    def broken(*args: Any, **more: Any) -> None:
        raise DomainError("架空の故障")

    by = approver()
    monkeypatch.setattr(redactions.trail, "record", broken)
    with pytest.raises(DomainError, match="架空"):
        redactions.confirm_redaction(proposal.id, by=by, now=NOW)
    assert (path_of(made).read_bytes(), Redaction.select().count()) == (CANARY, 0)


def test_bytes_go_only_with_the_commit(db: Any) -> None:
    made, by = recorded(officer(), CANARY), approver()
    proposal = proposed(made, officer())

    def confirm_and_regret() -> None:
        with atomic():
            redactions.confirm_redaction(proposal.id, by=by, now=NOW)
            raise DomainError("架空の後悔")

    with pytest.raises(DomainError, match="後悔"):
        confirm_and_regret()
    assert (path_of(made).read_bytes(), Redaction.select().count()) == (CANARY, 0)
    redactions.confirm_redaction(proposal.id, by=by, now=NOW)
    assert blobs.stored() == []


def test_the_sweep_finishes_what_a_crash_left_and_calls_nothing_missing(db: Any) -> None:
    made = recorded(officer(), CANARY)
    redactions.confirm_redaction(proposed(made, officer()).id, by=approver(), now=NOW)
    path_of(made).write_bytes(CANARY)
    assert jobs.verify_files(NOW) == {}
    assert blobs.stored() == []
    assert not FileCheck.select().exists()


def test_what_was_never_recorded_goes_after_its_time(db: Any) -> None:
    kept = recorded(officer())
    files.keep([upload(CANARY)])
    assert len(blobs.stored()) == 2
    now = datetime.now(UTC)
    jobs.clear(now + timedelta(hours=23))
    assert len(blobs.stored()) == 2
    jobs.clear(now + timedelta(hours=25))
    assert blobs.stored() == [rules.files_of(kept.id)[0].sha256]
    assert EvidenceFile.select().count() == 1
