"""What people wrote stays text on every page that shows it (attacks 42 and 59)."""

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isms.core import clock
from isms.core.errors import Invalid
from isms.core.permissions import Role
from isms.people import departments
from tests import factories
from tests.laws import rows
from tests.web.stored import MARK, PAYLOADS, extra, plant

pytestmark = pytest.mark.parametrize("engine", ["sqlite"])


@pytest.mark.parametrize("half", [0, 1])
def test_attack_59_no_text_becomes_markup(house: Flask, half: int) -> None:
    who = factories.person(roles=rows.ALL_ROLES)
    shown = plant(PAYLOADS[half::2], who)
    browser = factories.signed_in(house, who)
    found, seen = [], 0
    for path in shown:
        page = browser.get(path)
        found += [f"{path}: {line}" for line in extra(page.html)]
        seen += MARK in page.html
    assert found == []
    assert seen > len(shown) / 2


def test_attack_59_what_a_text_made_is_seen(engine: str) -> None:
    places = [
        '<p title="{}">',
        "<p title='{}'>",
        "<textarea>{}</textarea>",
        "<p>{}</p>",
        "<p {}>",
        "<script>x='{}'</script>",
    ]
    for text in PAYLOADS[:24]:
        assert any(list(extra(place.format(text) + "</p>")) for place in places), text
    assert list(extra('<script src="/static/page.js"></script><p class="x">a</p>')) == []


PIECES = st.sampled_from([*"<>\"'&=/ ;:!-[]{}()%\\`", MARK, "script", "on", "onclick=1", "--", "&#60;", "架空", "ﾊﾟ"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.lists(PIECES, min_size=1, max_size=12).map("".join), min_size=8, max_size=8))
def test_attack_59_no_chance_text_becomes_markup(house: Flask, engine: str, texts: list[str]) -> None:
    who = factories.with_role(Role.OFFICER)
    last = None
    for number, text in enumerate(texts):
        try:
            last = factories.department(f"{text}{number}", name_en=text)
        except Invalid:
            continue
    if last is None:
        return
    browser = factories.signed_in(house, who)
    for path in (f"/departments?q={MARK}", f"/departments/{last.id}/edit"):
        assert list(extra(browser.get(path).html)) == []
    for one in departments.departments():
        departments.change_department(
            one.id, name=f"済{one.id}", from_day=one.from_day, by=factories.actor(who), now=clock.now(), version=None
        )
