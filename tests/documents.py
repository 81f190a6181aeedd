"""Real files of every kind that is taken in, made on the spot. `SAMPLES[ending]()` gives bytes."""

import io
import json
import zipfile
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import typst
import xlsxwriter
from PIL import Image, PngImagePlugin


@cache
def pdf(text: str = "架空の点検記録", pages: int = 2) -> bytes:
    """Make a PDF with so many pages."""
    body = "#pagebreak()\n".join(f"= {text} {number}\n" for number in range(1, pages + 1))
    return bytes(typst.compile(body.encode(), format="pdf"))


def picture(kind: str, size: tuple[int, int] = (64, 48), color: str = "#2a5db0", **more: Any) -> bytes:
    """Make a picture; `more` goes to Pillow."""
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, kind, **more)
    return out.getvalue()


def located_jpeg(canary: str) -> bytes:
    """Make a photograph that tells where it was taken, in its EXIF and in its description."""
    exif = Image.Exif()
    exif[0x010E] = canary
    exif.get_ifd(0x8825).update({1: "N", 2: (35.0, 41.0, 22.0), 29: canary})
    return picture("JPEG", exif=exif, comment=canary.encode())


def located_png(canary: str) -> bytes:
    """Make a PNG that tells where it was taken, in eXIf and in a text."""
    told = PngImagePlugin.PngInfo()
    told.add_text("Location", canary)
    exif = Image.Exif()
    exif[0x010E] = canary
    return picture("PNG", pnginfo=told, exif=exif)


def animated_gif(frames: int) -> bytes:
    """Make a GIF of so many frames."""
    out = io.BytesIO()
    first, *others = [Image.new("P", (8, 8), number % 255) for number in range(frames)]
    first.save(out, "GIF", save_all=True, append_images=others)
    return out.getvalue()


def claimed_png(width: int, height: int) -> bytes:
    """Make a PNG whose header claims a size that its data does not have."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def archive(parts: dict[str, bytes | str], *, packed: bool = True) -> bytes:
    """Make a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def xlsx() -> bytes:
    """Make a workbook."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet("台帳").write(0, 0, "件名")
    return out.getvalue()


TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">%s</Types>'


def office(main: str, types: str = "", **more: bytes) -> bytes:
    """Make the least Office document with a main part."""
    parts: dict[str, bytes | str] = {"[Content_Types].xml": TYPES % types, main: "<document/>"}
    return archive(parts | {name.replace("__", "/").replace("_bin", ".bin"): data for name, data in more.items()})


def open_document(mimetype: str, **more: bytes) -> bytes:
    """Make the least OpenDocument file."""
    parts: dict[str, bytes | str] = {"mimetype": mimetype, "content.xml": "<office/>"}
    return archive(parts | dict(more), packed=False)


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)
MAIL = "From: hanako@example.org.example\r\nSubject: =?utf-8?b?54K55qSc?=\r\n\r\n点検しました。\r\n".encode()
ODF = "application/vnd.oasis.opendocument."
SAMPLES: dict[str, Callable[[], bytes]] = {
    "pdf": pdf,
    "png": partial(picture, "PNG"),
    "jpg": partial(picture, "JPEG"),
    "gif": partial(picture, "GIF"),
    "webp": partial(picture, "WEBP"),
    "tif": partial(picture, "TIFF"),
    "heic": lambda: HEIC,
    "txt": lambda: "架空の記録\r\n異常なし\r\n".encode("cp932"),
    "csv": lambda: "\ufeff件名,収集日\n点検,2026-11-01\n".encode(),
    "json": lambda: json.dumps({"件名": "点検"}, ensure_ascii=False).encode(),
    "eml": lambda: MAIL,
    "docx": partial(office, "word/document.xml"),
    "xlsx": xlsx,
    "pptx": partial(office, "ppt/presentation.xml"),
    "odt": partial(open_document, ODF + "text"),
    "ods": partial(open_document, ODF + "spreadsheet"),
    "odp": partial(open_document, ODF + "presentation"),
}
# what must never come in, whatever it is called
HOSTILE: dict[str, bytes] = {
    "exe": b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0" + bytes(48),
    "elf": b"\x7fELF\2\1\1" + bytes(57),
    "html": b"<!DOCTYPE html><script>document.title='owned'</script>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload=\"document.title='owned'\"/>",
    "xhtml": b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><script>document.title='owned'</script></html>",
    "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
    "7z": b"7z\xbc\xaf\x27\x1c" + bytes(26),
}
