"""The one way by which files leave: as an attachment that no browser opens on its own, in whole or in one range."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from urllib.parse import quote

from flask import Response, request

from isms.core.blobs import Checked, Damaged, open_checked, tell, told_if_damaged

HEADERS = {
    "Content-Type": "application/octet-stream",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Accept-Ranges": "bytes",
}
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def send_stored(name: str, sha256: str, now: datetime) -> Response:
    """Send a file of the store under a name, hashed as it opens; raises Damaged. Damage is told, then or later."""
    with told_if_damaged(now):
        content = open_checked(sha256)
    return send_checked(name, content, lambda error: tell(error, now))


def send_checked(name: str, content: Checked, damaged: Callable[[Damaged], None] = lambda error: None) -> Response:
    """Send a file that was hashed as it was opened, and is compared again piece by piece.

    A byte that changes meanwhile cuts the answer short, and is told to `damaged`.
    """
    etag = f'"{content.sha256}"'
    span, status = (0, content.size - 1), 200
    if (asked := request.headers.get("Range")) and request.headers.get("If-Range", etag) == etag:
        found = asked_range(asked, content.size)
        if found is None:
            content.close()
            return Response(status=416, headers={**HEADERS, "Content-Range": f"bytes */{content.size}"})
        span, status = found, 206
    headers = {**HEADERS, "Content-Disposition": disposition(name), "ETag": etag}
    headers["Content-Length"] = str(span[1] - span[0] + 1)
    if status == 206:
        headers["Content-Range"] = f"bytes {span[0]}-{span[1]}/{content.size}"
    if request.method == "HEAD":
        content.close()
        return Response(status=status, headers=headers)
    response = Response(_pieces(content, *span, damaged), status, headers, direct_passthrough=True)
    response.call_on_close(content.close)
    return response


def _pieces(content: Checked, first: int, last: int, damaged: Callable[[Damaged], None]) -> Iterator[bytes]:
    with content:
        try:
            yield from content.chunks(first, last)
        except Damaged as error:
            damaged(error)
            raise


def send_made(name: str, body: bytes | Iterable[bytes], mimetype: str = "application/octet-stream") -> Response:
    """Send what was just made here, such as a sheet, under a name."""
    headers = {**HEADERS, "Content-Type": mimetype, "Content-Disposition": disposition(name)}
    del headers["Accept-Ranges"]
    return Response(body, headers=headers)


def asked_range(text: str, size: int) -> tuple[int, int] | None:
    """Read a Range header: first and last byte, or None for what cannot be given; several ranges cannot (attack 44)."""
    match = RANGE.fullmatch(text.replace(" ", ""))
    if match is None or match[0] == "bytes=-":
        return None
    begin, end = match[1], match[2]
    if not begin:
        first, last = max(size - int(end), 0), size - 1
    else:
        first, last = int(begin), min(int(end), size - 1) if end else size - 1
    return (first, last) if first <= last else None


def disposition(name: str) -> str:
    """Write the header that says under which name to keep it: for old programs in plain letters, and as it is."""
    stem, _, ending = name.rpartition(".")
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", stem or ending).strip("._-") or "file"
    plain += "." + re.sub(r"[^A-Za-z0-9]", "", ending) if stem else ""
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
