"""The page of a pack, `index.html`: opened from the disk, without network and script, in both languages.

It is written piece by piece; every text goes through `_t`, which escapes (attack 59).
"""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from config import ROOT
from isms.catalogue.words import IMPLEMENTATION
from isms.core import settings
from isms.core.days import Span
from isms.core.look import STATES, short_day
from isms.core.words import LOCALES, gettext, lazy_gettext, locale, speaking
from isms.evidence.rules import is_link
from isms.evidence.words import FOUND, REVIEWS
from isms.exports.pack_evidence import DESTROYED
from isms.exports.statement import Told
from isms.findings.words import GRADES
from isms.status import words
from isms.status.rules import Report, RequirementState
from isms.trail.models import TrailEntry

STYLE = ROOT / "templates" / "exports" / "pack.css"
NAMES = {"ja": "日本語", "en": "English"}
FILES = (
    "status.pdf",
    "status.xlsx",
    "status.json",
    "statement.pdf",
    "statement.xlsx",
    "statement.json",
    "findings.csv",
    "findings.json",
    "evidence.json",
    "trail.jsonl",
    "standards.json",
    "pack.json",
    "verify.py",
    "SHA256SUMS",
)


TITLE = lazy_gettext("監査パック")
EVIDENCE = lazy_gettext("証跡")
HEADS = (
    lazy_gettext("証跡番号"),
    lazy_gettext("件名"),
    lazy_gettext("管理策"),
    lazy_gettext("収集日"),
    lazy_gettext("有効期限"),
    lazy_gettext("確認"),
    lazy_gettext("ファイル"),
)
WORDS = {"gone": lazy_gettext("取り下げまたは訂正済み"), DESTROYED: lazy_gettext("消去しました")}


def _t(text: Any) -> str:
    return escape(str(text), quote=True)


class Index:
    """The page being gathered: `seeing` keeps a row of each evidence as it passes by."""

    def __init__(
        self, report: Report, statement: Told, findings: list[dict[str, Any]], period: Span, newest: TrailEntry
    ) -> None:
        self.report, self.statement, self.findings = report, statement, findings
        self.period, self.newest = period, newest
        self.rows: list[str] = []
        self.words = {name: _both(word) for name, word in {**REVIEWS, **FOUND, **WORDS}.items()}
        self.refs: set[str] = set()

    def seeing(self, told: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Pass every evidence on."""
        for one in told:
            self.refs.add(one["ref"])
            self.rows.append(_evidence_row(one, self.words))
            yield one

    def pages(self) -> Iterator[str]:
        """Give the page, when every evidence has passed by."""
        name = _t(settings.get("organisation_name"))
        yield '<!doctype html>\n<html lang="ja">\n<head>\n<meta charset="utf-8">\n'
        yield '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        title = " / ".join(_said(TITLE))
        yield f"<title>{_t(title)} {name}</title>\n<style>\n{STYLE.read_text('utf-8')}</style>\n</head>\n<body>\n"
        links = "".join(f'<li><a href="#{code}" lang="{code}">{NAMES[code]}</a></li>' for code in LOCALES)
        yield f'<nav aria-label="Language"><ul>{links}<li><a href="#evidence">{_both(EVIDENCE)}</a></li></ul></nav>\n<main>\n'
        for code in LOCALES:
            with speaking(code):
                half = list(self._half())
            yield from half
        yield from self._evidence()
        yield "</main>\n</body>\n</html>\n"

    def _half(self) -> Iterator[str]:
        """Give all that is said in one language."""
        first, last = short_day(self.period.first), short_day(self.period.last)
        yield f'<div class="half" id="{locale()}" lang="{locale()}">\n<h1>{_t(TITLE)}</h1>\n<dl>'
        for term, value in (
            (gettext("組織"), settings.get("organisation_name")),
            (gettext("対象期間"), gettext("%(first)s から %(last)s まで", first=first, last=last)),
            (gettext("規格"), f"{self.report.edition.name} {self.report.edition.jis}"),
            (gettext("適用宣言書"), self.statement.title),
            (gettext("操作記録の先頭"), f"{self.newest.no} {self.newest.hash}"),
        ):
            yield f"<dt>{_t(term)}</dt><dd>{_t(value)}</dd>"
        how = gettext("このフォルダーのファイルが書き換えられていないことは、次のどちらかで確かめられます。")
        yield f"</dl>\n<p>{_t(how)} <code>sha256sum -c SHA256SUMS</code> <code>python3 verify.py</code></p>\n"
        yield '<ul class="files">' + "".join(f'<li><a href="{name}">{name}</a></li>' for name in FILES) + "</ul>\n"
        heading = gettext("%(day)s 現在の管理策の状態", day=last)
        yield f'<h2>{_t(heading)}</h2>\n<ul class="tally">'
        for state, number in self.report.counts().items():
            yield f"<li><span>{_t(STATES[state.value][1])}</span><b>{number}</b></li>"
        yield "</ul>\n" + _table(
            heading,
            gettext("番号"),
            gettext("表題"),
            gettext("状態"),
            gettext("実施状況"),
            gettext("適用の理由"),
            gettext("証跡"),
        )
        for one in self.report.requirements:
            yield self._requirement(one)
        yield "</tbody></table></div>\n"
        yield from self._findings()
        yield "</div>\n"

    def _requirement(self, one: RequirementState) -> str:
        known = STATES[one.state.value]
        reasons = f"<br><small>{_t(words.reasons(one))}</small>" if one.reasons else ""
        decision = one.decision
        links = [
            f'<a href="#{_t(laid.ref)}">{_t(laid.ref)}</a>' if laid.ref in self.refs else _t(laid.ref)
            for laid in words.counting(one, self.report.day)
        ]
        shown = (
            " ".join(links)
            if len(links) <= 3
            else f"<details><summary>{len(links)}</summary>{' '.join(links)}</details>"
        )
        return (
            f"<tr><td>{_t(one.requirement.spelled)}</td><td>{_t(one.requirement.title)}</td>"
            f'<td><span class="st {known[0]}">{_t(known[1])}</span>{reasons}</td>'
            f"<td>{_t(IMPLEMENTATION[decision.implementation]) if decision else '–'}</td>"
            f"<td>{_t(decision.justification) if decision else '–'}</td><td>{shown or '–'}</td></tr>\n"
        )

    def _findings(self) -> Iterator[str]:
        yield f"<h2>{_t(gettext('指摘事項'))}</h2>\n"
        if not self.findings:
            yield f"<p>{_t(gettext('この期間の指摘事項はありません。'))}</p>\n"
            return
        yield _table(
            gettext("指摘事項"),
            gettext("番号"),
            gettext("区分"),
            gettext("件名"),
            gettext("管理策"),
            gettext("見つかった日"),
            gettext("完了した日"),
        )
        for one in self.findings:
            controls = gettext("、").join(pair.partition(" ")[2] for pair in one["controls"])
            cells = (
                one["ref"],
                GRADES[one["grade"]],
                one["title"],
                controls,
                one["opened_on"],
                one["closed_on"] or "–",
            )
            yield "<tr>" + "".join(f"<td>{_t(cell)}</td>" for cell in cells) + "</tr>\n"
        yield "</tbody></table></div>\n"

    def _evidence(self) -> Iterator[str]:
        """Give the list of the evidence, its headings in both languages."""
        yield f'<div class="half" id="evidence">\n<h1>{_both(EVIDENCE)}</h1>\n'
        yield _opened(" / ".join(_said(EVIDENCE)), (_both(head) for head in HEADS))
        yield from self.rows
        yield "</tbody></table></div>\n</div>\n"


def _table(label: str, *heads: str) -> str:
    """Begin a table with headings that are escaped here."""
    return _opened(label, (_t(head) for head in heads))


def _opened(label: str, heads: Iterable[str]) -> str:
    """Begin a table that can be moved sideways, by keys too."""
    cells = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return f'<div class="wide" tabindex="0" role="region" aria-label="{_t(label)}"><table><thead><tr>{cells}</tr></thead><tbody>\n'


def _evidence_row(one: dict[str, Any], said: dict[str, str]) -> str:
    review = said["gone" if one["gone"] else one["review"]]
    controls = " ".join(pair.partition(" ")[2] for pair in one["controls"])
    files = "<br>".join(_file(file, said) for file in one["files"])
    if is_link(one["url"] or ""):
        files += f'<a href="{_t(one["url"])}" rel="noopener noreferrer">{_t(one["url"])}</a>'
    cells = (_t(one["title"]), _t(controls), one["collected_on"], one["valid_until"], review, files or "–")
    return f'<tr id="{_t(one["ref"])}"><td>{_t(one["ref"])}</td>' + "".join(f"<td>{c}</td>" for c in cells) + "</tr>\n"


def _file(file: dict[str, Any], said: dict[str, str]) -> str:
    if file["path"] is not None:
        return f'<a href="{_t(file["path"])}" download="{_t(file["name"])}">{_t(file["name"])}</a>'
    return f"{_t(file['name'])} <b>{said[file['absent']]}</b> <small><code>{_t(file['sha256'])}</code></small>"


def _both(word: Any) -> str:
    """Say a word in both languages, marked up."""
    parts = zip(LOCALES, _said(word), strict=True)
    return " / ".join(f'<span lang="{code}">{_t(text)}</span>' for code, text in parts)


def _said(word: Any) -> list[str]:
    """Say a word in every language."""
    said = []
    for code in LOCALES:
        with speaking(code):
            said.append(str(word))
    return said
