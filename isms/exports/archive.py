"""A pack being written: a zip with one time, members with plain names, and the sums of them all. Streamed."""

import hashlib
import re
import stat
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from queue import Full, Queue
from typing import BinaryIO, Self

from peewee import chunked

SUMS = "SHA256SUMS"
MODE = stat.S_IFREG | 0o644
FIRST_YEAR = 1980  # of the calendar of zip files
LINES = 2000  # texts that are encoded at once
LONGEST_STEM = 60


class Archive:
    """The zip; the same members and moment give the same bytes."""

    def __init__(self, file: BinaryIO, moment: datetime) -> None:
        self.zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        at = moment.astimezone(UTC)
        self.date = at.timetuple()[:6] if at.year >= FIRST_YEAR else (FIRST_YEAR, 1, 1, 0, 0, 0)
        self.sums: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:
            self._close()
        else:
            self.zip.fp = None  # given up: the directory is not written after all, when the zip is forgotten

    def add(self, name: str, chunks: Iterable[bytes], *, text: bool = False) -> int:
        """Write a member as it comes, a text squeezed a little; gives its size in bytes."""
        info = self._member(name)
        info.compress_type, info._compresslevel = (zipfile.ZIP_DEFLATED, 1) if text else (zipfile.ZIP_STORED, None)  # type: ignore[attr-defined]
        digest, size = hashlib.sha256(), 0
        with self.zip.open(info, "w", force_zip64=True) as member:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                member.write(chunk)
        self.sums[name] = digest.hexdigest()
        return size

    def add_whole(self, name: str, content: bytes, sha256: str, crc: int) -> None:
        """Write a member that was read and hashed already: what stands before it is known, so nothing is gone back to."""
        info = self._member(name)
        info.CRC, info.file_size, info.compress_size = crc, len(content), len(content)
        out = self.zip.fp
        if out is None:
            raise ValueError("the archive is closed")
        header = info.FileHeader(False)
        info.header_offset = self.zip.start_dir  # where the directory would begin, did it end here
        out.write(header)
        out.write(content)
        self.zip.start_dir += len(header) + len(content)
        self.zip.filelist.append(info)
        self.zip.NameToInfo[name] = info
        self.sums[name] = sha256

    def add_text(self, name: str, pieces: Iterable[str]) -> None:
        """Write a text that comes in pieces, squeezed by another thread while the next pieces are made."""
        passing: Queue[bytes] = Queue(4)
        with ThreadPoolExecutor(1) as writer:
            writing = writer.submit(self.add, name, iter(passing.get, b""), text=True)
            try:
                for chunk in encoded(pieces):
                    _hand_over(chunk, passing, writing)
            finally:
                _hand_over(b"", passing, writing)
            writing.result()

    def _member(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self.date)
        info.create_system, info.external_attr = 3, MODE << 16
        return info

    def _close(self) -> None:
        """Write the sums as `sha256sum -c` reads them, and the directory in the order of names."""
        lines = [f"{self.sums[name]}  {name}\n" for name in sorted(self.sums)]
        self.add_text(SUMS, lines)
        self.zip.filelist.sort(key=lambda info: info.filename)
        self.zip.close()


def _hand_over(chunk: bytes, passing: "Queue[bytes]", writing: "Future[int]") -> None:
    """Wait until the writer takes the chunk; one that has failed takes none any more."""
    while not writing.done():
        with suppress(Full):
            passing.put(chunk, timeout=1)
            return


def encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    """Encode many short texts together."""
    return ("".join(batch).encode() for batch in chunked(pieces, LINES))


def safe_name(place: int, name: str) -> str:
    """Give the name of a file inside the pack: plain letters that every system and every old unzip takes (attack 32).

    The place among the evidence's files keeps names apart; what the file is really called stands in the index.
    """
    stem, _, ending = name.rpartition(".")
    ending = re.sub(r"[^A-Za-z0-9]", "", ending).lower()[:10]
    plain = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-")[:LONGEST_STEM].strip("-")
    return f"{place:02}" + (f"-{plain}" if plain else "") + (f".{ending}" if stem and ending else "")
