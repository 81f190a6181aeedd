"""Texts that would be markup, laid into every column that takes text, by the rules that people use (attack 59)."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from isms.audits import rules as audits
from isms.catalogue import rules as catalogue
from isms.catalogue import wording
from isms.catalogue.editions import Kind
from isms.core import clock
from isms.core.permissions import Role
from isms.evidence import rules as evidence
from isms.findings import rules as findings
from isms.people.models import Person
from tests import factories

MARK = "xss59"
PAYLOADS = [
    f"<script>document.title='{MARK}'</script>",
    f"</title><script>document.title='{MARK}'</script>",
    f"</textarea><{MARK}>",
    f"</option></select><{MARK}>",
    f"</script><{MARK}>",
    f"--><{MARK}>",
    f"]]><{MARK}>",
    f"<!--<{MARK}>",
    f"<img src=x onerror=document.title='{MARK}'>",
    f"<svg onload=document.title='{MARK}'>",
    f"<svg><animate onbegin=document.title='{MARK}' attributeName=x dur=1s>",
    f"<iframe srcdoc='<{MARK}>'></iframe>",
    f"<a href=javascript:document.title='{MARK}'>x</a>",
    f"<style>@import'//{MARK}.example'</style>",
    f"<base href=//{MARK}.example>",
    f"<meta http-equiv=refresh content=0;url=//{MARK}.example>",
    f"<form action=//{MARK}.example><button>",
    f'" onfocus="document.title=1" autofocus data-x="{MARK}',
    f"' onmouseover='document.title=1' data-x='{MARK}",
    f"` onclick=1 {MARK}=1",
    f'" style="position:fixed" class="{MARK}',
    f"x {MARK}=1 onclick=1",
    f'"><{MARK}>',
    f"'><{MARK}>",
    f"&lt;{MARK}&gt;&#60;{MARK}&#62;",
    f"&quot; onclick=&quot;1&quot; {MARK}",
    f"\uff1c{MARK}\uff1e\uff02\uff07",
    f"\u2039{MARK}\u203a\u2028<{MARK}>",
    f"{{{{7*7}}}}{{% for {MARK} %}}%({MARK})s{{0.__class__}}",
    f"javascript:document.title='{MARK}'",
    f"data:text/html,<{MARK}>",
    f"\\x3c{MARK}\\u003c{MARK}\\",
]


def plant(texts: Sequence[str], who: Person) -> list[str]:
    """Make one of everything with each text in each of its columns; gives the addresses of pages that show them."""
    by, now = factories.actor(who), clock.now()
    day = now.date() - timedelta(days=1)
    shown = [
        "/people",
        "/accounts",
        "/departments",
        "/evidence",
        "/findings",
        "/trail",
        "/board",
        "/status",
        "/engagements",
    ]
    shown += ["/decisions", "/statement", "/evidence/new", "/editions"]
    auditor = factories.with_role(Role.AUDITOR)
    edition = catalogue.edition_on(now.date())
    keys = [one.key for one in edition.requirements if one.kind is Kind.CONTROL]
    for number, text in enumerate(texts):
        place = factories.department(text, code=f"{text[:15]}{number:02}", name_en=text)
        someone = factories.person(
            text, kana=text, position=text, number=f"{text[:20]}{number:02}", mail=None, department_id=place.id
        )
        key = keys[number]
        wording.correct_title(edition.id, key, title_ja=text, title_en=text, by=by, now=now)
        said = catalogue.Said(key, True, text, "implemented", someone.id, text)
        catalogue.decide_many(edition.id, [said], by=by, now=now)
        controls = [(edition.id, key)]
        kept = evidence.record_evidence(
            title=text, note=text, controls=controls, collected_on=day, department_id=place.id, by=by, now=now
        )
        evidence.withdraw(kept.id, reason=text, by=by, now=now)
        found = findings.open_finding(
            grade="minor", title=text, description=text, controls=controls, opened_on=day, by=by, now=now
        )
        findings.close_finding(found.id, day=now.date(), text=text, by=by, now=now)
        engaged: dict[str, Any] = {"from_day": day, "to_day": now.date(), "by": by, "now": now}
        audits.engage(auditor_id=auditor.id, title=text, scope=[], **engaged)
        shown += [f"/people/{someone.id}", f"/people/{someone.id}/edit", f"/departments/{place.id}/edit"]
        shown += [f"/accounts/{someone.id}", f"/evidence/{kept.id}", f"/findings/{found.id}"]
        shown += [f"/controls/{edition.id}/{key}", f"/decisions/{edition.id}/{key}/decide"]
    return shown


class Looker(HTMLParser):
    """Notes what no page of ours holds: elements and attributes that only a text could have made."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            given = (value or "").strip().lower()
            leads = name in {"href", "src", "action", "formaction", "srcdoc"}
            if name.startswith("on") or name in {"style", "srcdoc", MARK, "autofocus"}:
                self.found.append(f"<{tag} {name}>")
            if leads and (given.startswith("javascript:") or f"//{MARK}" in given):
                self.found.append(f"<{tag} {name}={given[:60]}>")
        held = dict(attributes)
        script = tag == "script" and not str(held.get("src", "")).startswith("/static/")
        if script or tag in {MARK, "style", "iframe", "base", "animate", "object", "embed"}:
            self.found.append(f"<{tag}>")
        if tag == "meta" and held.get("http-equiv"):
            self.found.append(f"<{tag}>")


def extra(html: str) -> Iterator[str]:
    """Say what of a page a text has made."""
    looker = Looker()
    looker.feed(html)
    looker.close()
    yield from looker.found
    if "49{%" in html or f"{{0.__class__}}{MARK}" in html:
        yield "a text was worked out"
