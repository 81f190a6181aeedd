"""Evidence for tests: people who may record, review and redact, and evidence by the real rules."""

import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

from isms.core import blobs
from isms.core.permissions import Actor, Role
from isms.evidence import rules
from isms.evidence.files import Upload
from isms.evidence.models import Evidence
from tests import factories
from tests.factories import NOW

EDITION = "iso27001-2022"
A51, C51 = (EDITION, "A.5.1"), (EDITION, "5.1")  # a control and a clause of the same number
DAY = date(2026, 11, 1)


def officer(**more: Any) -> Actor:
    """Make an officer."""
    return factories.actor(factories.with_role(Role.OFFICER, **more))


def approver() -> Actor:
    """Make an approver."""
    return factories.actor(factories.with_role(Role.APPROVER))


def upload(content: bytes = "架空の点検記録".encode(), name: str = "点検記録.txt") -> Upload:
    """Make a file as it is sent."""
    return Upload(name, io.BytesIO(content))


def recorded(by: Actor, content: bytes | None = None, *, now: datetime = NOW, **more: Any) -> Evidence:
    """Record evidence with one file."""
    files = [upload() if content is None else upload(content)]
    values: dict[str, Any] = {"title": "架空の点検記録", "controls": [A51], "collected_on": DAY, "files": files}
    return rules.record_evidence(**values | more, by=by, now=now)


def path_of(evidence: Evidence) -> Path:
    """Give where the first file of the evidence lies."""
    return blobs.path_of(rules.files_of(evidence.id)[0].sha256)


def harm(evidence: Evidence) -> None:
    """Change a byte of the first file on disk, behind everybody's back."""
    path = path_of(evidence)
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(bytes(content))
