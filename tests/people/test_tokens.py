"""Tokens: long, random, kept as a hash alone (attack 19)."""

import re

from hypothesis import given
from hypothesis import strategies as st

from isms.people.tokens import new_token, token_hash


def test_a_token_is_256_bits_and_kept_as_its_hash() -> None:
    token, kept = new_token()
    assert re.fullmatch(r"[\w-]{43}", token, re.ASCII)
    assert re.fullmatch(r"[0-9a-f]{64}", kept)
    assert token_hash(token) == kept


def test_the_kept_value_opens_nothing() -> None:
    _, kept = new_token()
    assert token_hash(kept) != kept


def test_no_two_tokens_are_alike() -> None:
    assert len({token for token, _ in (new_token() for _ in range(1000))}) == 1000


@given(st.text())
def test_any_text_of_a_browser_has_a_hash(text: str) -> None:
    assert len(token_hash(text)) == 64
