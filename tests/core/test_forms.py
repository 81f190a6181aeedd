"""Forms: what is typed is kept, what cannot be taken is said on its field, what a rule refuses comes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from wtforms import SelectChoice

from isms.core.days import Span
from isms.core.errors import Invalid
from isms.core.fields import (
    ChoiceField,
    DayField,
    Empty,
    FileField,
    FilesField,
    LinesField,
    NumberField,
    PeriodField,
    RadioField,
    Required,
    SecretField,
    TextField,
    TickField,
    TicksField,
    or_none,
)
from isms.core.forms import Form, VersionField
from isms.core.text import UNUSABLE, UnusableText, clean_text

CHOICES = [SelectChoice("1", "一"), SelectChoice("2", "二")]


class Sample(Form):
    title = TextField("表題", [Required()], longest=20)
    note = LinesField("備考", [Empty()])
    day = DayField("収集日", [Empty()])
    period = PeriodField("対象期間", [Empty()])
    months = NumberField("間隔", [Empty()], low=1, high=60)
    kind = ChoiceField("種類", [Empty()], coerce=or_none(int), choices=[SelectChoice("", "–"), *CHOICES])
    grade = RadioField("等級", [Empty()], choices=CHOICES)
    controls = TicksField("管理策", [Empty()], choices=CHOICES)
    sure = TickField("確かめた", [Empty()])
    secret = SecretField("合言葉", [Empty()])
    version = VersionField()


class Strict(Form):
    text = TextField("文字", [Required()])
    day = DayField("日", [Required()])
    kind = ChoiceField("種類", [Required()], coerce=or_none(int), choices=[SelectChoice("", "–"), *CHOICES])
    grade = RadioField("等級", [Required()], choices=CHOICES)
    controls = TicksField("管理策", [Required()], choices=CHOICES)
    sure = TickField("確かめた", [Required()])
    file = FileField("ファイル", [Required()])
    files = FilesField("ファイル", [Required()])


@contextmanager
def posted(form: type[Form], data: dict[str, Any] | None = None, **defaults: Any) -> Iterator[Any]:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="for this test only", WTF_CSRF_ENABLED=False)  # the gate's own tests have it on
    with app.test_request_context(method="POST", data={"form_key": "k", **(data or {})}):
        yield form(**defaults)


def refused(data: dict[str, Any]) -> dict[str, list[str]]:
    with posted(Sample, {"title": "表題", **data}) as form:
        assert form.run(lambda: pytest.fail("the rule must not run")) is None
        return {name: [str(message) for message in messages] for name, messages in form.errors.items()}


def test_what_was_typed_becomes_values() -> None:
    typed = {
        "title": "  評価票　",
        "note": "一行\r\n二行",
        "day": "Ｒ８．４．１",
        "period": "令和8年度",
        "months": "１２",
        "kind": "2",
        "grade": "1",
        "controls": ["1", "2"],
        "sure": "y",
        "secret": " p ",
        "version": "3",
    }
    with posted(Sample, typed) as form:
        assert form.run(lambda: form.values()) == {
            "title": "評価票",
            "note": "一行\n二行",
            "day": date(2026, 4, 1),
            "period": Span(date(2026, 4, 1), date(2027, 3, 31)),
            "months": 12,
            "kind": 2,
            "grade": "1",
            "controls": ["1", "2"],
            "sure": True,
            "secret": " p ",
            "version": 3,
        }


def test_a_rule_that_gives_nothing_still_succeeded() -> None:
    with posted(Sample, {"title": "表題"}) as form:
        assert form.run(lambda: None) is True


def test_nothing_runs_on_a_get() -> None:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="for this test only", WTF_CSRF_ENABLED=False)
    with app.test_request_context("/?title=x"):
        form = Sample()
        assert form.run(lambda: pytest.fail("the rule must not run")) is None
        assert not form.errors


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("title", "あ\x00い"),
        ("title", "あ\ufffdい"),
        ("title", "evil\u202egnp.exe"),
        ("title", "長" * 21),
        ("note", "b\x1b[31m"),
        ("day", "2026-02-30"),
        ("day", "平成31年5月1日"),
        ("day", "4/1"),
        ("period", "2027-03-31〜2026-04-01"),
        ("months", "十二"),
        ("months", "0"),
        ("months", "9" * 500),
        ("kind", "3"),
        ("kind", "x"),
        ("grade", "9"),
        ("controls", ["1", "9"]),
        ("secret", "a\x00b"),
        ("secret", "長" * 1001),
    ],
)
def test_what_cannot_be_taken_is_said_on_its_field_alone(name: str, typed: Any) -> None:
    errors = refused({name: typed})
    assert list(errors) == [name]
    assert len(errors[name]) == 1 and errors[name][0]


def test_bytes_that_are_no_text_are_refused_and_shown_again() -> None:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="for this test only", WTF_CSRF_ENABLED=False)
    body = b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\n\xed\xa0\x80\r\n--b--\r\n'  # a lone surrogate
    with app.test_request_context(method="POST", data=body, content_type="multipart/form-data; boundary=b"):
        form = Sample()
        assert form.run(lambda: True) is None
        assert list(form.errors) == ["title"]
        assert "\ufffd" in str(form.title())


def test_what_was_typed_stands_in_the_field_again() -> None:
    with posted(
        Sample, {"title": "", "day": "平成31年5月1日", "months": "十二", "note": "a\x00b", "secret": "geheim"}
    ) as form:
        form.run(lambda: True)
        assert 'value="平成31年5月1日"' in form.day()
        assert 'value="十二"' in form.months()
        assert "a\ufffdb" in form.note()
        assert "geheim" not in form.secret()


def test_every_kind_of_empty_field_says_once_what_to_do() -> None:
    with posted(Strict) as form:
        assert form.run(lambda: True) is None
        assert {name: len(messages) for name, messages in form.errors.items()} == dict.fromkeys(
            ["text", "day", "kind", "grade", "controls", "sure", "file", "files"], 1
        )


def test_a_refused_file_is_named_because_it_must_be_chosen_again() -> None:
    data = {"files": [(BytesIO(b"x"), "評価票.pdf"), (BytesIO(b"y"), "b.pdf")]}
    with posted(Strict, data) as form:
        form.run(lambda: True)
        assert "files" not in form.errors
        assert form.files.chosen() == "評価票.pdf、b.pdf"


def test_a_rule_refuses_on_fields_and_on_the_whole() -> None:
    def rule() -> None:
        raise Invalid(
            {"title": "同じ表題があります", "": "期限を過ぎました", "colour": "知らない色", "version": "古い"}
        )

    with posted(Sample, {"title": "表題"}) as form:
        assert form.run(rule) is None
        found = [(field.name if field else None, message) for field, message in form.all_errors()]
    assert found == [(None, "期限を過ぎました"), (None, "知らない色"), (None, "古い"), ("title", "同じ表題があります")]


@pytest.mark.parametrize(("typed", "version"), [("7", 7), ("", -1), ("x", -1), ("-3", -1), ("1" * 99, -1), ("²", -1)])
def test_a_version_that_is_no_number_is_one_that_nothing_has(typed: str, version: int) -> None:
    with posted(Sample, {"title": "表題", "version": typed}) as form:
        assert form.run(form.values)["version"] == version


def test_every_rendering_has_its_own_key() -> None:
    with posted(Sample) as form:
        assert str(form.form_key()) != str(form.form_key())
        assert "form_key" not in form.values()


def test_no_field_lets_the_browser_cut_a_text() -> None:
    with posted(Sample) as form:
        assert "maxlength" not in "".join(str(field()) for field in form)


@given(st.text(st.characters()))
def test_a_clean_text_stays_as_it_is(text: str) -> None:
    try:
        clean = clean_text(text, 1000)
    except UnusableText:
        assert UNUSABLE.search(text) or len(text) > 900
    else:
        assert clean_text(clean, 1000) == clean
        assert not UNUSABLE.search(clean) and "\n" not in clean
        clean.encode()


def test_composing_keeps_the_ideograph_of_a_name() -> None:
    assert clean_text("\ufa19\u304b\u3099", 10) == "\ufa19が"
