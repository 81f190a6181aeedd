"""Backups that are damaged or made to do harm (attack 65): each is refused while the old state stands, byte for byte."""

import json
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config import Config
from isms import backup
from isms.backup import reading
from isms.core.errors import DomainError
from tests.assembly.copies import NewInstallation, everything, filled, folder, stored_file
from tests.assembly.forging import REGULAR, Members, members_of, retold, write_zip
from tests.factories import NOW

PEOPLE = "tables/person.jsonl"


@pytest.fixture(scope="module")
def good(sqlite: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one good backup for all forgers."""
    data = tmp_path_factory.mktemp("good")
    sqlite.fresh(data)
    config = filled(Config(data=data))
    stored_file(config)
    backup.write(config, data / "good.zip", NOW)
    return data / "good.zip"


@pytest.fixture
def old(engine: str, new_installation: NewInstallation) -> Config:
    """Give an installation that must not be harmed."""
    config = filled(new_installation(engine), people=1)
    stored_file(config, b"old evidence")
    return config


def refused(config: Config, file: Path) -> str:
    """Try to restore; gives the refusal, after seeing that nothing was touched."""
    before, rows = folder(config.data), everything(config)
    with pytest.raises(DomainError) as caught:
        backup.restore(config, file, NOW)
    assert folder(config.data) == before
    assert everything(config) == rows
    message = str(caught.value)
    assert message
    assert "\n" not in message
    return message


def forge(good: Path, file: Path, **manifest: Any) -> None:
    """Write the good backup with other words in its manifest."""
    members = members_of(good)
    told = json.loads(members["manifest.json"]) | manifest
    write_zip(file, members | {"manifest.json": json.dumps(told).encode()})


NAMES = [
    "../x",
    "files/../../x",
    "/etc/isms-canary",
    "C:\\x",
    "files/" + "a" * 63 + "\0",
    "files/link",
    "isms.sqlite3",
    "secret.key",
    "tables/../person.jsonl",
    "tables/form_key.jsonl",
    "tables/sign_in_session.jsonl",
    "tables/sqlite_master.jsonl",
    "tables/",
    "files/" + "A" * 64,
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_member_that_no_backup_has_is_refused(old: Config, good: Path, tmp_path: Path, name: str) -> None:
    members = retold(members_of(good) | {name: b"[]"})
    write_zip(tmp_path / "bad.zip", members)
    refused(old, tmp_path / "bad.zip")
    assert not Path("/etc/isms-canary").exists()
    assert not list(old.data.parent.glob("x"))


def symlink(info: zipfile.ZipInfo) -> None:
    if info.filename.startswith("files/"):
        info.external_attr = (stat.S_IFLNK | 0o777) << 16


def deflated(info: zipfile.ZipInfo) -> None:
    info.compress_type = zipfile.ZIP_DEFLATED


@pytest.mark.parametrize("change", [symlink, deflated])
@pytest.mark.parametrize("engine", ["sqlite"])
def test_links_and_packed_members_are_refused(
    old: Config, good: Path, tmp_path: Path, change: Callable[[zipfile.ZipInfo], None]
) -> None:
    write_zip(tmp_path / "bad.zip", members_of(good), change=change)
    refused(old, tmp_path / "bad.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("engine", ["sqlite"])
def test_two_members_of_one_name_are_refused(old: Config, good: Path, tmp_path: Path) -> None:
    write_zip(tmp_path / "bad.zip", members_of(good), twice=PEOPLE)
    assert "二つ" in refused(old, tmp_path / "bad.zip")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_bomb_of_members_that_share_their_bytes_is_refused(old: Config, good: Path, tmp_path: Path) -> None:
    shutil.copy(good, tmp_path / "bad.zip")
    with zipfile.ZipFile(tmp_path / "bad.zip", "a") as archive:
        shared = archive.getinfo(PEOPLE)
        for number in range(1000):
            info = zipfile.ZipInfo(f"files/{number:064x}")
            info.create_system, info.external_attr = 3, REGULAR
            info.header_offset, info.CRC = shared.header_offset, shared.CRC
            info.file_size = info.compress_size = 10_000
            archive.filelist.append(info)
        archive._didModify = True  # type: ignore[attr-defined]
    assert "大きさ" in refused(old, tmp_path / "bad.zip")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_directory_of_millions_of_names_is_not_even_read(
    old: Config, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_zip(tmp_path / "bad.zip", retold(members_of(good) | {f"files/{n:064x}": b"" for n in range(10_000)}))
    monkeypatch.setattr(reading, "LONGEST", 1_000_000)
    with pytest.raises(reading.BadBackup, match="途中で切れている"):
        backup.restore(old, tmp_path / "bad.zip", NOW)


@pytest.mark.parametrize("name", ["tables/person.jsonl", "tables/trail_entry.jsonl", "files/", "manifest.json"])
@pytest.mark.parametrize("how", ["on the disk", "with a new checksum"])
def test_one_flipped_byte_is_named(old: Config, good: Path, tmp_path: Path, name: str, how: str) -> None:
    members = members_of(good)
    name = next(member for member in members if member.startswith(name))
    spoilt = bytearray(members[name])
    spoilt[len(spoilt) // 2] ^= 1
    if how == "on the disk":
        content = good.read_bytes()
        assert content.count(members[name]) == 1
        (tmp_path / "bad.zip").write_bytes(content.replace(members[name], bytes(spoilt)))
    else:
        write_zip(tmp_path / "bad.zip", members | {name: bytes(spoilt)})
    message = refused(old, tmp_path / "bad.zip")
    assert name == "manifest.json" or name in message


def test_no_flipped_bit_anywhere_changes_what_comes_back(
    good: Path, new_installation: NewInstallation, tmp_path: Path
) -> None:
    whole = new_installation("sqlite", migrated=False)
    backup.restore(whole, good, NOW)
    expected, content = everything(whole), good.read_bytes()
    came_back = 0
    for place in range(0, len(content), len(content) // 60):
        spoilt = bytearray(content)
        spoilt[place] ^= 1 << place % 8
        (tmp_path / "bad.zip").write_bytes(spoilt)
        target = new_installation("sqlite", migrated=False)
        try:
            backup.restore(target, tmp_path / "bad.zip", NOW)
        except DomainError:
            assert folder(target.data) == {}
        else:
            assert everything(target) == expected
            came_back += 1
    assert came_back < 10  # what a zip says twice, or of its time


@pytest.mark.parametrize("part", [0, 1, 30, 0.3, 0.7, 0.999, -22, -1])
@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_file_cut_off_anywhere_is_refused(old: Config, good: Path, tmp_path: Path, part: float) -> None:
    content = good.read_bytes()
    (tmp_path / "bad.zip").write_bytes(content[: int(part * len(content)) if isinstance(part, float) else part])
    refused(old, tmp_path / "bad.zip")


@pytest.mark.parametrize(
    "manifest",
    [
        {"format": "zip"},
        {"version": 2},
        {"version": None},
        {"migrations": []},
        {"migrations": ["0001_house", "9999_tomorrow"]},
        {"migrations": ["9999_tomorrow"]},
        {"migrations": [{}]},
        {"migrations": None},
        {"trail": None},
        {"trail": {"no": 1, "hash": "0" * 64}},
        {"trail": 0},
        {"trail": {"no": "1", "hash": 2}},
        {"damaged": {"0": 1}},
        {"tables": {}},
        {"tables": []},
        {"tables": {"person; DROP TABLE person": {"columns": ["id"], "rows": 1}}},
        {"members": {}},
        {"members": {PEOPLE: {"size": True, "sha256": []}}},
        {"more": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_manifest_that_says_something_else_is_refused(
    old: Config, good: Path, tmp_path: Path, manifest: dict[str, Any]
) -> None:
    forge(good, tmp_path / "bad.zip", **manifest)
    refused(old, tmp_path / "bad.zip")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"{", b"[" * 100_000, b'{"format":"isms-backup"}', b"\xff", b"9" * 5000]
)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_manifest_that_is_none_is_refused(old: Config, good: Path, tmp_path: Path, content: bytes) -> None:
    write_zip(tmp_path / "bad.zip", members_of(good) | {"manifest.json": content})
    refused(old, tmp_path / "bad.zip")


def other_person(members: Members, **values: Any) -> bytes:
    """Write the first person with other values."""
    columns = json.loads(members["manifest.json"])["tables"]["person"]["columns"]
    first, *others = members[PEOPLE].splitlines()
    row = dict(zip(columns, json.loads(first), strict=True)) | values
    return b"".join(line + b"\n" for line in [json.dumps([row[c] for c in columns]).encode(), *others])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda m: {PEOPLE: other_person(m, name="架空 別人")},  # not as the trail says
        lambda m: {PEOPLE: other_person(m, id=2)},  # twice
        lambda m: {PEOPLE: other_person(m, id=2**70)},
        lambda m: {PEOPLE: other_person(m, number=None)},
        lambda m: {PEOPLE: other_person(m, number={"base64": "!"})},
        lambda m: {PEOPLE: other_person(m, number=1.5)},
        lambda m: {PEOPLE: other_person(m, number=["nested"])},
        lambda m: {PEOPLE: other_person(m, name="\ud800")},
        lambda m: {PEOPLE: m[PEOPLE] + b"[" * 100_000 + b"\n"},
        lambda m: {PEOPLE: m[PEOPLE] + b"[1]\n"},
        lambda m: {PEOPLE: m[PEOPLE][:-1]},
        lambda m: {PEOPLE: m[PEOPLE].split(b"\n", 1)[1]},  # a row less than the manifest says
        lambda m: {PEOPLE: b"\xff\xfe\n"},
        lambda m: {"tables/membership.jsonl": m["tables/membership.jsonl"].replace(b"[1,1,1,", b"[1,1,77,")},
        lambda m: {"tables/trail_entry.jsonl": m["tables/trail_entry.jsonl"].replace("係長".encode(), "局長".encode())},
    ],
)
def test_rows_that_do_not_hold_are_refused_whatever_the_manifest_says(
    old: Config, good: Path, tmp_path: Path, spoil: Callable[[Members], Members]
) -> None:
    members = members_of(good)
    changed = members | spoil(members)
    assert changed != members
    write_zip(tmp_path / "bad.zip", retold(changed))
    refused(old, tmp_path / "bad.zip")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_is_no_file_or_no_zip_is_refused(old: Config, good: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("PK")
    (tmp_path / "encrypted.zip").write_bytes(_encrypted(good.read_bytes()))
    for name in ("text", "missing", "", "encrypted.zip"):
        refused(old, tmp_path / name)


def _encrypted(content: bytes) -> bytes:
    """Set the sign of an encrypted member in every header of the zip's directory."""
    place = -1
    spoilt = bytearray(content)
    while (place := content.find(b"PK\1\2", place + 1)) >= 0:
        struct.pack_into("<H", spoilt, place + 8, 1)
    return bytes(spoilt)
