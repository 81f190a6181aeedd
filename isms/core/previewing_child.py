"""Draw one page of a file in a process of its own, with little memory and time; started by `previewing.py`.

The file comes on standard input, what is wanted as JSON in the only argument; out goes a PNG, for page 0 the number of
pages, or with `keep` the whole picture anew in its own format. It imports nothing of the house, knows no secret and can
write no file. It ends with status 3 at a picture of too many pixels.
"""

import json
import resource
import sys
import warnings
from io import BytesIO
from typing import Any


def limit(wanted: dict[str, Any]) -> None:
    """Give this process little memory, little time, no core, no file to write."""
    for kind, most in (
        (resource.RLIMIT_AS, wanted["memory"]),
        (resource.RLIMIT_CPU, wanted["seconds"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def picture(wanted: dict[str, Any], content: bytes) -> bytes:
    """Draw the first frame of a picture; its size is read from the header before anything is decoded."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = wanted["pixels"]
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    names = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "webp": "WEBP", "tif": "TIFF"}
    keep = wanted.get("keep", "")  # the format of a photograph that stays
    with Image.open(BytesIO(content), formats=[names[wanted["kind"]]]) as opened:
        opened.draft("RGB", (wanted["width"], wanted["width"]))
        upright = ImageOps.exif_transpose(opened)
        upright.thumbnail((wanted["width"], wanted["width"] * (1 if keep else 3)))
        seen = (in_srgb(upright) if keep else upright).convert("RGBA")
        plain = Image.new("RGB", upright.size, "white")
        plain.paste(seen, mask=seen.getchannel("A"))
    return saved(plain, keep or "PNG")


def in_srgb(image: Any) -> Any:
    """Give the picture in the colours that every screen takes it for; a profile that cannot be used is left out."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile or image.mode != "RGB":
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return image


def page(wanted: dict[str, Any], content: bytes) -> bytes:
    """Draw a page of a PDF, or count them for page 0; forms and scripts are not started."""
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    number = min(len(document), wanted["pages"])
    if wanted["page"] == 0:
        return str(number).encode()
    if wanted["page"] > number:
        raise ValueError("no such page")
    drawn = document[wanted["page"] - 1]
    width, height = drawn.get_size()
    scale = min(wanted["width"] / max(width, 1), wanted["width"] * 3 / max(height, 1), 4)
    if not 0 < width * height * scale * scale <= wanted["pixels"]:
        raise ValueError("too many pixels")
    return saved(drawn.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB"))


def saved(image: Any, kind: str = "PNG") -> bytes:
    """Write pixels, and nothing else."""
    out = BytesIO()
    image.info.clear()
    image.save(out, kind, **({"quality": 85, "optimize": True} if kind == "JPEG" else {}))
    return out.getvalue()


def drawn(wanted: dict[str, Any], content: bytes) -> bytes:
    """Do what is wanted; ends the process at a picture of too many pixels, refused before anything is decoded."""
    if wanted["kind"] == "pdf":
        return page(wanted, content)
    from PIL import Image

    try:
        return picture(wanted, content)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        sys.exit(3)


def main() -> None:
    wanted = json.loads(sys.argv[1])
    limit(wanted)
    content = sys.stdin.buffer.read()
    answer = drawn(wanted, content)
    sys.stdout.buffer.write(answer if wanted["page"] or wanted["kind"] == "pdf" else b"1")


if __name__ == "__main__":
    main()
