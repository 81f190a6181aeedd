"""A browser without a screen: reads the forms of a page as they are sent to people, fills them in, posts them.

    page = browser.get("/people")                       # a Page; the status is asserted (200 unless told)
    page = page.submit(status=303, name="総務課")         # fills the page's only form, posts it with its CSRF token
    page = page.follow()                                # goes where a redirect leads, one step
    browser.post("/people/1/end", page=page)            # a bare POST with the token of a page, for routes under attack

A field that the form does not have raises, so a test cannot post what no person could (`also=` does it on purpose).
"""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

Value = str | tuple[str, bytes] | list[Any] | None


@dataclass
class Form:
    """A form as the page holds it: where it goes, what it would send untouched, what may be filled in."""

    action: str
    method: str
    fields: MultiDict[str, Any] = field(default_factory=MultiDict)
    names: set[str] = field(default_factory=set)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)  # name, value, words on it
    words: str = ""

    def filled(self, values: dict[str, Value]) -> MultiDict[str, Any]:
        """Give what is sent when the values are filled in; None leaves a field out, a list sends several."""
        unknown = sorted(set(values) - self.names)
        assert not unknown, f"the form at {self.action} has no field {unknown}; it has {sorted(self.names)}"
        sent = self.fields.copy()
        for name, value in values.items():
            sent.setlist(name, [] if value is None else [_sendable(v) for v in _as_list(value)])
        return sent


def _as_list(value: Value) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _sendable(value: Any) -> Any:
    return (BytesIO(value[1]), value[0]) if isinstance(value, tuple) else str(value)


class _Reader(HTMLParser):
    """Collects the forms, links and visible words of a page; fields tied by `form=` count for their form."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.ids: dict[str, Form] = {}
        self.links: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._tied: list[tuple[str, str, dict[str, str]]] = []
        self._select: tuple[dict[str, str], list[tuple[dict[str, str], str]]] | None = None
        self._collect: list[tuple[str, dict[str, str], list[str]]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag in {"script", "style", "template"}:
            self._silent += 1
        elif tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
            if "id" in given:
                self.ids[given["id"]] = self._form
        elif tag == "input":
            self._field(given, given.get("value", ""))
        elif tag == "select":
            self._select = (given, [])
        if tag in {"textarea", "option", "button", "a"}:
            self._collect.append((tag, given, []))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "template"}:
            self._silent -= 1
        elif tag == "form":
            self._form = None
        elif tag == "select" and self._select:
            self._end_select(*self._select)
            self._select = None
        if self._collect and self._collect[-1][0] == tag:
            self._end_collected(*self._collect.pop())

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.text.append(data)
        for _, _, words in self._collect:
            words.append(data)
        if self._form is not None:
            self._form.words += data

    def _end_collected(self, tag: str, given: dict[str, str], words: list[str]) -> None:
        text = "".join(words)
        if tag == "a" and "href" in given:
            self.links.append((given["href"], " ".join(text.split())))
        elif tag == "textarea":
            self._field(given | {"type": "textarea"}, text.removeprefix("\r\n").removeprefix("\n"))
        elif tag == "option" and self._select:
            self._select[1].append((given, given.get("value", text.strip())))
        elif tag == "button" and given.get("type", "submit") == "submit":
            form = self._owner(given)
            if form is not None:
                form.buttons.append((given.get("name", ""), given.get("value", ""), " ".join(text.split())))
                form.names.update({given["name"]} if given.get("name") else ())

    def _end_select(self, given: dict[str, str], options: list[tuple[dict[str, str], str]]) -> None:
        form, name = self._owner(given), given.get("name", "")
        if form is None or not name or "disabled" in given:
            return
        form.names.add(name)
        form.choices[name] = [value for _, value in options]
        chosen = [value for option, value in options if "selected" in option]
        if not chosen and options and "multiple" not in given:
            chosen = [options[0][1]]
        for value in chosen:
            form.fields.add(name, value)

    def _field(self, given: dict[str, str], value: str) -> None:
        form, name, kind = self._owner(given), given.get("name", ""), given.get("type", "text").lower()
        if form is None or not name or "disabled" in given:
            return
        if kind in {"submit", "image", "button", "reset"}:
            if kind == "submit":
                form.buttons.append((name, value, value))
                form.names.add(name)
            return
        form.names.add(name)
        if kind in {"radio", "checkbox"}:
            form.choices.setdefault(name, []).append(value or "on")
            if "checked" in given:
                form.fields.add(name, value or "on")
        elif kind != "file":
            form.fields.add(name, value)

    def _owner(self, given: dict[str, str]) -> Form | None:
        return self.ids.get(given["form"]) if "form" in given else self._form


class Page:
    """An answer of the house, read as a person would."""

    def __init__(self, browser: "Browserlike", response: TestResponse, address: str) -> None:
        self.browser, self.response, self.address = browser, response, address
        self.status, self.body = response.status_code, response.data
        response.close()  # as a server does after the last byte
        self._reader = _Reader()
        if response.mimetype == "text/html":
            self.html = response.get_data(as_text=True)
            self._reader.feed(self.html)
        else:
            self.html = ""

    @property
    def text(self) -> str:
        """Give the words of the page with every run of blanks as one."""
        return " ".join(" ".join(self._reader.text).split())

    @property
    def forms(self) -> list[Form]:
        """Give the forms that post."""
        return [form for form in self._reader.forms if form.method == "post"]

    @property
    def links(self) -> list[tuple[str, str]]:
        """Give (href, words) of every link."""
        return self._reader.links

    @property
    def token(self) -> str:
        """Give a CSRF token that this page holds."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', self.html)
        assert found, f"{self.address} has no form with a CSRF token"
        return unescape(found[1])

    @property
    def location(self) -> str:
        """Give where a redirect leads, as a path of this house."""
        assert self.response.location, f"{self.address} answered {self.status}, no redirect"
        parts = urlsplit(urljoin("http://localhost" + self.address, self.response.location))
        return parts._replace(scheme="", netloc="").geturl()

    def form(self, about: str = "") -> Form:
        """Find the one form: by a part of its action, a field's name or words in it; with none, the page's only one."""
        found = [f for f in self.forms if not about or about in f.action or about in f.names or about in f.words]
        if not about and len(found) > 1:  # signing out stands on every page
            found = [f for f in found if f.names - {"csrf_token", "form_key"}]
        actions = [form.action for form in self.forms]
        assert len(found) == 1, f"{len(found)} forms for {about!r} at {self.address}; there are {actions}\n{self.text}"
        return found[0]

    def submit(
        self,
        about: str = "",
        fill: dict[str, Value] | None = None,
        *,
        button: str = "",
        status: int = 303,
        also: dict[str, str] | None = None,
        **values: Value,
    ) -> "Page":
        """Fill in the form and post it. `button`: words or name of the one pressed; `also`: fields the form lacks.

        A field is filled by keyword, or through `fill` when its name is a word used here.
        """
        form = self.form(about)
        sent = form.filled((fill or {}) | values)
        pressed = [b for b in form.buttons if not button or button in (b[0], b[1]) or button in b[2]]
        assert pressed or not button, f"no button {button!r}; there are {form.buttons}"
        if pressed and pressed[0][0]:
            sent.setdefault(pressed[0][0], pressed[0][1])
        for name, value in (also or {}).items():
            sent.setlist(name, [value])
        return self.browser.open("POST", urljoin(self.address, form.action), status=status, data=sent)

    def follow(self, status: int = 200) -> "Page":
        """Go one step where the redirect leads."""
        return self.browser.get(self.location, status=status)

    def click(self, words: str, status: int = 200) -> "Page":
        """Follow the first link with these words."""
        found = [href for href, text in self.links if words in text]
        assert found, f"no link {words!r} at {self.address}; there are {[text for _, text in self.links]}"
        return self.browser.get(urljoin(self.address, found[0]), status=status)


class Browserlike:
    """One browser: its cookies, its language, its address on the network."""

    def __init__(self, app: Flask, *, language: str = "ja", address: str = "127.0.0.1") -> None:
        self.client: FlaskClient = app.test_client()
        self.language, self.address = language, address

    def open(self, method: str, path: str, *, status: int | None = None, **options: Any) -> Page:
        """Send a request; a status that is not the expected one fails with the page's words. None takes any."""
        options.setdefault("headers", {}).setdefault("Accept-Language", self.language)
        options.setdefault("environ_overrides", {})["REMOTE_ADDR"] = self.address
        page = Page(self, self.client.open(path, method=method, **options), path)
        wanted = page.status if status is None else status
        assert page.status == wanted, f"{method} {path}: {page.status} instead of {status}: {page.text[:2000]}"
        return page

    def get(self, path: str, *, status: int | None = 200, **options: Any) -> Page:
        """Open a page."""
        return self.open("GET", path, status=status, **options)

    def post(
        self, path: str, data: Any = None, *, page: Page | None = None, status: int | None = None, **more: Any
    ) -> Page:
        """Post bare data, with the token of `page` when given."""
        sent = MultiDict(data or {})
        if page is not None:
            sent["csrf_token"] = page.token
        return self.open("POST", path, status=status, data=sent, **more)

    def cookie(self, name: str) -> str | None:
        """Give the value of a cookie that this browser holds."""
        held = self.client.get_cookie(name)
        return held.value if held else None
