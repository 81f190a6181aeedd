"""Mails that come back: a delivery status notification (RFC 3464), as the mail server hands it to a program."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Any

LARGEST = 10_000_000  # bytes that are read
ID = re.compile(r"<[^<>\s]{1,250}>")
ADDRESS = re.compile(r"[^\s;<>]{1,64}@[^\s;<>]{1,190}")


@dataclass(frozen=True)
class Bounce:
    """What a notification says: which mail, to whom, and why it failed for ever."""

    message_id: str
    address: str
    answer: str


def read(content: bytes) -> Bounce | None:
    """Read a notification; None when it tells of no failure (a delay, an out-of-office note, any other mail)."""
    try:
        message = message_from_bytes(content[:LARGEST])
        parts = list(message.walk())
    except RecursionError:  # nested so deep that no mail server wrote it
        return None
    status: dict[str, str] | None = None
    original = ""
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            status = status or _fields(part)
        elif kind in ("message/rfc822", "text/rfc822-headers"):
            original = original or _text(part)
    if status is None or status.get("action", "").lower() != "failed":
        return None
    named = re.search(r"(?im)^message-id:\s*(<[^<>\s]{1,250}>)", original)
    replied = ID.search(" ".join(str(message.get(name, "")) for name in ("In-Reply-To", "References")))
    address = ADDRESS.search(status.get("original-recipient", "")) or ADDRESS.search(status.get("final-recipient", ""))
    return Bounce(
        named[1] if named else replied[0] if replied else "",
        address[0] if address else "",
        " ".join((status.get("diagnostic-code", "").partition(";")[2] or status.get("status", "")).split()),
    )


def _fields(part: Message) -> dict[str, str]:
    """Give the fields of the first recipient that failed, else of all; the first block is about the message."""
    blocks: Any = part.get_payload()
    found: dict[str, str] = {}
    for block in blocks if isinstance(blocks, list) else []:
        told = {name.lower(): str(value) for name, value in block.items()}
        found |= told
        if told.get("action", "").lower() == "failed":
            return found
    return found


def _text(part: Message) -> str:
    payload: Any = part.get_payload()
    if isinstance(payload, list):
        return "\n".join(f"{name}: {value}" for name, value in payload[0].items()) if payload else ""
    return str(payload)
