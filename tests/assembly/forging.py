"""Backups as somebody who means harm would make them."""

import hashlib
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

Members = dict[str, bytes]
REGULAR = (stat.S_IFREG | 0o600) << 16


def members_of(file: Path) -> Members:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_zip(file: Path, members: Members, twice: str = "", change: Callable[[zipfile.ZipInfo], None] = id) -> None:  # type: ignore[assignment]
    """Write a zip as a backup is written; `change` is done to every member's header."""
    with zipfile.ZipFile(file, "w") as archive:
        for name in [*members, *filter(None, [twice])]:
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, REGULAR
            change(info)
            archive.writestr(info, members[name])


def retold(members: Members) -> Members:
    """Let the manifest tell hash and size of the members as they are: who forges a backup can do that too."""
    told = json.loads(members["manifest.json"])
    told["members"] = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in members.items()
        if name != "manifest.json"
    }
    return members | {"manifest.json": json.dumps(told).encode()}
