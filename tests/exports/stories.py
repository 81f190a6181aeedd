"""A small organisation whose audit is near: every state, odd file names, a finding, an approved statement."""

import io
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from isms.catalogue import rules as catalogue
from isms.catalogue import statements
from isms.catalogue.editions import Kind
from isms.catalogue.rules import Said
from isms.core.days import Span
from isms.core.permissions import Actor, Role
from isms.evidence import rules as evidence
from isms.evidence.files import Upload
from isms.exports import orders, pack
from isms.findings import rules as findings
from tests import factories
from tests.evidence.proofs import EDITION
from tests.status.standings import NOW, TODAY, Office

PERIOD = Span(date(2026, 4, 1), TODAY)
NAMES = ("点検記録（6月分）.txt", "記録 con.csv", "a b'c&d.csv", "-rf.log", "記録.v2.txt", "x" * 90 + ".TXT")


class Story(Office):
    """What happened until noon of TODAY."""

    def __init__(self) -> None:
        super().__init__()
        self.approver: Actor = factories.actor(factories.with_role(Role.APPROVER, name="架空 史郎"))
        self.decide_all()
        self.odd = self.prove("A.5.1", "5.1", title="名前のいろいろなファイル", files=uploads(*NAMES))
        self.prove("A.8.8", title="期限の切れた記録", ago=150, lasts=20)
        self.prove("A.8.9", title="指摘のある管理策の記録")
        self.prove("A.5.2", title="確認待ちの記録", accepted=None)
        old = self.prove("A.5.3", title="改める前の記録")
        self.prove("A.5.3", title="改めた記録", ago=90, predecessor_id=old.id)
        gone = self.prove("A.5.4", title="取り下げた記録")
        evidence.withdraw(gone.id, reason="架空の誤り", by=self.by, now=NOW - timedelta(days=5))
        self.prove("4.1", title="まもなく切れる記録", lasts=110)
        self.find("A.8.9", title="未完了の架空の指摘")

    def decide_all(self) -> None:
        """Decide on every control, and have the statement approved."""
        day = NOW - timedelta(days=200)
        keys = [one.key for one in catalogue.edition_on(TODAY).of_kind(Kind.CONTROL)]
        plans = {"A.8.28": "planned"}
        said = [Said(key, key != "A.8.4", f"架空の理由 {key}", plans.get(key, "implemented")) for key in keys]
        catalogue.decide_many(EDITION, said, by=self.by, now=day)

    def approve(self) -> None:
        """Issue the statement, and have it approved."""
        day = NOW - timedelta(days=150)
        made = statements.issue(by=self.by, now=day)
        statements.approve(made.number, by=self.approver, now=day + timedelta(days=1))

    def find(self, key: str, **more: Any) -> Any:
        """Open a finding."""
        values = {"grade": "minor", "title": "架空の指摘", "controls": [(EDITION, key)], **more}
        return findings.open_finding(**values, opened_on=TODAY - timedelta(days=9), by=self.by, now=NOW)


def uploads(*names: str) -> list[Upload]:
    """Make a file of each name, no two alike."""
    return [Upload(name, io.BytesIO(f"架空の記録,{name}\n".encode())) for name in names]


def packed(folder: Path, *, by: Actor | None = None, period: Span = PERIOD) -> Path:
    """Write the pack and unpack it; gives the folder of its files."""
    folder.mkdir(exist_ok=True)
    file = folder / "pack.zip"
    pack.write(file, period, by=by or orders.console(), now=NOW)
    there = folder / "pack"
    with zipfile.ZipFile(file) as archive:
        archive.extractall(there)
    return there


def sums_hold(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Let `sha256sum` check the sums."""
    return run("sha256sum", "-c", "--quiet", "SHA256SUMS", folder=folder)


def verified(folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    """Run the pack's own program, which sees no setting and no library."""
    return run(sys.executable, "-I", "-S", "verify.py", *more, folder=folder)


def run(*command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command in the folder, in an empty environment."""
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, timeout=60, check=False)
