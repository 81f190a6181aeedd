"""Every night all files are hashed again; `isms files verify` names each that is not what it was (attack 47)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config import Config
from isms import runner
from isms.core import blobs, settings
from isms.evidence import jobs, reviews, rules
from isms.evidence.models import FileCheck
from isms.evidence.standing import standings_of
from isms.trail.verify import verify
from tests.evidence.console import isms
from tests.evidence.proofs import harm, officer, path_of, recorded
from tests.factories import NOW

NIGHT = datetime(2026, 11, 18, 16, 30, tzinfo=UTC)  # 01:30 in Tokyo


def test_a_changed_byte_lowers_what_it_proves_and_healing_raises_it(db: Any) -> None:
    made = recorded(officer())
    reviews.review(made.id, accepted=True, by=officer(), now=NOW)
    sound = path_of(made).read_bytes()
    zone, days = settings.zone(), [NOW.date() + timedelta(days=number) for number in range(4)]

    def damaged() -> list[bool]:
        return [standings_of([made.id], day, None, zone)[made.id].damaged for day in days]

    assert jobs.verify_files(NOW) == {}
    harm(made)
    assert jobs.verify_files(NOW + timedelta(days=1)) == {path_of(made).name: "changed"}
    assert jobs.verify_files(NOW + timedelta(days=1)) == {path_of(made).name: "changed"}
    assert damaged() == [False, True, True, True]
    path_of(made).write_bytes(sound)
    assert jobs.verify_files(NOW + timedelta(days=3)) == {}
    assert damaged() == [False, True, True, False]
    assert [(row.sound, row.found) for row in FileCheck.select().order_by(FileCheck.id)] == [
        (False, "changed"),
        (True, ""),
    ]
    assert list(verify()) == []


def test_recording_the_same_bytes_again_heals_the_file(db: Any) -> None:
    made = recorded(officer())
    harm(made)
    jobs.verify_files(NOW)
    recorded(officer())
    assert jobs.verify_files(NOW) == {}


def test_it_runs_once_a_night_or_when_the_machine_is_on_again(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[datetime] = []

    def verify_files(now: datetime) -> dict[str, str]:
        ran.append(now)
        return {}

    monkeypatch.setattr(jobs, "verify_files", verify_files)
    for now in (NIGHT - timedelta(hours=1), NIGHT, NIGHT + timedelta(hours=3), NIGHT + timedelta(days=1, hours=9)):
        jobs.nightly(now)
    assert ran == [NIGHT, NIGHT + timedelta(days=1, hours=9)]
    assert ("evidence.nightly", jobs.nightly) in {(name, job) for name, _, job in runner.JOBS}


def test_the_command_names_each_damaged_file(config: Config, db: Any) -> None:
    good, bad, gone = (recorded(officer(), content, title="記録") for content in (b"good", b"bad", b"gone"))
    done = isms(config, "files", "verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert "3" in done.stdout
    harm(bad)
    names = path_of(bad).name, path_of(gone).name
    path_of(gone).unlink()
    done = isms(config, "files", "verify")
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert bad.ref in first and "点検記録.txt" in first and names[0] in first and "変わって" in first
    assert gone.ref in second and names[1] in second and "ありません" in second
    assert good.ref not in done.stderr
    assert FileCheck.select().count() == 2
    assert rules.files_of(good.id)[0].sha256 in blobs.stored()
