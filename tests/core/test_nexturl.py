"""Where a sign-in leads: our own pages only (attack 25)."""

from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isms.core.nexturl import safe_next


@pytest.mark.parametrize(
    "text",
    [
        "/", "/controls", "/controls/A.5.1?as_of=2026-04-01&q=%E8%A8%BC%E8%B7%A1", "/people?sort=-name#top", "/管理策/1",
        "/search?q=http://kokuho.example/", "/search?q=50%25", "/evidence?from=R8.4.1&to=",
    ],
)  # fmt: skip
def test_an_own_page_is_kept(text: str) -> None:
    assert safe_next(text, "/home") == text


@pytest.mark.parametrize(
    "text",
    [
        "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "\t//evil.example", "/\t/evil.example", "/\n/evil.example",
        "https:evil.example", "https://evil.example", "http:///evil.example", "//evil.example@kokuho.example/", "/%0d%0aX: y", "/a%0aSet-Cookie:x",
        "/a\r\nX: y", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "/%2fevil.example", "/%5cevil.example", "/%09/evil.example",
        "/／evil.example", "/＼evil.example", "/..//evil.example", "/./\\evil.example", "/a%00b", "/\u202ecod", "/\ud800", " /controls", "controls",
        "?q=1", "#top", "", None, "/" + "a" * 9000, "//[evil", "/\x85/evil.example", "%2f%2fevil.example", "/%252f/../" + "\x7f",
    ],
)  # fmt: skip
def test_everything_else_leads_home(text: str | None) -> None:
    assert safe_next(text, "/home") == "/home"


PIECES = st.sampled_from(
    [
        "/",
        "\\",
        "//",
        ":",
        "@",
        "evil.example",
        "https",
        "javascript",
        "%2f",
        "%5c",
        "%09",
        "\t",
        ".",
        "..",
        "?",
        "#",
        "／",
    ]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join))
@example("/.//evil.example")
def test_whatever_is_kept_stays_on_our_host(text: str) -> None:
    kept = safe_next(text, "/home")
    for reading in (kept, unquote(kept)):
        assert reading.startswith("/")
        whole = urlsplit(urljoin("https://own.example/sign-in", reading))
        assert (whole.scheme, whole.netloc) == ("https", "own.example")
    assert not any(letter in kept for letter in "\r\n\t\0")
