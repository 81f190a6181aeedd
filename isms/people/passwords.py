"""Passwords: hashed with Argon2id, checked in equal time, judged before they are accepted.

A password is put into NFKC before it is hashed (NIST SP 800-63B, 3.1.1.2), so that ａｂｃ, ABC of another keyboard and
half-width kana of another telephone are the same password. Nothing else is changed: case, blanks and length count.
"""

import unicodedata
from base64 import b64decode
from collections.abc import Iterable, Iterator
from re import compile as pattern
from threading import BoundedSemaphore

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from isms.core.words import gettext, lazy_gettext
from isms.people.romaji import common_words, plain_text, romaji

# 46 MiB and two passes: about 70 ms on one core of 2026, twice what OWASP asks at least (46 MiB, one pass).
HASHER = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1, hash_len=32, salt_len=16)
# Two at once: a crowd of sign-ins takes at most 92 MiB and two cores, and the pages of the others keep answering.
AT_ONCE = BoundedSemaphore(2)
LONGEST = 200  # characters; longer input never reaches Argon2
SHORTEST = 10  # characters; no setting goes below: what is shorter could not reach ENOUGH
ENOUGH = 10**10  # guesses: at 70 ms each, twenty years of one core for one password of a stolen database
CUT = 72  # characters that zxcvbn is asked about
# its time grows with every sign that may stand for a letter (@ for a): over a second at 72 characters, 0.2 s at 24
CUT_MANY_SIGNS = 24
SIGNS = frozenset("4@8({[<3691!|70$5+%2")


def hash_password(text: str) -> str:
    """Hash the password for keeping; raises ValueError for one that `weakness` would call too long."""
    if len(text) > LONGEST:
        raise ValueError("password too long")
    with AT_ONCE:
        return HASHER.hash(_bytes(text))


def check_password(kept: str | None, text: str) -> bool:
    """Tell whether the text is the password; takes the same time when there is none (attack 12)."""
    if len(text) > LONGEST:
        return False
    try:
        with AT_ONCE:
            HASHER.verify(kept or _nobody(), _bytes(text))
    except VerifyMismatchError:
        return False
    return kept is not None


def needs_rehash(kept: str) -> bool:
    """Tell whether the hash was made with other costs than today's; the next sign-in renews it."""
    return HASHER.check_needs_rehash(kept)


def hash_with_salt(text: str, salt: bytes) -> str:
    """Hash a short random code; codes that share a salt are checked by one `hash_alike`."""
    with AT_ONCE:
        return HASHER.hash(_bytes(text), salt=salt)


def hash_alike(text: str, kept: str) -> str:
    """Hash the text with the costs and the salt of a kept hash."""
    salt = b64decode(kept.split("$")[-2] + "==")
    with AT_ONCE:
        return PasswordHasher.from_parameters(extract_parameters(kept)).hash(_bytes(text), salt=salt)


def weakness(text: str, *, words: Iterable[str] = (), minimum: int = 12) -> str | None:
    """Say why the password is too easy and what to do, or give None.

    `words` are the person's own: name, kana, mail, number, organisation. `minimum` is the setting, in characters.
    """
    minimum = max(minimum, SHORTEST)
    if len(text) > LONGEST:
        return gettext("%(number)s文字までにしてください。", number=LONGEST)
    text = unicodedata.normalize("NFKC", text)
    if len(text) < minimum:
        return gettext(
            "%(number)s文字以上にしてください。関係のない言葉を三つ四つ並べると、覚えやすく、推測されません。",
            number=minimum,
        )
    own = set(_own_words(words))
    if any(word in reading for reading in (plain_text(text), romaji(text)) for word in own if _tells(word)):
        return gettext("氏名、メールアドレス、職員番号、組織の名前は人に推測されます。含めないでください。")
    cut = CUT_MANY_SIGNS if len(SIGNS.intersection(text)) > 6 else CUT
    for reading in dict.fromkeys((text[:cut], romaji(text)[:cut])):
        if pattern_found := _guessable(reading, own):
            return str(REASONS.get(pattern_found, REASONS["dictionary"]))
    return None


REASONS = {
    "dictionary": lazy_gettext("よく使われる言葉は推測されます。関係のない言葉をあと一つ二つ加えてください。"),
    "repeat": lazy_gettext("同じ文字や言葉の繰り返しは推測されます。関係のない言葉を三つ四つ並べてください。"),
    "sequence": lazy_gettext("「abc」や「123」のような続きは推測されます。関係のない言葉を三つ四つ並べてください。"),
    "spatial": lazy_gettext("キーの並びは推測されます。関係のない言葉を三つ四つ並べてください。"),
    "date": lazy_gettext("日付や年は推測されます。関係のない言葉をあと一つ二つ加えてください。"),
}
REASONS["regex"] = REASONS["date"]  # zxcvbn's only regular expression is that of recent years


def _guessable(text: str, own: set[str]) -> str | None:
    """Name the pattern that makes the text guessable, or give None when it is hard enough."""
    # asked here, since its lists take 11 MB and passwords are seldom chosen
    from zxcvbn import matching, scoring

    # zxcvbn() itself would put the person's words into a dictionary that all threads share
    own_words = dict.fromkeys(own, 1)
    dictionaries = {**matching.RANKED_DICTIONARIES, "japanese": common_words(), "user_inputs": own_words}
    # without zxcvbn's flat bonus for four patterns in a row, which lets sakurafujisannekoinu pass
    result = scoring.most_guessable_match_sequence(text, matching.omnimatch(text, dictionaries), True)
    if result["guesses"] >= ENOUGH:
        return None
    longest = max(result["sequence"], key=lambda match: len(match["token"]))
    return str(longest["pattern"])


_BETWEEN = pattern(r"[\s@._\-\u30fb]+")


def _own_words(words: Iterable[str]) -> Iterator[str]:
    """Give each own word and its parts in both readings."""
    for word in words:
        for part in {word.strip(), *_BETWEEN.split(word)}:
            yield from (reading for reading in (plain_text(part), romaji(part)) if len(reading) > 1)


def _tells(word: str) -> bool:
    """Tell whether the word is long enough to be refused wherever it stands; `abe` stands in many innocent words."""
    return len(word) >= (4 if word.isascii() else 2)


def _bytes(text: str) -> bytes:
    # half of a surrogate pair cannot come from a form, but must not be an error 500 when it does
    return unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")


def _nobody() -> str:
    """Give a hash that no password has, with today's costs."""
    return f"$argon2id$v=19$m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}${'A' * 22}${'A' * 43}"
