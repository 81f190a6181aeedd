"""The second step of signing in: codes of an authenticator app (TOTP, RFC 6238) and recovery codes on paper.

Six digits, 30 seconds, SHA-1: the only values that every authenticator app understands.
"""

import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from hmac import compare_digest

import pyotp
import segno

from isms.people import passwords

STEP = 30  # seconds
WINDOW = 1  # steps to either side: a clock that is up to half a minute wrong still signs in
RECOVERY_CODES = 10
RECOVERY_LENGTH = 8  # characters of 5 bits: 40 bits a code
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u
_MISREAD = str.maketrans("ilo", "110")
# blanks, hyphens and minus signs; U+30FC besides, which a Japanese keyboard gives for a hyphen
IGNORED = ("Zs", "Cc", "Cf", "Pd", "Sm")


def new_secret() -> str:
    """Make a secret of 160 bits, in base32."""
    return pyotp.random_base32(32)


def spaced(secret: str) -> str:
    """Give the secret in groups of four, for those who must type it."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def provisioning_uri(secret: str, *, account: str, issuer: str) -> str:
    """Give the otpauth:// address for the app; `account` is the mail address, `issuer` the organisation."""
    # a colon separates issuer and account, and apps disagree about an escaped one
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer.replace(":", " "))


def qr_image(uri: str) -> str:
    """Draw the address as a QR code: a data: URI for `<img src>`, dark on white, without style or script."""
    drawn: str = segno.make(uri, error="m", micro=False).svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
    return drawn


def step_of(now: datetime) -> int:
    """Give the number of the 30-second step that `now` (aware) lies in."""
    return int(now.timestamp()) // STEP


def check_code(secret: str, code: str, *, now: datetime, last_step: int | None) -> int | None:
    """Give the step that the code belongs to, to be kept as `last_step`; None when it is wrong or was used (attack 15).

    The caller writes the step only where the kept one is still smaller: so two clicks at once use a code once.
    """
    typed = _typed(code)
    if len(typed) != 6 or not typed.isascii() or not typed.isdigit():
        return None
    accepted = None
    totp = pyotp.TOTP(secret)
    middle = step_of(now)
    # every step is compared, and the latest that fits is taken: should two steps share a code, it still works once
    for step in range(max(0, middle - WINDOW), middle + WINDOW + 1):
        if compare_digest(totp.generate_otp(step), typed) and (last_step is None or step > last_step):
            accepted = step
    return accepted


def new_recovery_codes() -> tuple[list[str], list[str]]:
    """Make ten codes such as `7k3m-x0qd`, to be shown once, and the hashes to keep; takes about ten password checks.

    Forty bits can be typed from paper, but a plain SHA-256 of them is tried out in minutes: they are hashed like
    passwords (ASVS 6.5.2 asks for that below 112 bits). They share a salt: checking one costs one hash and not ten.
    """
    codes: set[str] = set()
    while len(codes) < RECOVERY_CODES:
        codes.add("".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH)))
    salt = secrets.token_bytes(16)
    shown = sorted(codes)
    return [f"{code[:4]}-{code[4:]}" for code in shown], [passwords.hash_with_salt(code, salt) for code in shown]


def match_recovery(code: str, hashes: Iterable[str]) -> str | None:
    """Give the kept hash that the code belongs to, to be struck out; None when there is none.

    `hashes` are those not used yet. The caller strikes the hash out by compare-and-set, so a code works once.
    """
    typed = _typed(code).translate(_MISREAD)
    if len(typed) != RECOVERY_LENGTH or not set(typed) <= set(ALPHABET):
        return None
    found = None
    computed: dict[str, str] = {}
    for kept in hashes:
        salt = kept.rpartition("$")[0]
        if salt not in computed:
            computed[salt] = passwords.hash_alike(typed, kept)
        if compare_digest(computed[salt], kept):
            found = kept
    return found


def _typed(code: str) -> str:
    """Give the letters and digits that were meant: full-width, blanks and hyphens of any kind are forgiven."""
    letters = unicodedata.normalize("NFKC", code[:100]).lower()
    return "".join(letter for letter in letters if unicodedata.category(letter) not in IGNORED and letter != "\u30fc")
