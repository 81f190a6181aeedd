"""Japanese words in one plain spelling, so that 神奈川, かながわ, ｶﾅｶﾞﾜ, Kanagawa and kanagawa read alike.

Only for judging passwords: the spelling is made for comparing, not for reading.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("japanese_words.txt")

# All ways to write romaji fall together: shi/si, chi/ti, tsu/tu, fu/hu, ji/zi/di, nn/n, ou/oo/o, shimbun/sinbun.
_PLAIN = [
    (re.compile(pattern), plain)
    for pattern, plain in (
        ("n'", "n"), ("sh", "sy"), ("c+h", "ty"), ("ts(?=u)", "t"), ("d?j", "zy"), ("f", "h"), ("di", "zi"),
        ("dz?u", "zu"), ("([stz])yi", r"\1i"), ("m(?=[bp])", "n"), ("ou", "o"), (r"([a-z])\1+", r"\1"),
    )
]  # fmt: skip
_HEPBURN = (
    ("hu", "fu"), ("tu", "tsu"), ("si", "shi"), ("ti", "chi"), ("zi", "ji"), ("sy", "sh"), ("ty", "ch"), ("zy", "j"),
)  # fmt: skip


def plain_text(text: str) -> str:
    """Give the text in NFKC and lower case: one width of letters, digits and kana."""
    return unicodedata.normalize("NFKC", text).casefold()


def romaji(text: str) -> str:
    """Spell the text in plain romaji; kanji that the word file does not know stay as they are."""
    text = plain_text(text)
    if not text.isascii():
        text = kunrei(_kanji().sub(lambda found: _readings()[found.group()], text))
    for pattern, plain in _PLAIN:
        text = pattern.sub(plain, text)
    return text


def kunrei(text: str) -> str:
    """Spell the kana of the text in 訓令式, which is how Unicode names them; everything else stays."""
    spelt = ""
    doubled = False
    for letter in text:
        system, _, name = unicodedata.name(letter, "").partition(" LETTER ")
        if "PROLONGED SOUND" in system:
            continue
        if system not in ("HIRAGANA", "KATAKANA"):
            spelt, doubled = spelt + letter, False
        elif name == "SMALL TU":
            doubled = True
        elif name.startswith("SMALL ") and spelt[-1:] in "iueo":
            spelt = spelt[:-1] + name.removeprefix("SMALL ").lower()
        else:
            syllable = name.split()[-1].lower()
            spelt, doubled = spelt + (syllable[0] if doubled else "") + syllable, False
    return spelt


@cache
def common_words() -> dict[str, int]:
    """Give every spelling of every word in the file with its rank; the first word is 1."""
    ranks: dict[str, int] = {}
    for rank, line in enumerate(_lines(), 1):
        for word in line:
            spelt = kunrei(word)
            hepburn = spelt
            for ours, theirs in _HEPBURN:
                hepburn = hepburn.replace(ours, theirs)
            # 'system' is English: only what was kana gets a second spelling
            for spelling in (word, romaji(word), *((spelt, hepburn) if spelt != word else ())):
                ranks.setdefault(spelling, rank)
    return ranks


@cache
def _lines() -> list[list[str]]:
    lines = plain_text(FILE.read_text("utf-8")).splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


@cache
def _readings() -> dict[str, str]:
    return {word: line[0] for line in _lines() for word in line[1:] if not kunrei(word).isascii()}


@cache
def _kanji() -> re.Pattern[str]:
    longest_first = sorted(_readings(), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))
