"""Files made to hurt whoever opens them (attacks 34 and 39): refused in words, fast and in little memory."""

import json
import resource
import signal
import socket
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from isms.core.sheets import BadSheet, Limits, read_sheet
from isms.core.sheets.reading import CHILD
from tests.core.workbooks import HEAD, packed, parts, row, text, workbook
from tests.effort import cpu_seconds

SMALL = row(1, text("A1", "x"))
DAMAGED, TOO_BIG, OTHER_KIND = "壊れているか", "大きすぎて", "表のファイルではありません"
MEGABYTE = 1 << 20


def refused(data: bytes, **limits: int) -> str:
    """Give the words of the refusal, which must come within two seconds."""
    began = cpu_seconds()
    with pytest.raises(BadSheet) as refusal:
        read_sheet(data, "a.xlsx", limits=Limits(**limits))
    assert cpu_seconds() - began < 2
    return str(refusal.value)


def with_sheet(xml: bytes | str) -> dict[str, str | bytes]:
    return parts("") | {"xl/worksheets/sheet1.xml": xml}


@cache
def flat() -> bytes:
    """One part of 300 MB of blanks."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, content in parts("").items():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(300):
                part.write(b" " * MEGABYTE)
    return out.getvalue()


@cache
def nested() -> bytes:
    """Zips within a zip, ten levels of ten."""
    data = b"0" * MEGABYTE
    for _ in range(10):
        data = packed({f"{place}.zip": data for place in range(3)})
    return data


@cache
def many() -> bytes:
    """More parts than any workbook has."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for name, content in parts(SMALL).items():
            archive.writestr(name, content)
        for place in range(30_000):
            archive.writestr(f"xl/{place}", b"")
    return out.getvalue()


@cache
def overlapping() -> bytes:
    """Many entries of the directory that point at one and the same bytes."""
    honest = workbook(SMALL)
    count, size, start = struct.unpack("<HII", honest[-12:-2])
    directory = honest[start : start + size]
    entry = directory[directory.rindex(b"PK\1\2") :]
    copies = b"".join(entry.replace(b"sheet2", b"shee%02d" % place) for place in range(10, 90))
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count + 80, count + 80, size + len(copies), start, 0)
    return honest[:start] + directory + copies + end


@cache
def lying() -> bytes:
    """A part that unpacks to 300 MB and says that it is one kilobyte."""
    truth = b" " * (300 * MEGABYTE)
    honest = packed(with_sheet(truth))
    claim = struct.pack("<I", 1024)
    lie = honest.replace(struct.pack("<I", len(truth)), claim)
    return lie.replace(struct.pack("<I", zlib.crc32(truth)), struct.pack("<I", zlib.crc32(truth[:1024])))


@cache
def claimed() -> bytes:
    """Two cells at the far corners of the largest sheet there is: 17 thousand million in between."""
    rows = SMALL + row(1_048_576, text("XFD1048576", "x"))
    return workbook(rows, extra='<dimension ref="A1:XFD1048576"/>')


@cache
def repeated() -> bytes:
    """A hundred thousand cells that all show one text of 32,767 characters."""
    cells = "".join(row(n, f'<c r="A{n}" t="s"><v>0</v></c>') for n in range(1, 100_001))
    return workbook(cells, strings=f"<si><t>{'x' * 32_767}</t></si>")


@cache
def deep() -> bytes:
    """Elements within elements, a million deep."""
    return packed(with_sheet(f"{HEAD}<worksheet>" + "<a>" * MEGABYTE))


BOMBS: list[tuple[Callable[[], bytes], str]] = [
    (flat, TOO_BIG),
    (nested, OTHER_KIND),
    (many, TOO_BIG),
    (overlapping, DAMAGED),
    (lying, DAMAGED),
    (claimed, TOO_BIG),
    (repeated, TOO_BIG),
    (deep, DAMAGED),
]
SERVER = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))
from pathlib import Path
from isms.core.sheets import BadSheet, read_sheet
for name in sys.argv[1:]:
    try:
        print(read_sheet(Path(name), name).rows)
    except BadSheet as refusal:
        print(refusal)
"""


@pytest.mark.parametrize(("bomb", "words"), BOMBS)
def test_bombs_are_refused_fast_and_in_little_memory(bomb: Callable[[], bytes], words: str) -> None:
    data = bomb()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert words in refused(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024, "the server's own memory, in KiB"


def test_a_server_of_400_megabytes_outlives_every_bomb(tmp_path: Path) -> None:
    names = []
    for bomb, _ in BOMBS:
        names.append(tmp_path / bomb.__name__)
        names[-1].write_bytes(bomb())
    (tmp_path / "good").write_bytes(workbook(SMALL))
    command = [sys.executable, "-c", SERVER, *map(str, names), str(tmp_path / "good")]
    root = Path(__file__).parents[2]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=root, check=True)
    lines = answer.stdout.splitlines()
    assert [words in line for line, (_, words) in zip(lines, BOMBS, strict=False)] == [True] * len(BOMBS), lines
    assert lines[-1] == "[['x']]"


def test_a_dimension_that_only_claims_is_passed_over() -> None:
    assert read_sheet(workbook(SMALL, extra='<dimension ref="A1:XFD1048576"/>'), "a.xlsx").rows == [["x"]]


def test_the_child_is_stopped_when_it_takes_too_long_or_too_much() -> None:
    rows = "".join(row(n, f'<c r="A{n}"><v>{n}</v></c>') for n in range(1, 60_000))
    assert len(read_sheet(workbook(rows), "a.xlsx").rows) == 59_999
    assert TOO_BIG in refused(workbook(rows), memory=24 * MEGABYTE)
    assert TOO_BIG in refused(endless(), seconds=1)


@cache
def endless() -> bytes:
    return workbook("".join(row(n, "<c><f>1</f></c>" * 150) for n in range(1, 20_000)))


def test_the_child_ends_by_itself_when_nobody_waits_for_it() -> None:
    command = [sys.executable, "-I", str(CHILD), json.dumps(asdict(Limits(seconds=1)))]
    ended = subprocess.run(command, input=endless(), capture_output=True, timeout=30, check=False).returncode
    assert ended in (-signal.SIGKILL, -signal.SIGXCPU)


def test_what_unpacks_to_too_much_is_refused_by_its_size() -> None:
    strings = row(1, text("A1", "x" * 5_000))
    assert TOO_BIG in refused(workbook(strings), unpacked=5_000)
    assert TOO_BIG in refused(workbook(strings), characters=4_999)
    assert read_sheet(workbook(strings), "a.xlsx", limits=Limits(characters=5_000, unpacked=20_000)).rows


def doctype(inner: str, use: str) -> bytes:
    sheet = str(parts(row(1, text("A1", use)))["xl/worksheets/sheet1.xml"])
    return packed(with_sheet(sheet.replace("<worksheet", f"<!DOCTYPE w [{inner}]><worksheet", 1)))


def test_entities_are_refused_and_never_followed(tmp_path: Path) -> None:
    laughs = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    assert "宣言" in refused(doctype(laughs, "&a11;"))
    (tmp_path / "canary").write_text("canary")
    assert "宣言" in refused(doctype(f'<!ENTITY x SYSTEM "file://{tmp_path}/canary">', "&x;"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        assert "宣言" in refused(doctype(f'<!ENTITY % x SYSTEM "{address}"> %x;', "x"))
        sheet = str(parts(SMALL)["xl/worksheets/sheet1.xml"])
        outside = sheet.replace("<worksheet", f'<!DOCTYPE w SYSTEM "{address}"><worksheet', 1)
        assert "宣言" in refused(packed(with_sheet(outside)))
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_entities_do_not_hide_in_another_encoding(encoding: str) -> None:
    xml = str(parts(SMALL)["xl/worksheets/sheet1.xml"]).replace(
        "<worksheet", "<!DOCTYPE w [<!ENTITY a 'b'>]><worksheet"
    )
    assert "宣言" in refused(packed(with_sheet(xml.replace("UTF-8", "UTF-16").encode(encoding))))


def test_entities_in_other_parts_are_refused_too() -> None:
    for name in ("xl/sharedStrings.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
        content = parts(SMALL)
        content[name] = str(content[name]).replace(HEAD, f'{HEAD}<!DOCTYPE x [<!ENTITY a "b">]>')
        assert "宣言" in refused(packed(content)), name


def test_a_file_cut_short_anywhere_is_refused() -> None:
    whole = workbook(SMALL)
    for length in (4, 20, 100, len(whole) // 2, len(whole) - 22, len(whole) - 1):
        assert DAMAGED in refused(whole[:length]), length
    assert DAMAGED in refused(whole + b"\0")


def test_a_directory_that_is_not_what_it_says_is_refused() -> None:
    whole = workbook(SMALL)
    assert DAMAGED in refused(whole[:-2] + b"\5\0"), "a comment that is not there"
    assert DAMAGED in refused(whole[:-12] + b"\1\0" + whole[-10:]), "one part, it says"


def test_a_changed_byte_is_refused_or_changes_nothing() -> None:
    whole = packed(parts(SMALL))
    for place in range(30, len(whole), 97):
        broken = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
        try:
            assert read_sheet(broken, "a.xlsx").rows == [["x"]], place
        except BadSheet as refusal:
            assert str(refusal)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}, OTHER_KIND),
        ({"word/document.xml": "<x/>", "[Content_Types].xml": "<x/>"}, OTHER_KIND),
        ({"xl/workbook.bin": "", "[Content_Types].xml": "<x/>"}, OTHER_KIND),
        (parts(SMALL) | {"xl/vbaProject.bin": b"\xd0\xcf"}, "マクロ"),
        (
            parts(SMALL) | {"[Content_Types].xml": "<x>application/vnd.ms-excel.sheet.macroEnabled.main+xml</x>"},
            "マクロ",
        ),
        (parts(SMALL) | {"xl/workbook.xml": "<workbook"}, DAMAGED),
        (with_sheet("<worksheet><sheetData><row"), DAMAGED),
        (with_sheet(b"\xff\xff\xff"), DAMAGED),
    ],
)
def test_other_archives_are_refused(content: dict[str, str | bytes], words: str) -> None:
    assert words in refused(packed(content))


def test_an_encrypted_archive_is_refused() -> None:
    data = bytearray(workbook(SMALL))
    start = struct.unpack("<I", data[-6:-2])[0]
    data[start + 8] |= 1
    assert "パスワード" in refused(bytes(data))


def test_two_parts_of_one_name_are_refused() -> None:
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, content in parts(SMALL).items():
            archive.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("xl/workbook.xml", "<x/>")
    assert DAMAGED in refused(out.getvalue())
