"""Details are destroyed by two people, and by nobody else."""

from pathlib import Path
from typing import Any

import pytest

from isms.core.errors import Conflict, Invalid, NotFound
from isms.trail import redactions, rules
from isms.trail.verify import verify
from tests.trail.entries import APPROVER, NOW, OFFICER, write


def test_redaction_takes_two_people(db: Any) -> None:
    write({"note": "腰痛のため"}, {"note": "b"})
    with pytest.raises(Invalid):
        redactions.propose_redaction(1, reason=" ", by=OFFICER, now=NOW)
    with pytest.raises(NotFound):
        redactions.propose_redaction(9, reason="a", by=OFFICER, now=NOW)
    with pytest.raises(Conflict):
        redactions.confirm_redaction(1, by=APPROVER, now=NOW)
    redactions.propose_redaction(1, reason="病名が入った", by=OFFICER, now=NOW)
    with pytest.raises(Conflict):
        redactions.propose_redaction(1, reason="again", by=OFFICER, now=NOW)
    with pytest.raises(Conflict):
        redactions.confirm_redaction(1, by=OFFICER, now=NOW)
    assert [no for no, _ in redactions.open_redactions()] == [1]
    redactions.confirm_redaction(1, by=APPROVER, now=NOW)
    assert (rules.get_entry(1).salt, rules.get_entry(1).details) == (None, None)
    assert rules.get_entry(2).details is not None
    assert not redactions.open_redactions()
    assert list(verify()) == []
    with pytest.raises(Conflict):
        redactions.propose_redaction(1, reason="a", by=OFFICER, now=NOW)


def test_a_declined_proposal_is_over_and_can_be_made_again(db: Any) -> None:
    write({"note": "a"})
    redactions.propose_redaction(1, reason="a", by=OFFICER, now=NOW)
    redactions.decline_redaction(1, by=APPROVER, now=NOW)
    with pytest.raises(Conflict):
        redactions.confirm_redaction(1, by=APPROVER, now=NOW)
    redactions.propose_redaction(1, reason="b", by=OFFICER, now=NOW)
    assert rules.get_entry(1).details is not None


@pytest.mark.parametrize("engine", ["sqlite"])  # PostgreSQL keeps the old row until its next vacuum
def test_redacted_text_leaves_the_file(db: Any, data_folder: Path) -> None:
    write({"note": "CANARY " * 2000})
    redactions.propose_redaction(1, reason="a", by=OFFICER, now=NOW)
    redactions.confirm_redaction(1, by=APPROVER, now=NOW)
    db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    files = [path for path in data_folder.rglob("*") if path.is_file()]
    assert any(b"thing:1" in path.read_bytes() for path in files)
    assert not any(b"CANARY" in path.read_bytes() for path in files)
