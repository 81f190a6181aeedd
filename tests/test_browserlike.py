"""The helper sends what a browser would send, and nothing that nobody could."""

from typing import Any

import pytest
from flask import Flask, redirect, request

from tests.browserlike import Browserlike, Page

FORM = """<!doctype html><title>様式</title><script>const hidden = "見えない"</script>
<form method="get" action="/search"><input name="q"></form>
<form method="post" action="/out"><input type="hidden" name="csrf_token" value="t&amp;1"><button>サインアウト</button></form>
<form method="post" id="main" action="?step=2">
  <input type="hidden" name="csrf_token" value="t&amp;1"><input name="title" value="a&quot;b"><input name="off" disabled value="x">
  <textarea name="note">
一行目
二行目</textarea>
  <select name="one"><option value="1">一</option><option value="2">二</option></select>
  <select name="many" multiple><option selected>甲</option><option>乙</option><option selected>丙</option></select>
  <input type="radio" name="kind" value="a"><input type="radio" name="kind" value="b" checked>
  <input type="checkbox" name="tick"><input type="checkbox" name="ticked" value="y" checked>
  <input type="file" name="file"><button name="do" value="save">記録する</button><button name="do" value="next">次へ</button>
</form><input name="far" value="遠く" form="main"><a href="/next">次の ページ</a>"""


@pytest.fixture
def page() -> Page:
    app = Flask("forms")
    app.add_url_rule("/form", "form", lambda: FORM)

    @app.post("/form")
    def sent() -> dict[str, Any]:
        files = {name: [file.filename, file.read().decode()] for name, file in request.files.items()}
        return {"query": request.query_string.decode(), "form": request.form.to_dict(flat=False), "files": files}

    app.add_url_rule("/next", "next", lambda: redirect("/form"))
    return Browserlike(app).get("/form")


def test_untouched_form_sends_what_stands_in_it(page: Page) -> None:
    answer = page.submit("title", status=200).response.json
    assert answer == {
        "query": "step=2",
        "files": {},
        "form": {
            "csrf_token": ["t&1"],
            "title": ['a"b'],
            "note": ["一行目\n二行目"],
            "one": ["1"],
            "many": ["甲", "丙"],
            "kind": ["b"],
            "ticked": ["y"],
            "far": ["遠く"],
            "do": ["save"],
        },
    }


def test_filled_form_sends_values_files_and_the_pressed_button(page: Page) -> None:
    values: dict[str, Any] = {"many": ["乙"], "ticked": None, "tick": "on", "file": ("証跡.txt", b"x")}
    answer = page.submit("title", values, button="次へ", title="新", status=200).response.json
    assert answer is not None
    assert answer["files"] == {"file": ["証跡.txt", "x"]}
    sent = answer["form"]
    assert (sent["many"], sent["tick"], sent["title"], sent["do"]) == (["乙"], ["on"], ["新"], ["next"])
    assert "ticked" not in sent


@pytest.mark.parametrize("name", ["nothing", "off", "q"])
def test_a_field_that_is_not_there_cannot_be_filled(page: Page, name: str) -> None:
    with pytest.raises(AssertionError, match="has no field"):
        page.submit("title", {name: "x"})


def test_status_words_links_and_token(page: Page) -> None:
    assert "見えない" not in page.text
    assert page.token == "t&1"
    assert page.form().action == "?step=2"  # the form that only signs out does not count
    assert page.browser.get("/next", status=302).follow().address == "/form"
    with pytest.raises(AssertionError, match="302 instead of 200"):
        page.click("次の ページ")
