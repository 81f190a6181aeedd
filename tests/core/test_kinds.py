"""Files are taken in when name and content agree, and under no name that lies (attacks 30, 31, 32, 34, 38)."""

import io
import struct
import time
import unicodedata

import pytest

from isms.core import kinds
from isms.core.kinds import Unfit, agree, clean_name
from tests.documents import HOSTILE, SAMPLES, archive, office, open_document, pdf

TEXTS = {"txt", "csv", "tsv", "log", "md"}


def fits(name: str, content: bytes) -> bool:
    try:
        return bool(agree(clean_name(name), io.BytesIO(content)))
    except Unfit as error:
        assert str(error)
        return False


@pytest.mark.parametrize("ending", SAMPLES)
def test_only_agreeing_pairs_are_taken(ending: str) -> None:
    content = SAMPLES[ending]()
    for claimed in kinds.CHECKS:
        plain_text = ending in {"txt", "csv", "json", "eml"} and claimed in TEXTS
        assert fits(f"記録.{claimed}", content) == (claimed == ending or plain_text), f"{ending} as {claimed}"


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_content_is_taken_under_no_name(kind: str) -> None:
    assert [ending for ending in [*kinds.CHECKS, kind] if fits(f"記録.{ending}", HOSTILE[kind])] == []


def test_the_refusal_says_what_it_looks_like() -> None:
    with pytest.raises(Unfit, match="EXE"):
        agree("議事録.pdf", io.BytesIO(HOSTILE["exe"]))
    with pytest.raises(Unfit, match="PDF"):
        agree("議事録.docx", io.BytesIO(pdf()))
    with pytest.raises(Unfit, match="保存し直して"):
        agree("台帳.xls", io.BytesIO(HOSTILE["ole"]))
    with pytest.raises(Unfit, match="空"):
        agree("議事録.pdf", io.BytesIO(b""))


def test_a_name_is_kept_composed_and_without_folders() -> None:
    assert clean_name(unicodedata.normalize("NFD", "C:\\記録\\ガイド.pdf")) == "ガイド.pdf"
    assert clean_name("../../etc/passwd.txt") == "passwd.txt"
    assert clean_name("第1.2版 規程.docx.pdf") == "第1.2版 規程.docx.pdf"
    assert clean_name("-rf.txt") == "-rf.txt"


@pytest.mark.parametrize(
    "name",
    [
        "fdp\u202eexe.pdf",
        "a\u2066b.pdf",
        "a\u200bb.pdf",
        "報告書．exe.pdf",
        "a\0.pdf",
        'a"\r\nSet-Cookie: x.pdf',
        "CON.txt",
        "nul .txt",
        "COM1.pdf",
        "a.pdf.",
        ".pdf",
        "..",
        "",
        "a:b.txt",
        "あ" * 84 + ".pdf",
        "請求書.exe.pdf",
        "x.svg .png",
        "a.html.txt",
        "a\ud800.txt",
    ],
)
def test_a_name_that_lies_or_breaks_is_refused(name: str) -> None:
    assert not fits(name, pdf()) and not fits(name, "架空".encode())


@pytest.mark.parametrize("name", ["台帳.docm", "台帳.xlsm", "x.exe", "x.html", "x.svg", "x.zip", "x", "x.mht", "x.js"])
def test_what_is_not_on_the_list_is_refused(name: str) -> None:
    assert not fits(name, office("word/document.xml"))


@pytest.mark.parametrize(
    "content",
    [
        office("word/document.xml", word__vbaProject_bin=b"x"),
        office("word/document.xml", word__VBAPROJECT_bin=b"x"),
        office("word/document.xml", '<Override ContentType="application/vnd.ms-office.vbaProject"/>'),
        office("word/document.xml", '<Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>'),
    ],
)
def test_macros_are_refused_whatever_the_name(content: bytes) -> None:
    with pytest.raises(Unfit, match="マクロ"):
        agree("規程.docx", io.BytesIO(content))


def test_macros_of_open_document_are_refused() -> None:
    content = open_document("application/vnd.oasis.opendocument.text", **{"Basic/Standard/Module1.xml": b"x"})
    with pytest.raises(Unfit, match="マクロ"):
        agree("規程.odt", io.BytesIO(content))


def test_an_archive_cannot_fill_the_memory() -> None:
    """A long directory, a bomb as the list of types, a directory in a second place: refused at once."""
    many = archive({f"{number:05}": b"" for number in range(6000)})
    bomb = archive({"[Content_Types].xml": bytes(200_000_000), "word/document.xml": b""})
    twice = office("word/document.xml") + office("word/document.xml")
    claimed = bytearray(office("word/document.xml"))
    claimed[-10:-6] = struct.pack("<I", 0x7FFFFFFF)
    began = time.monotonic()
    assert not fits("a.docx", many)
    assert not fits("a.docx", bomb)  # only its first megabyte was ever unpacked
    assert not fits("a.docx", twice)
    assert not fits("a.docx", bytes(claimed))
    assert time.monotonic() - began < 2


def test_a_text_is_text_to_its_end() -> None:
    long = "架空の記録\n".encode() * 200_000
    assert fits("a.log", long)
    assert not fits("a.log", long + b"\0")
    assert not fits("a.log", long + b"\xff\xff\xff")
    assert fits("a.txt", "架空の記録".encode("utf-16"))
    assert fits("a.txt", "架空の記録".encode("iso2022_jp"))
    assert fits("a.txt", "架空の記録".encode("euc_jp"))
    assert kinds.decoded("架空の記録".encode()[:-1]) == "架空の記"


@pytest.mark.parametrize("ending", ["docx", "xlsx", "odt"])
def test_a_broken_archive_is_refused(ending: str) -> None:
    content = SAMPLES[ending]()
    for cut in (10, len(content) // 2, len(content) - 3):
        assert not fits(f"a.{ending}", content[:cut])
    for place in range(0, len(content), 7):
        broken = bytearray(content)
        broken[place] ^= 0xFF
        fits(f"a.{ending}", bytes(broken))  # taken or refused, but never an error of another kind
