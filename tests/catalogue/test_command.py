"""`isms import decisions`, and a start with standards that break a rule."""

import shutil
from pathlib import Path

import pytest

from config import ROOT, Config
from isms import cli, create_app
from isms.catalogue.models import Decision
from isms.catalogue.standards import BrokenStandard
from isms.core import logs
from isms.core.permissions import Role
from tests import factories
from tests.catalogue.test_import import csv
from tests.engines import NewInstallation, opened
from tests.evidence.console import isms

GOOD = ("5.1", "採用", "全職員に示すため。", "実施", "", "2026-04-01")
OLD_NUMBER = ("A.5.1.1", "採用", "全職員に示すため。", "実施", "", "2026-04-01")


@pytest.fixture
def installation(config: Config) -> Config:
    """Give an installation with an officer and a member of staff."""
    with opened(config.database_url, config.data):
        factories.person(roles=[Role.OFFICER], mail="officer@kumiai.example")
        factories.person(mail="staff@kumiai.example")
    return config


def decided(config: Config) -> list[str]:
    with opened(config.database_url, config.data):
        return [row.key for row in Decision.select().order_by(Decision.id)]


def test_import_decisions(installation: Config, tmp_path: Path) -> None:
    sheet = tmp_path / "決定.csv"
    command = ("import", "decisions", str(sheet), "--as", "officer@kumiai.example")
    sheet.write_bytes(csv(GOOD))
    dry = isms(installation, *command, "--dry-run")
    assert (dry.returncode, decided(installation)) == (0, []), dry.stderr
    assert "新規 1" in dry.stdout
    for told in ("新規 1", "変更なし 1"):
        done = isms(installation, *command)
        assert (done.returncode, decided(installation)) == (0, ["A.5.1"]), done.stderr
        assert told in done.stdout


def test_import_decisions_refuses_the_whole(installation: Config, tmp_path: Path) -> None:
    sheet = tmp_path / "決定.csv"
    sheet.write_bytes(csv(GOOD, OLD_NUMBER))
    for mail, says in (("officer@kumiai.example", "では 5.1 です"), ("staff@kumiai.example", "権限がありません")):
        for more in ((), ("--dry-run",)):
            done = isms(installation, "import", "decisions", str(sheet), "--as", mail, *more)
            assert (done.returncode, decided(installation)) == (1, [])
            assert says in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def broken(tmp_path: Path) -> Path:
    """Give a folder of standards in which line 40 of an edition is a line twice."""
    folder = tmp_path / "controls"
    shutil.copytree(ROOT / "controls", folder)
    path = folder / "iso27001-2013.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines[:39], lines[38], *lines[39:]]), "utf-8")
    return folder


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_broken_standard_stops_the_start(new_installation: NewInstallation, engine: str, tmp_path: Path) -> None:
    config = new_installation(engine, controls=broken(tmp_path))
    with pytest.raises(BrokenStandard, match=r"iso27001-2013\.csv の40行目"):
        create_app(config)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_broken_standard_is_one_line_on_the_console(
    config: Config, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = broken(tmp_path)
    monkeypatch.setenv("ISMS_DATA", str(config.data))
    monkeypatch.setenv("ISMS_CONTROLS", str(folder))
    monkeypatch.setattr(logs, "configure", lambda level: None)  # it would keep the test's standard error for ever
    assert cli.main(["migrate"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(folder / "iso27001-2013.csv") in line and "40行目" in line
