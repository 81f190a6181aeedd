"""The ledgers of the example federation go into an empty installation and give the same state there."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from config import Config
from isms.catalogue import imports as decision_imports
from isms.catalogue import ledger as decision_ledger
from isms.catalogue import rules as catalogue
from isms.core import blobs, clock, settings
from isms.core.imports import Verdict
from isms.core.permissions import Role
from isms.core.words import speaking
from isms.evidence import imports, ledger
from isms.evidence.import_files import Folder
from isms.exports import orders
from isms.findings import imports as finding_imports
from isms.findings import ledger as finding_ledger
from isms.people import imports as people_imports
from isms.people import ledger as people_ledger
from tests import factories
from tests.assembly.test_demo import built  # noqa: F401  a fixture
from tests.conftest import standards_of
from tests.engines import NewInstallation, opened

Requirements = dict[str, dict[str, Any]]


def state(day: date, now: datetime) -> tuple[str, Requirements]:
    """Give the edition and the requirements of a day as JSON, without when each evidence was recorded here."""
    told = json.loads(orders.made(orders.Order("status", day), by=orders.console(), now=now))
    for one in told["requirements"]:
        for row in one["evidence"]:
            del row["recorded_at"]
    return told["edition"], {f"{one['kind']} {one['id']}": one for one in told["requirements"]}


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_the_ledger_of_the_federation_gives_the_same_state_elsewhere(
    built: Config,  # noqa: F811
    engine: str,
    new_installation: NewInstallation,
    tmp_path: Path,
) -> None:
    clock.forget()
    catalogue.use(standards_of(built.controls))
    with opened("", built.data), speaking("ja"):
        blobs.use(built.data)
        now = clock.now()
        day = settings.today(now)
        edition, before = state(day, now)
        told = ledger.write(now, tmp_path), finding_ledger.write(now)
        sheets = people_ledger.write(now), decision_ledger.write(now), *told
    config = new_installation(engine)
    after = _elsewhere(config, sheets, tmp_path, day, now)
    assert after == (edition, before)
    assert sum(len(one["open_findings"]) for one in before.values()) > 3
    assert sum(len(one["evidence"]) for one in before.values()) > 300


def _elsewhere(
    config: Config, sheets: tuple[bytes, ...], files: Path, day: date, now: datetime
) -> tuple[str, Requirements]:
    """Import all four into an empty installation and give the state there."""
    clock.forget()
    catalogue.use(standards_of(config.controls))
    with opened(config.database_url, config.data), speaking("ja"):
        blobs.use(config.data)
        by = factories.actor(factories.with_role(Role.OFFICER, name="架空 移行係", number="移行"), now)
        people_imports.take(sheets[0], "people.xlsx", by=by, now=now)
        decision_imports.take(sheets[1], "decisions.xlsx", by=by, now=now)
        done = imports.take(sheets[2], "ledger.xlsx", files=Folder(files), by=by, now=now)
        assert done.counts()[Verdict.NEW] == len(done.rows) > 300
        finding_imports.take(sheets[3], "findings.xlsx", by=by, now=now)
        return state(day, now)
