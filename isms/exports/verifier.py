"""The program verify.py that goes with a pack: its parts and its words, put together to one file."""

import json
import re
from pathlib import Path
from typing import Any

from isms.core.words import LOCALES, lazy_gettext, speaking

HERE = Path(__file__).parent
PARTS = ("naive_status", "verify_members", "verify_pack")  # each uses those before it
ALONE = re.compile(r"^(?:from __future__ import annotations\n|from isms\.[a-z_.]+ import .*\n)", re.MULTILINE)
DOCSTRING = re.compile(r'\A""".*?"""\n', re.DOTALL)
ALIAS = re.compile(r"^(\w+) = (?:dict|list|tuple|Mapping)\[.*$", re.MULTILINE)  # a type; Python 3.8 could not make it
NO_WORDS = "WORDS: dict[str, dict[str, str]] = {}  # filled in when a pack is written\n"

WORDS: dict[str, Any] = {
    "sums": lazy_gettext("ファイルとSHA256SUMS"),
    "chain": lazy_gettext("操作記録のつながり"),
    "noted": lazy_gettext("控えた号数とハッシュ"),
    "files": lazy_gettext("証跡と操作記録"),
    "frozen": lazy_gettext("適用宣言書と操作記録"),
    "states": lazy_gettext("事実から計算し直した状態"),
    "whole": lazy_gettext("すべて一致しました。"),
    "damaged": lazy_gettext("一致しないところがあります。"),
    "more": lazy_gettext("ほか %(number)s 件"),
    "line": lazy_gettext("%(name)s の%(line)s行目を読み取れません。"),
    "missing": lazy_gettext("%(name)s がありません。"),
    "changed": lazy_gettext("%(name)s の中身が SHA256SUMS と違います。"),
    "unlisted": lazy_gettext("%(name)s は、あるはずのないファイルです。"),
    "unreadable": lazy_gettext("%(name)s を読み取れません。"),
    "entry": lazy_gettext("%(name)s の第%(line)s号の内容が書き換えられています。"),
    "link": lazy_gettext("%(name)s の第%(line)s号が前の号とつながりません。"),
    "details": lazy_gettext("%(name)s の第%(line)s号の詳細が書き換えられています。"),
    "redacted": lazy_gettext("%(name)s の第%(line)s号の詳細が、消去の記録なしに消されています。"),
    "head": lazy_gettext("%(name)s の操作記録の先頭が、最後の号と違います。"),
    "checkpoint": lazy_gettext("%(name)s の第%(line)s号が控えと違います。"),
    "evidence": lazy_gettext("%(name)s の %(what)s が操作記録と違います。"),
    "file": lazy_gettext("%(name)s が、%(what)s に記録されたファイルと違います。"),
    "statement": lazy_gettext("%(name)s が、発行された第%(what)s版と違います。"),
    "edition": lazy_gettext("%(name)s の規格の版または基準日が、操作記録と違います。"),
    "state": lazy_gettext("%(name)s の %(what)s が、事実から計算した状態と違います。"),
    "warning": lazy_gettext("%(name)s の期限間近の日数が、操作記録と違います。"),
}


def source() -> str:
    """Give the whole program as one text."""
    texts = {name: (HERE / f"{name}.py").read_text("utf-8") for name in PARTS}
    docstring = DOCSTRING.match(texts[PARTS[-1]])
    if docstring is None or NO_WORDS not in texts["verify_members"]:
        raise RuntimeError("verify_pack.py has lost its docstring, or verify_members.py its place for words")
    words = f"WORDS: dict[str, dict[str, str]] = {json.dumps(told(), ensure_ascii=False, indent=1)}\n"
    bodies = [ALIAS.sub(r"\1 = Any", ALONE.sub("", DOCSTRING.sub("", text))) for text in texts.values()]
    whole = "\n\n".join(bodies).replace(NO_WORDS, words)
    return f"{docstring[0]}\nfrom __future__ import annotations\n\n{whole}"


def told() -> dict[str, dict[str, str]]:
    """Give all words in both languages."""
    found: dict[str, dict[str, str]] = {name: {} for name in WORDS}
    for language in LOCALES:
        with speaking(language):
            for name, word in WORDS.items():
                found[name][language] = str(word)
    return found
