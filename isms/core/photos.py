"""Photographs as telephones send them, made fit to be kept: upright, of a sensible size, and nothing but the pixels.

Where and with what a photograph was taken (EXIF, GPS, XMP) does not go through: a limited child process draws it anew.
"""

from io import BytesIO
from typing import NamedTuple

from isms.core import kinds, previewing
from isms.core.blobs import Readable
from isms.core.kinds import Unfit
from isms.core.previewing import NoPreview
from isms.core.text import showable
from isms.core.words import gettext

LARGEST = 30_000_000  # bytes, as it comes
LONGEST_EDGE = 2560  # pixels, as it is kept
MOST_PIXELS = 120_000_000  # as it comes; what a telephone's finest camera takes
TAKEN = {"jpg": "JPEG", "webp": "JPEG", "png": "PNG"}  # kind -> how it is kept: a picture of a screen stays sharp
ENDINGS = {"JPEG": "jpg", "PNG": "png"}


class Photo(NamedTuple):
    """A photograph made fit to be kept; `kind` is jpg or png, and `name` ends with it."""

    name: str
    kind: str
    content: bytes

    @property
    def stream(self) -> BytesIO:
        """Give the content to be read from its beginning."""
        return BytesIO(self.content)


def clean_photo(stream: Readable, name: str) -> Photo:
    """Make a photograph of at most 30 MB fit to be kept; raises Unfit, whose message says what to do."""
    content = _read(stream, name)
    kind = _kind(content, name)
    wanted = {**previewing.LIMITS, "kind": kind, "page": 1, "keep": TAKEN[kind]}
    try:
        drawn = previewing.ask({**wanted, "width": LONGEST_EDGE, "pixels": MOST_PIXELS}, [content])
    except NoPreview as error:
        raise Unfit(_refusal(str(error), name)) from error
    ending = ENDINGS[TAKEN[kind]]
    return Photo(f"{_stem(name)}.{ending}", ending, drawn)


def _stem(name: str) -> str:
    """Give the name without its ending; one that could lie gives way to a plain one."""
    try:
        return kinds.clean_name(name).rpartition(".")[0][:100] or gettext("写真")
    except Unfit:
        return gettext("写真")


def _read(stream: Readable, name: str) -> bytes:
    """Read it whole; `read` of a stream may give less than it was asked for."""
    pieces, size = [], 0
    while piece := stream.read(min(1 << 20, LARGEST + 1 - size)):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            text = gettext("「%(name)s」が大きすぎます。写真は30MBまでです。", name=_shown(name))
            raise Unfit(text)
    if not size:
        raise Unfit(gettext("「%(name)s」は空です。", name=_shown(name)))
    return b"".join(pieces)


def _kind(content: bytes, name: str) -> str:
    """Tell the kind by the content alone: telephones name their photographs as they like."""
    head = content[: kinds.HEAD]
    for kind in TAKEN:
        if kinds.CHECKS[kind](head, BytesIO(content)):
            return kind
    if head[4:8] == b"ftyp":
        text = gettext(
            "「%(name)s」は、ここでは開けない形式（HEIC など）です。iPhone では「設定」→「カメラ」→「フォーマット」で"
            "「互換性優先」を選んで撮り直すか、JPEG にしてから送ってください。",
            name=_shown(name),
        )
        raise Unfit(text)
    raise Unfit(gettext("「%(name)s」は写真（JPEG・PNG・WebP）ではありません。", name=_shown(name)))


def _refusal(reason: str, name: str) -> str:
    if reason == "pixels":
        return gettext("「%(name)s」は画素が多すぎます。小さくしてから送ってください。", name=_shown(name))
    if reason in {"busy", "time"}:
        return gettext("「%(name)s」を受け取る順番が来ませんでした。もう一度送ってください。", name=_shown(name))
    return gettext("「%(name)s」は壊れているか、途中で切れています。撮り直してください。", name=_shown(name))


def _shown(name: str) -> str:
    return showable(name)[:80]
