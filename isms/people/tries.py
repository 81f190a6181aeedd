"""Tries to prove who one is, counted in the database so that restarts and further processes change nothing.

A try is counted as a failure before it is made and taken back when it was right: a burst of parallel tries finds the
counter already raised. Figures and reasons: docs/decisions/throttling.md.
"""

from datetime import datetime
from math import ceil
from typing import Any

from isms.core.database import atomic
from isms.core.errors import TooMany
from isms.core.words import gettext, ngettext
from isms.people import limits, throttle
from isms.people.models import Device, Failure
from isms.people.sessions import Visitor
from isms.people.tokens import new_token, token_hash


def begin(account_key: str, visitor: Visitor, person_id: int | None, now: datetime) -> Failure:
    """Count a try before it is made; raises TooMany while one must wait, and then counts nothing."""
    address = throttle.address_key(visitor.address)
    with atomic():
        device = known_device(visitor, person_id)
        allowed = throttle.allowed_at(
            _times((Failure.account_key == account_key) & (Failure.device_hash == device), throttle.ACCOUNT, now),
            limits.of_account(throttle.BROWSER if device else throttle.ACCOUNT),
            now=now,
        )
        if not device:
            of_address = (Failure.address_key == address) & (Failure.device_hash == "")
            allowed = max(
                allowed, throttle.allowed_at(_times(of_address, throttle.ADDRESS, now), throttle.ADDRESS, now=now)
            )
        if allowed > now:
            raise TooMany(_wait(seconds := ceil((allowed - now).total_seconds())), seconds)
        failure: Failure = Failure.create(at=now, account_key=account_key, address_key=address, device_hash=device)
        return failure


def succeed(failure: Failure) -> None:
    """Take the try back, and the failures of the same account in the same kind of browser, in the rule's transaction."""
    Failure.delete().where(
        Failure.account_key == failure.account_key, Failure.device_hash == failure.device_hash
    ).execute()


def known_device(visitor: Visitor, person_id: int | None) -> str:
    """Give the hash of the browser's token when the person has signed in there before, else an empty text."""
    kept = token_hash(visitor.device)
    known = Device.select(Device.id).where(Device.token_hash == kept, Device.person == (person_id or 0)).exists()
    return kept if known else ""


def remember_device(visitor: Visitor, person_id: int, now: datetime) -> str | None:
    """Know the browser from now on, in the rule's transaction; gives a token for it when it has none of ours."""
    if known_device(visitor, person_id):
        return None
    ours = bool(visitor.device) and Device.select().where(Device.token_hash == token_hash(visitor.device)).exists()
    token, kept = (None, token_hash(visitor.device)) if ours else new_token()
    Device.create(token_hash=kept, person=person_id, made_at=now)
    return token


def _times(condition: Any, limit: throttle.Limit, now: datetime) -> list[datetime]:
    rows = Failure.select(Failure.at).where(condition, Failure.at > now - limit.window)
    return [at for (at,) in rows.tuples()]


def _wait(seconds: int) -> str:
    minutes = ceil(seconds / 60)
    text = ngettext("あと%(num)s分ほどで、もう一度試せます。", "あと%(num)s分ほどで、もう一度試せます。", minutes)
    return gettext("間違いが続いたため、しばらくお待ちください。") + text
