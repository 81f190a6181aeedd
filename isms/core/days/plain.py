"""One plain spelling for the many that a keyboard gives: ASCII digits and marks, no stray blanks, no kanji numbers."""

import re
import unicodedata

DIGITS = {
    sign: value for value, signs in enumerate(("〇零○", "一壱", "二弐", "三参", *"四五六七八九")) for sign in signs
}
UNITS = {"十": 10, "拾": 10, "百": 100, "千": 1000}
NUMBER = re.compile(rf"(?<![0-9])[{''.join(DIGITS)}{''.join(UNITS)}]+(?![0-9])")

# All kinds of dashes, the minus and the long-vowel sign; the wave dash beside the tilde; the dot between words.
MARKS = str.maketrans({**dict.fromkeys("‐‑‒–—―−ー", "-"), "〜": "~", "∼": "~", "・": "."})


def plain(text: str) -> str:
    """Spell the text plainly: `Ｒ８．４．１`, `㋿八年 四月一日` become `R8.4.1`, `令和8年4月1日`."""
    text = unicodedata.normalize("NFKC", text).strip().translate(MARKS).upper()
    text = NUMBER.sub(lambda match: counted(match.group()), text)
    # A blank between two digits parts them and must stay: `2026 4 1` is not 202641.
    return re.sub(r"(?<![0-9])\s+|\s+(?![0-9])", "", text)


def counted(kanji: str) -> str:
    """Write a kanji number in digits: `三十一` and `三一` give `31`; a run that is no number stays as it is."""
    if not any(sign in UNITS for sign in kanji):
        return "".join(str(DIGITS[sign]) for sign in kanji)
    total, rest, ceiling = 0, 0, 10_000
    for position, sign in enumerate(kanji):
        if sign in DIGITS:
            if (position and kanji[position - 1] in DIGITS) or not DIGITS[sign]:
                return kanji
            rest = DIGITS[sign]
        elif UNITS[sign] >= ceiling:
            return kanji
        else:
            ceiling = UNITS[sign]
            total, rest = total + (rest or 1) * ceiling, 0
    return str(total + rest)
