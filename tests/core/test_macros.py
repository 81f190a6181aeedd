"""The macros: labels, help and errors are tied to their fields; nothing hostile becomes markup; no inline style or script."""

import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask, g, render_template, render_template_string
from flask_babel import Babel
from wtforms import SelectChoice

from config import ROOT
from isms.core import look, words
from isms.core.charts import Bars, Heat, HeatDay, Lines, Series, Timeline, Validity
from isms.core.fields import ChoiceField, DayField, FilesField, RadioField, Required, TextField, TickField, TicksField
from isms.core.forms import Form, VersionField
from isms.core.look import ERRORS, STATES
from isms.core.tables import Column, Filter, Table

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Element(dict[str, str]):
    """One element: its attributes, with its name and text."""

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        super().__init__(attributes)
        self.name = name
        self.text = ""


class Reader(HTMLParser):
    """Reads a page into elements and complains about tags that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop().name == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def read(html: str) -> list[Element]:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    ids = [element["id"] for element in reader.elements if "id" in element]
    assert len(ids) == len(set(ids)), "an id is there twice"
    for element in reader.elements:
        assert "style" not in element and not [name for name in element if name.startswith("on")]
        assert element.name != "script" or element.get("src")
        for attribute in ("aria-describedby", "aria-labelledby", "for"):
            for name in element.get(attribute, "").split():
                assert name in ids, f"{attribute} names {name}, which is not there"
    return reader.elements


def one(elements: list[Element], **wanted: str) -> Element:
    found = [e for e in elements if all(e.get(name.rstrip("_")) == value for name, value in wanted.items())]
    assert len(found) == 1, found
    return found[0]


@pytest.fixture
def sheet() -> Flask:
    """Give an app that has the templates and nothing else: no room, no database."""
    app = Flask("isms", root_path=str(ROOT), static_folder="static", template_folder="templates")
    app.config["SECRET_KEY"] = "for this test only"
    Babel(app, default_locale="ja", locale_selector=words.locale)
    app.jinja_env.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(look.FILTERS)
    app.jinja_env.globals.update(look.GLOBALS, locale=words.locale)
    return app


@pytest.fixture
def draw(sheet: Flask) -> Callable[..., list[Element]]:
    imports = "".join(
        f'{{% import "macros/{name}.html" as {name} %}}' for name in ("page", "fields", "tables", "charts")
    )

    def drawn(source: str, method: str = "GET", query: str = "", **context: Any) -> list[Element]:
        with sheet.test_request_context(f"/static/page.js{query}", method=method, data={"x": "1"}):
            made = {name: value() if isinstance(value, type) else value for name, value in context.items()}
            for form in made.values():
                if isinstance(form, Form) and method == "POST":
                    form.validate()
            return read(render_template_string(imports + source, **made))

    return drawn


class Sample(Form):
    class Meta:
        csrf = False

    title = TextField("表題", [Required()], description="見分けられる名前。")
    day = DayField("収集日", [Required()], description="証跡を手に入れた日。")
    kind = ChoiceField("種類", [Required()], choices=[SelectChoice("", "–"), SelectChoice("a", "記録")])
    grade = RadioField("等級", [Required()], choices=[SelectChoice("a", "重大"), SelectChoice("b", HOSTILE)])
    controls = TicksField("管理策", [Required()], choices=[SelectChoice("5.1", "方針")], description="いくつでも。")
    sure = TickField("確かめた", [Required()])
    files = FilesField("ファイル", [Required()])
    version = VersionField()


WHOLE = """{% call fields.form(form, '記録する') %}
{% for f in form.shown() if f.name != 'files' %}{{ fields.field(f) }}{% endfor %}
{{ fields.files(form.files, '50 MB まで') }}{% endcall %}"""


def test_a_fresh_field_has_label_help_and_the_box_of_the_required(draw: Any) -> None:
    elements = draw(WHOLE, form=Sample)
    title = one(elements, id="title")
    assert title["aria-describedby"] == "title-h" and "aria-invalid" not in title
    assert one(elements, id="title-h").text == "見分けられる名前。"
    assert "必須" in one(elements, for_="title").text
    assert not [e for e in elements if e.get("role") == "alert"]


def test_a_refused_field_keeps_its_help_and_names_its_error(draw: Any) -> None:
    elements = draw(WHOLE, method="POST", form=Sample)
    for name, ids in (("title", "title-e title-h"), ("day", "day-e day-h"), ("kind", "kind-e"), ("sure", "sure-e")):
        field = one(elements, id=name)
        assert field["aria-invalid"] == "true" and field["aria-describedby"] == ids
    assert "入力してください。" in one(elements, id="title-e").text
    assert one(elements, id="title-h").text == "見分けられる名前。"
    assert one(elements, id="files")["aria-describedby"] == "files-e files-h"


def test_radios_and_ticks_are_a_group_with_a_legend(draw: Any) -> None:
    elements = draw(WHOLE, method="POST", form=Sample)
    groups = [e for e in elements if e.name == "fieldset"]
    assert [g["id"] for g in groups] == ["grade", "controls"]
    assert [g["aria-describedby"] for g in groups] == ["grade-e", "controls-e controls-h"]
    assert len([e for e in elements if e.name == "legend"]) == 2
    radios = [e for e in elements if e.get("type") in {"radio", "checkbox"} and e["name"] in {"grade", "controls"}]
    assert len(radios) == 3 and all(e["aria-invalid"] == "true" for e in radios)


def test_the_errors_on_top_lead_to_their_fields(draw: Any) -> None:
    elements = draw(WHOLE, method="POST", form=Sample)
    alert = one(elements, role="alert")
    assert "7か所" in alert.text
    ids = {e.get("id") for e in elements}
    links = [e["href"][1:] for e in elements if e.name == "a" and e.get("href", "").startswith("#")]
    assert links == ["title", "day", "kind", "grade-0", "controls-0", "sure", "files"]
    assert set(links) <= ids


def test_attributes_of_the_caller_reach_the_input(draw: Any) -> None:
    elements = draw("{{ fields.field(form.title, autocomplete='username', inputmode='numeric') }}", form=Sample)
    assert one(elements, id="title")["autocomplete"] == "username"
    assert one(elements, id="title")["inputmode"] == "numeric"


def test_hostile_words_stay_words_everywhere(draw: Any) -> None:
    source = """{{ page.head(h, h, h, h) }}{% call page.section(h, h, h, id="s") %}{{ h }}{% endcall %}{{ page.notice(h, h, "act") }}
    {{ page.empty(h, h, "/", h) }}{{ page.kv([(h, h)]) }}{{ page.crumbs([(h, "/"), (h, none)]) }}{{ page.mark("new", h) }}
    {{ page.state("proven", h) }}{{ page.diary([{"when": h, "text": h, "small": h, "href": h}]) }}{{ page.sub(h, h, "/", h) }}
    {{ page.tally([{"word": h, "figure": h}], h) }}{{ page.todo([{"figure": h, "when": h, "title": h, "href": h}]) }}
    {{ page.seals([{"label": h, "name": h, "post": h, "when": h}]) }}{{ page.progress(1, 2, h) }}{{ tables.grid(h, [(h, true), (h, false)], [[h, h]]) }}
    {{ page.tile_map([{"no": h, "title": h, "tiles": [{"no": h, "state": "unproven", "href": h, "title": h, "reason": h}]}]) }}
    {{ charts.bars(bars) }}{{ charts.lines(lines) }}{{ charts.heat(heat) }}{{ charts.timeline(line) }}"""
    series = [Series(HOSTILE, [1.5, 2])]
    elements = draw(
        source,
        h=HOSTILE,
        bars=Bars("b", HOSTILE, [HOSTILE, "x"], series),
        lines=Lines("l", HOSTILE, [HOSTILE, "x"], series),
        heat=Heat("h", HOSTILE, [HeatDay(date(2026, 4, 1), 2, HOSTILE)]),
        line=Timeline(
            HOSTILE,
            [Validity(HOSTILE, HOSTILE, date(2026, 4, 1), date(2026, 9, 1), "ok", HOSTILE, HOSTILE)],
            date(2026, 1, 1),
            date(2027, 1, 1),
            date(2026, 6, 1),
        ),
    )
    assert not [e for e in elements if e.name in {"script", "img"}]
    assert not [e for e in elements if "49" in e.text]


def test_hostile_values_stay_values_in_a_table(draw: Any) -> None:
    table = Table(
        "t",
        HOSTILE,
        [Column("name", HOSTILE, sort=lambda row: row["name"])],
        "name",
        [
            Filter("q", HOSTILE, lambda rows, text: rows),
            Filter("k", "k", lambda r, v: r, "select", [(HOSTILE, HOSTILE)]),
        ],
    )
    html = "{{ tables.table(t.page([{'name': h}])) }}"
    elements = draw(html, query="?q=%3Cscript%3E%22%3E&_scheme=javascript&_external=1", t=table, h=HOSTILE)
    assert not [e for e in elements if e.name in {"script", "img"}]
    assert one(elements, name="q")["value"] == '<script>">'
    assert all(e["href"].startswith("/static/") for e in elements if e.name == "a")
    assert one(elements, **{"aria-sort": "ascending"}).text.strip() == HOSTILE


def test_a_table_says_its_order_and_scrolls_by_keyboard(draw: Any) -> None:
    rows = [{"no": n, "title": "" if n == 2 else "あ"} for n in range(5)]
    columns = [Column("no", "番号", sort=lambda r: r["no"], numeric=True), Column("title", "表題")]
    table = Table("t", "管理策", columns, "-no", page_size=2, row_href=lambda row: f"/x/{row['no']}")
    elements = draw("{{ tables.table(t.page(rows)) }}", t=table, rows=rows)
    region = one(elements, role="region")
    assert region["tabindex"] == "0" and "管理策" in region["aria-label"]
    assert one(elements, **{"aria-sort": "descending"}).text.strip() == "番号"
    assert [e.text for e in elements if e.get("scope") == "row"] == ["4", "3"]
    assert one(elements, **{"aria-current": "page"}).text == "1"


@pytest.mark.parametrize(("query", "text"), [("", "まだ証跡がありません"), ("?q=x", "あてはまるものがありません")])
def test_an_empty_table_says_why(draw: Any, query: str, text: str) -> None:
    table = Table(
        "t",
        "証跡",
        [Column("no", "番号", sort=lambda r: r["no"])],
        "no",
        [Filter("q", "言葉", lambda rows, _: rows)],
        empty=("まだ証跡がありません", "ここに並びます。"),
    )
    elements = draw("{{ tables.table(t.page([])) }}", query=query, t=table)
    assert [e for e in elements if e.name == "b" and e.text == text]
    assert not [e for e in elements if e.name == "table"]


def test_every_state_has_a_sign_a_word_and_a_class_of_its_own(draw: Any) -> None:
    sprite = (ROOT / "static" / "signs.svg").read_text()
    css = (ROOT / "static" / "register.css").read_text()
    assert len({css_class for css_class, _ in STATES.values()}) == 7
    for state, (css_class, word) in STATES.items():
        elements = draw(f"{{{{ page.state('{state}') }}}}")
        assert one(elements, **{"aria-hidden": "true"}).name == "svg"
        assert [e for e in elements if e.name == "use" and e["href"].endswith(f"#{state}")]
        assert elements[0].text == str(word)
        assert f'id="{state}"' in sprite and f".{css_class}{{" in css


@pytest.mark.parametrize("status", sorted(ERRORS))
@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_error_page_needs_no_database(sheet: Flask, status: int, language: str) -> None:
    with sheet.test_request_context("/nowhere"), words.speaking(language):
        g.actor = None
        html = render_template("errors/error.html", status=status, message="", request_id="0123456789abcdef")
    elements = read(html)
    assert one(elements, lang=language).name == "html"
    assert str(ERRORS[status][0]) in one(elements, id="main").text or language == "en"
    assert "0123456789abcdef" in html and "Traceback" not in html
    assert not (language == "en" and re.search("[ぁ-んァ-ヶ一-龠]", html)), "Japanese on an English page"
