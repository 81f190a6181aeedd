"""Kinds of files that are taken in: the name and the content must agree. No sniffing library: each kind has its own check.

`docs/decisions/file-kinds.md` says why each is on the list, and why others are not.
"""

import codecs
import lzma
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from typing import IO

from isms.core.errors import DomainError
from isms.core.words import gettext

LONGEST_NAME = 255  # bytes of UTF-8
HEAD = 4096
BLOCK = 1 << 20
ENCODINGS = ("utf-8", "cp932", "euc_jp")
MOST_PARTS, LONGEST_DIRECTORY, LONGEST_TYPES = 5_000, 1 << 20, 1 << 20
LARGEST_UNPACKED = 2_000_000_000  # bytes that all parts of an archive claim together

# Controls; what turns the direction of writing; what has no width; signs that look like a dot; what Windows forbids.
UNUSABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2060-\u2065\u061c\u180e\u00ad\ufeff"
    '\u2024\uff0e\ufe52\ufff9-\uffff<>:"|?*]'
)
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)")
RUNNABLE = frozenset(
    "exe com scr pif bat cmd ps1 psm1 vbs vbe js jse mjs wsf wsh hta msi msp cpl jar lnk url reg dll sh py "
    "html htm xhtml mht mhtml svg xml xsl docm xlsm pptm dotm xltm".split()
)


class Unfit(DomainError):
    """A file that is not taken in; the message says why and what to do."""

    status = 422


def clean_name(name: str) -> str:
    """Give the name of a file as it is kept: without folders, composed (NFC); raises Unfit for one that could lie."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1]).strip(" ")
    shown = UNUSABLE.sub("\ufffd", name)[:80]
    if bad := UNUSABLE.search(name):
        code = f"U+{ord(bad.group()):04X}"
        raise Unfit(gettext("「%(name)s」の名前に使えない文字（%(code)s）があります。", name=shown, code=code))
    if len(name.encode()) > LONGEST_NAME:
        raise Unfit(gettext("「%(name)s…」の名前が長すぎます。短くしてください。", name=shown))
    if RESERVED.match(name) or name.endswith(".") or name.startswith("."):
        raise Unfit(gettext("「%(name)s」という名前は使えません。付け直してください。", name=shown))
    between = [part.strip().lower() for part in name.split(".")[1:-1]]
    if hidden := RUNNABLE.intersection(between):
        text = gettext(
            "「%(name)s」は、名前の途中に .%(ending)s があります。付け直してください。", name=shown, ending=min(hidden)
        )
        raise Unfit(text)
    return name


def agree(name: str, file: IO[bytes]) -> str:
    """Give the kind on which the name and the content of the file agree; raises Unfit, naming what it looks like."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    kind = ALIASES.get(ending, ending)
    if kind not in CHECKS:
        kinds = "、".join(sorted(CHECKS))
        if ending in OLD:
            raise Unfit(gettext("「%(name)s」は受け付けません。%(way)s", name=name, way=OLD[ending]()))
        raise Unfit(gettext("「%(name)s」の種類は受け付けません。受け付ける種類: %(kinds)s", name=name, kinds=kinds))
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise Unfit(gettext("「%(name)s」は空です。", name=name))
    try:
        fits = CHECKS[kind](head, file)
    except Unfit as error:
        raise Unfit(gettext("「%(name)s」は受け付けません。%(way)s", name=name, way=error)) from error
    finally:
        file.seek(0)
    if fits:
        return kind
    look = looks_like(head)
    if look:
        raise Unfit(
            gettext(
                "「%(name)s」の中身は %(ending)s ではなく、%(look)s のようです。", name=name, ending=ending, look=look
            )
        )
    raise Unfit(gettext("「%(name)s」の中身は %(ending)s ではないか、壊れています。", name=name, ending=ending))


def looks_like(head: bytes) -> str:
    """Name what the first bytes look like; empty when they say nothing."""
    for begin, look in LOOKS:
        if head.startswith(begin):
            return look
    if head[4:8] == b"ftyp":
        return "HEIC / MP4"
    if head[:4] == b"RIFF":
        return "WebP / RIFF"
    return "HTML / SVG / XML" if _is_markup(head) else ""


LOOKS = (
    (b"%PDF-", "PDF"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"PK\3\4", "ZIP / Office"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office 97-2003 / msg"),
    (b"MZ", "EXE"),
    (b"\x7fELF", "ELF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format 3\0", "SQLite"),
)


def _begins(*beginnings: bytes) -> Callable[[bytes, IO[bytes]], bool]:
    return lambda head, file: head.startswith(beginnings)


def _is_png(head: bytes, file: IO[bytes]) -> bool:
    return head.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")


def _is_webp(head: bytes, file: IO[bytes]) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _is_heic(head: bytes, file: IO[bytes]) -> bool:
    brands = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx"}
    return head[4:8] == b"ftyp" and head[8:12] in brands


def _is_markup(head: bytes) -> bool:
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n\x0c").lower()
    return begin.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg", b"<script", b"<head", b"<body", b"<!--"))


def decoded(content: bytes) -> str | None:
    """Give the beginning of a text, read as `_is_text` would; a sign that is cut off at the end is left out."""
    tried: tuple[str, ...] = ENCODINGS
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tried = ("utf-16",)
    elif b"\x1b$" in content:  # as mails are written
        tried = ("iso2022_jp", *ENCODINGS)
    for encoding in tried:
        try:
            return codecs.getincrementaldecoder(encoding)().decode(content).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    return None


def _is_text(head: bytes, file: IO[bytes]) -> bool:
    """Tell whether it is text from end to end: in UTF-8, as Windows writes Japanese, in EUC-JP, or UTF-16 with its mark."""
    known = any(head.startswith(begin) for begin, _ in LOOKS if len(begin) > 2)
    if known or _is_markup(head):
        return False
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decodes(file, "utf-16")
    return any(_decodes(file, encoding) for encoding in ENCODINGS)


# Tab, line ends, form feed and escape (ISO-2022-JP) may be; the last four are what cp932 makes of bytes that are no text.
CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\uf8f0-\uf8f3]")


def _decodes(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(BLOCK):
            if CONTROLS.search(decoder.decode(chunk)):
                return False
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _is_json(head: bytes, file: IO[bytes]) -> bool:
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return begin[:1] in {b"{", b"["} and _is_text(head, file)


def _is_mail(head: bytes, file: IO[bytes]) -> bool:
    first = head.removeprefix(codecs.BOM_UTF8)
    return re.match(rb"(From [^\r\n]+\r?\n)?[!-9;-~]+:[ \t\r\n]", first) is not None and _is_text(head, file)


def _is_office(main: str) -> Callable[[bytes, IO[bytes]], bool]:
    """Make the check of an Office document by its main part; one with macros raises Unfit."""

    def check(head: bytes, file: IO[bytes]) -> bool:
        archive = _opened(head, file)
        if archive is None or not {"[Content_Types].xml", main} <= set(archive.namelist()):
            return False
        types = _part(archive, "[Content_Types].xml").lower()
        names = [name.lower() for name in archive.namelist()]
        active = any("vbaproject" in name or "macrosheets/" in name for name in names)
        if active or b"macroenabled" in types or b"vbaproject" in types:
            raise Unfit(gettext("マクロが入っています。マクロのない形で保存し直してください。"))
        return True

    return check


def _is_open_document(mimetype: bytes) -> Callable[[bytes, IO[bytes]], bool]:
    """Make the check of an OpenDocument file; one with macros raises Unfit."""

    def check(head: bytes, file: IO[bytes]) -> bool:
        archive = _opened(head, file)
        if archive is None or not {"mimetype", "content.xml"} <= set(archive.namelist()):
            return False
        if any(name.startswith(("Basic/", "Scripts/")) for name in archive.namelist()):
            raise Unfit(gettext("マクロが入っています。マクロのない形で保存し直してください。"))
        return _part(archive, "mimetype").strip() == mimetype

    return check


def _opened(head: bytes, file: IO[bytes]) -> zipfile.ZipFile | None:
    """Open an archive whose directory is short and whole; nothing in it is unpacked here. None for anything else."""
    if not head.startswith(b"PK\3\4") or not _has_short_directory(file):
        return None
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        return None
    parts, names = archive.infolist(), set(archive.namelist())
    if len(names) != len(parts) or any(part.flag_bits & 1 for part in parts):
        return None
    return archive if sum(part.file_size for part in parts) <= LARGEST_UNPACKED else None


def _has_short_directory(file: IO[bytes]) -> bool:
    """Tell whether the directory is where every reader finds the same one, and not made to fill the memory."""
    size = file.seek(0, 2)
    file.seek(max(size - 65_557, 0))
    tail = file.read()
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < 22:
        return False
    disk, _, _, count, length, start, comment = struct.unpack("<HHHHIIH", tail[place + 4 : place + 22])
    whole = place + 22 + comment == len(tail) and tail[max(place - 20, 0) : place][:4] != b"PK\6\7"
    fits = start + length == size - len(tail) + place
    return disk == 0 and whole and fits and count <= MOST_PARTS and length <= LONGEST_DIRECTORY


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """Unpack a part, as far as one of its kind would go."""
    try:
        with archive.open(name) as part:
            content = part.read(LONGEST_TYPES + 1)
        if len(content) > LONGEST_TYPES:
            raise Unfit(gettext("壊れています。"))
        return content
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        ValueError,
        NotImplementedError,
        EOFError,
        OSError,
    ) as error:
        raise Unfit(gettext("壊れています。")) from error


ODF = b"application/vnd.oasis.opendocument."
CHECKS: dict[str, Callable[[bytes, IO[bytes]], bool]] = {
    "pdf": _begins(b"%PDF-"),
    "png": _is_png,
    "jpg": _begins(b"\xff\xd8\xff"),
    "gif": _begins(b"GIF87a", b"GIF89a"),
    "webp": _is_webp,
    "heic": _is_heic,
    "tif": _begins(b"II*\0", b"MM\0*"),
    "txt": _is_text,
    "csv": _is_text,
    "tsv": _is_text,
    "log": _is_text,
    "md": _is_text,
    "json": _is_json,
    "eml": _is_mail,
    "docx": _is_office("word/document.xml"),
    "xlsx": _is_office("xl/workbook.xml"),
    "pptx": _is_office("ppt/presentation.xml"),
    "odt": _is_open_document(ODF + b"text"),
    "ods": _is_open_document(ODF + b"spreadsheet"),
    "odp": _is_open_document(ODF + b"presentation"),
}
ALIASES = {"jpeg": "jpg", "jpe": "jpg", "heif": "heic", "tiff": "tif"}

_NEW = lambda: gettext("docx・xlsx・pptx か PDF で保存し直してください。")
_PLAIN = lambda: gettext("マクロのない形（docx・xlsx・pptx）で保存し直してください。")
_APART = lambda: gettext("まとめずに、中のファイルを一つずつ添えてください。")
OLD: dict[str, Callable[[], str]] = {
    **dict.fromkeys(("doc", "xls", "ppt"), _NEW),
    **dict.fromkeys(("docm", "xlsm", "pptm", "xlsb"), _PLAIN),
    **dict.fromkeys(("zip", "lzh", "7z", "rar", "tar", "gz"), _APART),
    "msg": lambda: gettext("eml か PDF で保存し直してください。"),
}
