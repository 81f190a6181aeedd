"""A photograph is kept upright, of a sensible size, and without where it was taken (attacks 35, 36)."""

import io
import random
from collections.abc import Callable

import pytest
from PIL import Image, ImageCms

from isms.core import photos, previewing
from isms.core.kinds import Unfit
from isms.core.photos import Photo, clean_photo
from tests import documents
from tests.documents import SAMPLES

CANARY = "CANARY-35.6895N-139.6917E"


def cleaned(content: bytes, name: str = "IMG_0001.JPG") -> tuple[Photo, Image.Image]:
    photo = clean_photo(io.BytesIO(content), name)
    image = Image.open(photo.stream)
    image.load()
    return photo, image


def refusal(content: bytes, name: str = "IMG_0001.JPG") -> str:
    with pytest.raises(Unfit) as refused:
        clean_photo(io.BytesIO(content), name)
    return str(refused.value)


def with_xmp(canary: str) -> bytes:
    """Make a photograph that tells it in XMP, with a profile of colours that does so too."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes() + canary.encode()
    return documents.picture("JPEG", xmp=f"<x:xmpmeta>{canary}</x:xmpmeta>".encode(), icc_profile=profile)


@pytest.mark.parametrize(
    "make",
    [
        documents.located_jpeg,
        documents.located_png,
        with_xmp,
        lambda canary: documents.picture("WEBP", xmp=canary.encode()),
        lambda canary: documents.located_jpeg(canary) + canary.encode(),  # as a moving picture is hung on
    ],
)
def test_where_it_was_taken_does_not_stay(make: Callable[[str], bytes]) -> None:
    content = make(CANARY)
    assert CANARY.encode() in content
    photo, image = cleaned(content)
    assert CANARY.encode() not in photo.content
    assert not image.getexif() and not image.getexif().get_ifd(0x8825)
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_it_stands_upright_and_is_not_too_large() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by the camera
    sent = Image.new("RGB", (4000, 2000), "#2a5db0")
    sent.paste("white", (0, 0, 2000, 2000))  # the left half comes out on top
    out = io.BytesIO()
    sent.save(out, "JPEG", exif=exif)
    photo, image = cleaned(out.getvalue())
    assert (image.size, image.format, photo.kind) == ((1280, 2560), "JPEG", "jpg")
    assert image.getpixel((640, 100)) == (255, 255, 255)
    assert image.getpixel((640, 2400)) != (255, 255, 255)


def test_a_small_picture_is_not_blown_up() -> None:
    assert cleaned(documents.picture("JPEG", (640, 480)))[1].size == (640, 480)


@pytest.mark.parametrize(("kind", "ending"), [("JPEG", "jpg"), ("WEBP", "jpg"), ("PNG", "png")])
def test_a_picture_of_a_screen_stays_sharp(kind: str, ending: str) -> None:
    photo, image = cleaned(documents.picture(kind), "画面の 写真.jpeg")
    assert (photo.name, photo.kind) == (f"画面の 写真.{ending}", ending)
    red, green, blue = image.convert("RGB").getpixel((30, 20))  # type: ignore[misc]
    assert abs(red - 0x2A) < 12 and abs(green - 0x5D) < 12 and abs(blue - 0xB0) < 12


def test_other_colours_become_those_of_every_screen() -> None:
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = plain.replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")  # red means green
    _, image = cleaned(documents.picture("PNG", color="#ff0000", icc_profile=swapped))
    assert image.getpixel((30, 20)) == (0, 255, 0) and "icc_profile" not in image.info


@pytest.mark.parametrize("name", ["", "evil\u202egpj.exe", "../../etc/passwd", "a.html.jpg", "x" * 300 + ".jpg", "CON"])
def test_a_name_that_could_lie_gives_way(name: str) -> None:
    photo, _ = cleaned(documents.picture("JPEG"), name)
    assert photo.name.endswith(".jpg") and len(photo.name.encode()) < 255
    assert not {"\u202e", "/"} & set(photo.name) and ".html" not in photo.name


def test_thirty_megabytes_are_taken_and_not_one_byte_more() -> None:
    whole = documents.picture("JPEG")
    assert cleaned(whole + bytes(photos.LARGEST - len(whole)))[1].size == (64, 48)
    assert "30MB" in refusal(whole + bytes(photos.LARGEST - len(whole) + 1))


class Endless:
    """A stream that never ends, and counts what was read of it."""

    def __init__(self) -> None:
        self.read_bytes = 0

    def read(self, size: int, /) -> bytes:
        self.read_bytes += size
        return b"\xff\xd8\xff" + bytes(size - 3)


def test_of_an_endless_one_no_more_is_read() -> None:
    stream = Endless()
    with pytest.raises(Unfit):
        clean_photo(stream, "IMG_0001.JPG")
    assert stream.read_bytes <= photos.LARGEST + (1 << 20)


def test_attack_35_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    assert "画素" in refusal(documents.claimed_png(65_535, 65_535))
    assert "画素" in refusal(documents.claimed_png(12_000, 12_000))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "空です"),
        (documents.picture("JPEG", (800, 600))[:600], "壊れている"),
        (documents.picture("PNG", (800, 600))[:60], "壊れている"),
        (b"\xff\xd8\xff" + random.Random(1).randbytes(5000), "壊れている"),
        (SAMPLES["heic"](), "互換性優先"),
        (SAMPLES["pdf"](), "写真（"),
        (SAMPLES["gif"](), "写真（"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "写真（"),
    ],
)
def test_what_is_no_whole_photograph_is_refused_in_clear_words(content: bytes, said: str) -> None:
    assert said in refusal(content)


def test_one_that_gets_no_turn_may_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previewing, "PATIENCE", 0.01)
    assert "もう一度" in refusal(documents.picture("JPEG"))
