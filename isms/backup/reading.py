"""Reading a backup that may be damaged or hostile: nothing in it is believed before it was checked."""

import hashlib
import io
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from isms.backup.manifest import (
    CHUNK,
    LONGEST,
    MANIFEST,
    STORED_FILE,
    Manifest,
    NewerFormat,
    Progress,
    decode,
    member_of,
)
from isms.backup.writing import MODE
from isms.core import schema
from isms.core.errors import Invalid
from isms.core.schema import WrongSchema
from isms.core.words import gettext

# What zipfile raises for files that are no zip, or a broken or strange one.
NOT_A_ZIP = (zipfile.BadZipFile, EOFError, NotImplementedError, OverflowError, RuntimeError, ValueError, struct.error)


class BadBackup(Invalid):
    """A file that is not restored: cut off, changed, or made by somebody else."""


def refuse(reason: str) -> NoReturn:
    """Refuse the backup; nothing was written."""
    raise BadBackup(gettext("このバックアップは使えません：%(reason)s。何も変更していません。", reason=reason))


class Bounded(io.FileIO):
    """A file of which nobody reads too much at once: a zip's directory of millions of names would fill the memory."""

    def read(self, size: int | None = -1) -> bytes | None:  # type: ignore[override]
        if size is not None and size > LONGEST:
            raise zipfile.BadZipFile("directory")
        return super().read(size)


class Backup:
    """A backup file whose manifest and list of members are sound."""

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self.zip = archive
        self._check_directory(size)
        self.manifest = self._read_manifest()
        names = {info.filename for info in archive.infolist()}
        if names != {MANIFEST, *self.manifest.members}:
            refuse(gettext("目録にない、または足りない中身があります"))
        _check_migrations(self.manifest.migrations)

    def _check_directory(self, size: int) -> None:
        """Refuse names that no backup has, twins, links, and more bytes than the file has."""
        infos = self.zip.infolist()
        for info in infos:
            plain = (info.compress_type, info.flag_bits, info.external_attr) == (zipfile.ZIP_STORED, 0, MODE << 16)
            if not plain or info.file_size != info.compress_size or not _is_expected(info):
                refuse(
                    gettext(
                        "バックアップにあるはずのない中身 %(name)s があります", name=ascii(info.orig_filename)[:120]
                    )
                )
        if len({info.filename for info in infos}) != len(infos):
            refuse(gettext("同じ名前の中身が二つあります"))
        if sum(info.file_size for info in infos) > size:
            refuse(gettext("大きさが合いません"))

    def _read_manifest(self) -> Manifest:
        if MANIFEST not in self.zip.namelist():
            refuse(gettext("目録がありません"))
        if self.zip.getinfo(MANIFEST).file_size > LONGEST:
            refuse(gettext("大きさが合いません"))
        try:
            return Manifest.read(self.zip.read(MANIFEST))
        except NewerFormat:
            refuse(gettext("新しい版のプログラムで作られています"))
        except NOT_A_ZIP:
            refuse(gettext("目録が壊れています"))

    def check(self, progress: Progress) -> None:
        """Read every member once, comparing size and hash with the manifest."""
        for name in self.manifest.members:
            for _ in self.chunks(name):
                progress.tell(name)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Read a member; at its end, refuse it unless it holds what the manifest says."""
        told, digest, size = self.manifest.members[name], hashlib.sha256(), 0
        try:
            with self.zip.open(name) as member:
                while chunk := member.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    yield chunk
        except NOT_A_ZIP:
            _refuse_damaged(name)
        if (size, digest.hexdigest()) != (told.size, told.sha256):
            _refuse_damaged(name)

    def rows(self, table: str) -> Iterator[list[Any]]:
        """Read a table's rows."""
        told, number = self.manifest.tables[table], 0
        for number, line in enumerate(self._lines(member_of(table)), 1):
            try:
                row = decode(line, len(told.columns))
            except ValueError:
                refuse(gettext("表 %(table)s の %(row)s 行目を読めません", table=table, row=number))
            yield row
        if number != told.rows:
            refuse(gettext("表 %(table)s の行数が目録と違います", table=table))

    def _lines(self, name: str) -> Iterator[bytes]:
        rest = b""
        for chunk in self.chunks(name):
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST:
                _refuse_damaged(name)
            yield from whole
        if rest:
            _refuse_damaged(name)

    def files(self) -> list[str]:
        """Name the stored files in it."""
        return [name for name in self.manifest.members if STORED_FILE.fullmatch(name)]


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """Open a backup; raises BadBackup unless its manifest and list of members are sound."""
    if not path.is_file():
        raise Invalid(gettext("ファイル %(file)s がありません。", file=path))
    with Bounded(path) as file:
        try:
            archive = zipfile.ZipFile(file)
        except NOT_A_ZIP:
            refuse(gettext("途中で切れているか、バックアップではありません"))
        with archive:
            yield Backup(archive, path.stat().st_size)


def _is_expected(info: zipfile.ZipInfo) -> bool:
    name = info.orig_filename
    return name == info.filename and (
        name == MANIFEST or STORED_FILE.fullmatch(name) is not None or schema_table(name) is not None
    )


def schema_table(member: str) -> str | None:
    """Give the table that a member's name speaks of."""
    table = member.removeprefix("tables/").removesuffix(".jsonl")
    return table if member == member_of(table) and table.isidentifier() and table.isascii() else None


def _refuse_damaged(name: str) -> NoReturn:
    refuse(gettext("%(name)s が壊れています", name=name))


def _check_migrations(told: list[str]) -> None:
    """Refuse a schema that this program does not know."""
    known = schema.names()
    if not told or told != known[: len(told)]:
        unknown = next((name for name in told if name not in known), "?")
        raise WrongSchema(
            gettext(
                "このバックアップは、このプログラムより新しい版（%(name)s）で作られています。"
                "新しい版のプログラムで復元してください。何も変更していません。",
                name=ascii(unknown)[:120],
            )
        )
