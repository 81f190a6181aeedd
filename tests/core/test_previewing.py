"""Previews are new pictures, drawn by a child that cannot do harm; what it cannot draw is no preview (attacks 35, 36, 40)."""

import io
import time
import zlib

import pypdfium2
import pytest
from PIL import Image

from isms.core import previewing
from isms.core.previewing import NoPreview, count_pages, draw, text
from tests import documents
from tests.documents import SAMPLES

CANARY = "CANARY-35.6895N-139.6917E"


def pixels(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png))
    image.load()
    assert image.format == "PNG"
    return image


def test_pages_of_a_pdf_are_drawn() -> None:
    content = documents.pdf("架空の点検記録", pages=3)
    assert count_pages("pdf", [content[:100], content[100:]]) == 3
    first, third = (pixels(draw("pdf", page, [content])) for page in (1, 3))
    assert abs(first.width - previewing.LIMITS["width"]) <= 1 and first.height > first.width
    assert len(first.convert("L").getcolors() or []) > 10, "an empty page"
    assert first.tobytes() != third.tobytes()
    for page in (0, 4, 21, -1):
        with pytest.raises(NoPreview):
            draw("pdf", page, [content])


@pytest.mark.parametrize("kind", ["png", "jpg", "gif", "webp", "tif"])
def test_a_picture_is_drawn_anew(kind: str) -> None:
    assert count_pages(kind, [SAMPLES[kind]()]) == 1
    seen = pixels(draw(kind, 1, [SAMPLES[kind]()]))
    assert seen.size == (64, 48)
    red, green, blue = seen.convert("RGB").getpixel((30, 20))  # type: ignore[misc]
    assert abs(red - 0x2A) < 12 and abs(green - 0x5D) < 12 and abs(blue - 0xB0) < 12


def test_a_large_picture_is_made_smaller_and_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by the camera
    seen = pixels(draw("jpg", 1, [documents.picture("JPEG", (4000, 2000), exif=exif)]))
    assert seen.width <= previewing.LIMITS["width"] and seen.height == 2 * seen.width


@pytest.mark.parametrize("make", [documents.located_jpeg, documents.located_png])
def test_where_a_photograph_was_taken_does_not_go_through(make: object) -> None:
    assert callable(make)
    content = make(CANARY)
    assert CANARY.encode() in content
    drawn = draw("jpg" if content.startswith(b"\xff\xd8") else "png", 1, [content])
    assert {drawn[12:16], drawn[37:41]} == {b"IHDR", b"IDAT"}, "something stands before the pixels"
    assert CANARY.encode() not in drawn and CANARY.encode() not in zlib.decompress(_data(drawn))


def _data(png: bytes) -> bytes:
    out, place = b"", 8
    while place < len(png):
        length = int.from_bytes(png[place : place + 4], "big")
        kind = png[place + 4 : place + 8]
        assert kind in {b"IHDR", b"IDAT", b"IEND"}, kind
        out += png[place + 8 : place + 8 + length] if kind == b"IDAT" else b""
        place += 12 + length
    return out


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("png", documents.claimed_png(65_535, 65_535)),
        ("png", documents.claimed_png(9_000, 9_000)),
        ("png", documents.picture("PNG")[:60]),
        ("png", documents.pdf()),
        ("jpg", documents.picture("PNG")),
        ("pdf", b"%PDF-1.7\n" + b"1 0 obj << /Kids [1 0 R] /Count 1000000000 >>" * 3),
        ("pdf", b"%PDF-1.7\n"),
        ("gif", b"GIF89a" + b"\xff" * 40),
    ],
)
def test_what_cannot_be_drawn_is_no_preview(kind: str, content: bytes) -> None:
    began = time.monotonic()
    for ask in (lambda: draw(kind, 1, [content]), lambda: count_pages(kind, [content])):
        with pytest.raises(NoPreview):
            ask()
    assert time.monotonic() - began < previewing.PATIENCE


def test_of_ten_thousand_frames_one_is_drawn() -> None:
    began = time.monotonic()
    assert pixels(draw("gif", 1, [documents.animated_gif(10_000)])).size == (8, 8)
    assert time.monotonic() - began < previewing.PATIENCE


def test_an_encrypted_pdf_is_no_preview() -> None:
    # The smallest honest file with a password that nobody knows: any PDF whose trailer asks for one.
    content = documents.pdf().replace(
        b"/Root",
        b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O (" + b"x" * 32 + b") /U (" + b"y" * 32 + b") >> /Root",
    )
    with pytest.raises(NoPreview):
        draw("pdf", 1, [content])


def test_a_child_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previewing, "PATIENCE", 0.01)
    with pytest.raises(NoPreview, match="time"):
        draw("pdf", 1, [documents.pdf()])


def test_a_child_without_memory_is_no_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(previewing.LIMITS, "memory", 60_000_000)
    with pytest.raises(NoPreview):
        draw("png", 1, [documents.picture("PNG", (6000, 6000))])


def test_at_most_two_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previewing, "PATIENCE", 0.05)
    assert previewing._turns.acquire(timeout=1) and previewing._turns.acquire(timeout=1)
    try:
        with pytest.raises(NoPreview, match="busy"):
            draw("png", 1, [documents.picture("PNG")])
    finally:
        previewing._turns.release(2)


def test_a_pdf_with_a_script_is_only_drawn() -> None:
    document = pypdfium2.PdfDocument.new()
    document.new_page(200, 200)
    out = io.BytesIO()
    document.save(out)
    content = out.getvalue().replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>")
    assert b"JavaScript" in content
    assert pixels(draw("pdf", 1, [content])).size[0] > 0


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "iso2022_jp", "utf-16"])
def test_a_text_is_read_as_it_is(encoding: str) -> None:
    assert text("txt", ["架空の<b>記録</b>".encode(encoding)]) == "架空の<b>記録</b>"


def test_of_a_long_text_the_beginning_is_shown() -> None:
    shown = text("log", ["架".encode() * 100_000, b"never read"])
    assert 60_000 < len(shown) <= previewing.LONGEST_TEXT and set(shown) == {"架"}
    with pytest.raises(NoPreview):
        text("pdf", [b"%PDF-"])
    with pytest.raises(NoPreview):
        count_pages("docx", [b""])
