"""What may go wrong, in the words of the domain; `core/web.py` maps each to its HTTP status once."""

from collections.abc import Mapping
from typing import Any

from isms.core.words import gettext


class DomainError(Exception):
    """Something that must not happen; the message is for the person who asked."""

    status = 400

    def __init__(self, message: Any = "") -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class BadRequest(DomainError):
    """The request itself makes no sense (an unknown column, a malformed id)."""

    status = 400


class Forbidden(DomainError):
    """The person is known and may not do this."""

    status = 403


class NotFound(DomainError):
    """There is no such thing, or the person may not know that there is."""

    status = 404


class Conflict(DomainError):
    """Somebody else was first: the record changed, was closed, was reviewed."""

    status = 409


class TooLarge(DomainError):
    """More than the limit."""

    status = 413


class Invalid(DomainError):
    """What was entered cannot be taken; `fields` says per field what to do ("" for the form as a whole)."""

    status = 422

    def __init__(self, fields: Mapping[str, Any] | str) -> None:
        self.fields: dict[str, Any] = {"": fields} if isinstance(fields, str) else dict(fields)
        super().__init__("")

    def __str__(self) -> str:
        return " ".join(str(message) for message in self.fields.values())


class TooMany(DomainError):
    """Too many tries; `retry_after` in seconds."""

    status = 429

    def __init__(self, message: Any, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """The installation cannot serve now (locked or full or broken storage)."""

    status = 503


class AlreadyDone(DomainError):
    """The same form came twice; what it asked for stands already (attack 49)."""

    status = 409

    def __init__(self) -> None:
        super().__init__(gettext("この内容はすでに受け付けています。"))
