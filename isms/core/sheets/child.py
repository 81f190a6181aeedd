"""Read one xlsx in a process of its own, with little memory and time; started by `reading.py`, never imported.

The file comes on standard input, the limits as JSON in the only argument. Out go JSON lines: a head, the rows, an end;
or one line {"refused": code}. It imports nothing of the house, so it starts fast and knows no secret.
"""

import json
import re
import resource
import struct
import sys
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from itertools import islice
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

LIMITS: dict[str, int] = {}
MANY_PARTS, LONG_DIRECTORY = 2_000, 1 << 20
HALF_SECOND = timedelta(microseconds=500_000)
WHOLE = 2**53  # larger floats are no exact integers


class RefusedError(Exception):
    """The file is not taken; the argument is the code of the reason."""


def limited(limits: dict[str, int]) -> None:
    """Give this process little memory, little time, and no file to write."""
    for kind, most in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def opened(data: bytes) -> ZipFile:
    """Open the archive, whose directory must be short, whole and without overlaps."""
    end = data[-22:]
    # No comment and nothing behind: so nobody reads another directory than this one.
    if len(end) < 22 or end[:4] != b"PK\5\6" or end[20:] != b"\0\0":
        raise RefusedError("damaged")
    count, size, start = struct.unpack("<HII", end[10:20])
    if count > MANY_PARTS or size > LONG_DIRECTORY:
        raise RefusedError("huge")
    archive = ZipFile(BytesIO(data))
    parts = sorted(archive.infolist(), key=lambda part: part.header_offset)
    if len({part.filename for part in parts}) != len(parts) or len(parts) != count:
        raise RefusedError("damaged")
    if sum(part.file_size for part in parts) > LIMITS["unpacked"]:
        raise RefusedError("huge")
    for part, after in zip(parts, [*(later.header_offset for later in parts[1:]), start], strict=True):
        if part.flag_bits & 1:
            raise RefusedError("encrypted")
        if part.header_offset + 30 + len(part.filename) + part.compress_size > after:
            raise RefusedError("damaged")
    return archive


def unpacked(data: bytes, part: ZipInfo) -> bytes:
    """Unpack the part, which must hold just as many bytes as it says, whatever a laxer reader would make of it."""
    names = struct.unpack("<HH", data[part.header_offset + 26 : part.header_offset + 30])
    begin = part.header_offset + 30 + sum(names)
    packed = data[begin : begin + part.compress_size]
    if part.compress_type == 0:
        plain, whole = packed, True
    elif part.compress_type == 8:
        stream = zlib.decompressobj(-15)
        plain = stream.decompress(packed, part.file_size + 1)
        whole = stream.eof or not stream.decompress(stream.unconsumed_tail, 1)
    else:
        raise RefusedError("damaged")
    if not whole or len(plain) != part.file_size or zlib.crc32(plain) != part.CRC:
        raise RefusedError("damaged")
    return plain


def check_parts(data: bytes, archive: ZipFile) -> None:
    """Refuse what is no plain workbook: another kind, macros, entities, parts that lie about their size."""
    names = set(archive.namelist())
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise RefusedError("kind")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise RefusedError("macros")
    for part in archive.infolist():
        plain = unpacked(data, part)
        # Entities are declared in a DOCTYPE; in UTF-16 it would pass this by.
        declared = b"\0" in plain[:256] or b"<!DOCTYPE" in plain
        if declared and part.filename.endswith((".xml", ".rels")):
            raise RefusedError("entities")
        if part.filename == "[Content_Types].xml" and b"macroEnabled" in plain:
            raise RefusedError("macros")


def part_of(archive: ZipFile, sheet: str) -> str:
    """Find the part that holds the sheet's cells."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314  no DOCTYPE
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    # Any namespace: Excel also saves "Strict Open XML", whose names differ.
    for entry in ElementTree.fromstring(archive.read("xl/workbook.xml")).findall(".//{*}sheet"):  # noqa: S314
        if entry.get("name") == sheet:
            target = targets[next(value for name, value in entry.items() if name.endswith("}id"))]
            return target.removeprefix("/") if target.startswith(("/", "xl/")) else f"xl/{target}"
    raise RefusedError("damaged")


class Flaws:
    """Finds the cells that hold an error (#N/A) or a formula without a value; calamine gives both as empty."""

    def __init__(self) -> None:
        self.found: dict[int, dict[int, str]] = {}
        self.row, self.column = -1, -1
        self.kind, self.tag = "", ""
        self.texts: dict[str, str] = {}

    def read(self, xml: bytes) -> dict[int, dict[int, str]]:
        """Give the flaws by row and column, from 0: the error, or "" for a formula without a value."""
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler = self.text
        parser.Parse(xml, True)
        return self.found

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "row":
            self.row, self.column = int(attributes.get("r", self.row + 2)) - 1, -1
        elif name == "c":
            self.column = column_of(attributes["r"]) if "r" in attributes else self.column + 1
            self.kind, self.texts = attributes.get("t", ""), {}
        elif name in ("v", "f"):
            self.tag = name
            self.texts[name] = ""

    def text(self, text: str) -> None:
        if self.tag:
            self.texts[self.tag] += text

    def end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name in ("v", "f"):
            self.tag = ""
        elif name == "c":
            value = self.texts.get("v", "")
            if self.kind == "e":
                self.found.setdefault(self.row, {})[self.column] = value or "#"
            elif "f" in self.texts and not value and self.kind != "str":
                self.found.setdefault(self.row, {})[self.column] = ""


def column_of(reference: str) -> int:
    """Count the column of a reference such as AB12, from 0."""
    letters = reference.rstrip("0123456789")
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def flaws_of(archive: ZipFile, sheet: str) -> dict[int, dict[int, str]]:
    """Find the flawed cells of the sheet, whose XML must be whole: calamine stops at a cut without a word."""
    xml = archive.read(part_of(archive, sheet))
    if re.search(rb"""\bt=["']e["']|<(?:\w+:)?f\b""", xml):
        return Flaws().read(xml)
    expat.ParserCreate().Parse(xml, True)
    return {}


def rows_of(data: bytes, archive: ZipFile) -> Iterator[Any]:
    """Give the head and the rows of the first visible sheet."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    book = CalamineWorkbook.from_filelike(BytesIO(data))
    shown = [
        entry.name
        for entry in book.sheets_metadata
        if entry.visible == SheetVisibleEnum.Visible and entry.typ == SheetTypeEnum.WorkSheet
    ]
    if not shown:
        raise RefusedError("empty")
    flaws = flaws_of(archive, shown[0])
    sheet = book.get_sheet_by_name(shown[0])
    top, left = sheet.start or (0, 0)
    height = max(top + sheet.height, max(flaws, default=-1) + 1) - top
    check_size(height, sheet.width)
    yield {"name": shown[0], "others": shown[1:], "first": top + 1}
    characters = 0
    rows = islice(sheet.iter_rows(), top, None)  # it begins with the empty rows above the first
    for number in range(top, top + height):
        cells = [plain(cell) for cell in next(rows, [])]
        characters += sum(len(cell) for cell in cells if type(cell) is str)
        if characters > LIMITS["characters"]:
            raise RefusedError("cells")
        yield flawed(cells, flaws[number], left) if number in flaws else cells


def check_size(height: int, width: int) -> None:
    """Refuse more rows, columns or cells than anybody works with."""
    if height > LIMITS["rows"]:
        raise RefusedError("rows")
    if width > LIMITS["columns"]:
        raise RefusedError("columns")
    if height * width > LIMITS["cells"]:
        raise RefusedError("cells")


def flawed(cells: list[Any], flaws: dict[int, str], left: int) -> list[Any]:
    """Put the flaws of a row into its cells."""
    for column, flaw in flaws.items():
        place = column - left
        if 0 <= place < LIMITS["columns"]:
            cells.extend([None] * (place + 1 - len(cells)))
            cells[place] = {"flaw": flaw}
    return cells


def plain(cell: Any) -> Any:
    """Make the cell fit for JSON: empty is null, whole floats are ints, days and times are named."""
    if cell == "" and type(cell) is str:
        return None
    if type(cell) is float:
        return int(cell) if cell.is_integer() and abs(cell) < WHOLE else cell
    if isinstance(cell, datetime):
        # Excel keeps fractions of a day, so a second comes back as 59.9999996.
        return {"datetime": (cell + HALF_SECOND).replace(microsecond=0).isoformat()}
    if isinstance(cell, date):
        return {"date": cell.isoformat()}
    if isinstance(cell, time):
        return {"time": (datetime.combine(date(2000, 1, 1), cell) + HALF_SECOND).time().isoformat("seconds")}
    if isinstance(cell, timedelta):
        return {"seconds": round(cell.total_seconds())}
    return cell


def main() -> None:
    """Answer with the rows, or with the reason why not."""
    LIMITS.update(json.loads(sys.argv[1]))
    limited(LIMITS)
    out = sys.stdout
    out.reconfigure(encoding="utf-8", errors="strict")  # type: ignore[union-attr]
    data = sys.stdin.buffer.read()
    try:
        archive = opened(data)
        check_parts(data, archive)
        for line in rows_of(data, archive):
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
        out.write('{"end": true}\n')
    except RefusedError as refusal:
        out.write(json.dumps({"refused": refusal.args[0]}) + "\n")
    except (MemoryError, RecursionError):
        out.write('{"refused": "huge"}\n')
    except (BadZipFile, zlib.error, struct.error):
        out.write('{"refused": "damaged"}\n')
    except BaseException:  # calamine's own errors and panics: all mean that the file is not as it should be
        out.write('{"refused": "damaged"}\n')


if __name__ == "__main__":
    main()
