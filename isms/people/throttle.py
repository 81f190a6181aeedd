"""When a sign-in may be tried again after failures: arithmetic on the times of the failures, nothing else.

How it is used, and why so: docs/decisions/throttling.md. Times are aware UTC.
"""

import hashlib
import ipaddress
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Limit:
    """So many failures within the window are free; then each makes the wait twice as long, up to the cap."""

    free: int
    window: timedelta
    first: timedelta = timedelta(seconds=30)
    cap: timedelta = timedelta(minutes=15)

    def wait_after(self, failures: int) -> timedelta:
        """Give the wait after that many failures within the window."""
        if failures < self.free:
            return timedelta()
        doublings = min(failures - self.free, 30)
        return min(self.first * 2**doublings, self.cap)


ACCOUNT = Limit(free=5, window=timedelta(days=1))
# a whole office may sit behind one address, and on a Monday many mistype
ADDRESS = Limit(free=100, window=timedelta(hours=1))
# a browser in which this person has signed in before: counted alone, so that nobody elsewhere can lock the person out
BROWSER = Limit(free=5, window=timedelta(days=1))


def allowed_at(failures: Iterable[datetime], limit: Limit, *, now: datetime) -> datetime:
    """Give the time from which a sign-in may be tried; it is `now` or earlier when it may be tried now.

    One more failure never makes it earlier, and it is never later than `now` plus the cap: nothing locks for good.
    """
    # after the clock was set back there are failures of the future; they would lock until the clock has caught up
    times = sorted(time for time in failures if now - limit.window < time <= now)
    free_again = now
    oldest = 0
    for index, time in enumerate(times):
        while times[oldest] <= time - limit.window:
            oldest += 1
        free_again = max(free_again, time + limit.wait_after(index - oldest + 1))
    return free_again


def account_name(text: str) -> str:
    """Give the one spelling of a mail address or number: NFKC, case folded, without blanks and invisible characters.

    Looking a person up by what was typed uses this too: no variant reaches an account past its counter (attack 13).
    """
    text = text[:400]
    while (folded := _folded(text)) != text:
        text = folded
    return text


def account_key(text: str) -> str:
    """Give the key that failures of an account are counted on, known or not: 64 hex digits.

    Hashed, since some people type their password into this field.
    """
    return hashlib.sha256(account_name(text).encode("utf-8", "surrogatepass")).hexdigest()


def address_key(address: str | None) -> str:
    """Give the key that failures of an address are counted on: IPv4 as it is, of IPv6 the /64 that one office owns."""
    try:
        ip = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return str(ipaddress.IPv6Network((int(ip) >> 64 << 64, 64)))
        ip = ip.ipv4_mapped
    return str(ip)


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in text if unicodedata.category(letter)[0] not in "ZC")
