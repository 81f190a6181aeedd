"""Passwords: hashed well, checked in equal time, judged fairly (attacks 12, 61; ASVS 6.2, 11.4.2)."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import example, given, settings
from hypothesis import strategies as st
from zxcvbn import matching

from isms.people import passwords
from isms.people.passwords import check_password, hash_password, needs_rehash, weakness
from isms.people.romaji import common_words, romaji

GOOD = "つくえ いるか ぎんが たまご"
OWN = (
    "山田 太郎",
    "ヤマダ タロウ",
    "yamada.taro@kokuho.example",
    "00123",
    "架空県国民健康保険団体連合会",
    "Kaku Federation",
)


@pytest.fixture(scope="module")
def kept() -> str:
    return hash_password(GOOD)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Record which hashes Argon2 checks, and let it."""
    seen: list[Any] = []
    verify = PasswordHasher.verify

    def spy(self: PasswordHasher, hash_: Any, password: Any) -> bool:
        seen.append(hash_)
        return verify(self, hash_, password)

    monkeypatch.setattr(PasswordHasher, "verify", spy)
    return seen


def test_costs_stay_within_what_the_docs_say() -> None:
    costs = extract_parameters(hash_password(GOOD))
    assert costs.type.name == "ID"
    assert 46 * 1024 <= costs.memory_cost < 64 * 1024
    assert (costs.time_cost, costs.parallelism, costs.salt_len, costs.hash_len) == (2, 1, 16, 32)


def test_a_password_opens_and_another_does_not(kept: str) -> None:
    assert check_password(kept, GOOD)
    assert not check_password(kept, GOOD + " ")
    assert not check_password(kept, "")


def test_case_blanks_and_the_end_of_a_long_password_count() -> None:
    kept = hash_password("Aあ" * 60 + "z")
    assert check_password(kept, "Aあ" * 60 + "z")
    for other in ("aあ" * 60 + "z", "Aあ" * 60 + "y", " " + "Aあ" * 60 + "z", "Aあ" * 60):
        assert not check_password(kept, other)


def test_widths_of_letters_and_kana_do_not_count() -> None:
    assert check_password(hash_password("ＡＢＣ　ｶﾞｷﾞｸﾞ 12345"), "ABC ガギグ １２３４５")


@pytest.mark.parametrize("kind", ["right", "wrong", "nobody"])
def test_argon2_runs_once_with_the_same_costs_whoever_asks(kind: str, kept: str, verified: list[Any]) -> None:
    assert check_password(None if kind == "nobody" else kept, GOOD if kind == "right" else "x") is (kind == "right")
    assert len(verified) == 1
    assert not needs_rehash(verified[0])


def test_over_long_input_never_reaches_argon2(kept: str, verified: list[Any]) -> None:
    assert not check_password(kept, GOOD * 1000)
    assert not check_password(None, "x" * 201)
    assert verified == []
    with pytest.raises(ValueError, match="too long"):
        hash_password("x" * 201)


def test_a_hash_of_other_costs_is_known_and_still_opens(kept: str) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD)
    assert needs_rehash(old)
    assert not needs_rehash(kept)
    assert check_password(old, GOOD)


def test_odd_characters_are_checked_and_not_an_error() -> None:
    assert check_password(hash_password("a\0b\ud800c"), "a\0b\ud800c")


@pytest.mark.parametrize(
    "phrase",
    [
        GOOD, "correct horse battery staple", "うみがめ 自転車 ほうれんそう", "みかんはしろいぼうしをかぶる", "zqv8-Lm2w-9xKp-T4hd",
        "おさるのかごやはほいさっさ", "ねこ が ピアノ を たたく 夜", "kettle umbrella sparrow", "雨の日の鉛筆は少し重たいかもね", "a" * 8 + GOOD,
    ],
)  # fmt: skip
def test_a_phrase_is_accepted_without_composition_rules(phrase: str) -> None:
    assert weakness(phrase, words=OWN) is None


@pytest.mark.parametrize(
    "easy",
    [
        "Password1234", "P@ssw0rd1234", "Sakura2026!!", "sakurafujisannekoinu", "1qaz2wsx3edc4rfv", "qwertyuiop123", "kokuhorengokai", "こくほれんごうかい2026",
        "ｺｸﾎﾚﾝｺﾞｳｶｲ1234", "国民健康保険団体連合会!", "reiwa8kokuhoren", "令和8年度国保連合会2026", "かながわけんよこはまし!", "shinjuku2026",
        "いろはにほへとちりぬるを", "ぬふあうえおやゆよわほへ", "ohayougozaimasu", "おはようございます2026", "よろしくおねがいします1", "isms27001isms",
        "20260401 0101", "せきゅりてぃ1234567", "n1pp0n-n1pp0n", "nekonekonekoneko", "Administrator1",
    ],
)  # fmt: skip
def test_what_people_choose_first_is_refused(easy: str) -> None:
    assert weakness(easy)


def test_the_common_passwords_of_the_world_are_refused() -> None:
    common = [word for word in matching.RANKED_DICTIONARIES["passwords"] if len(word) >= passwords.SHORTEST]
    assert len(common) > 1000
    assert [word for word in common if not weakness(word, minimum=1)] == []


def test_every_word_of_our_own_file_is_refused_in_each_spelling() -> None:
    words = [word for word in common_words() if len(word) >= passwords.SHORTEST]
    assert len(words) > 200
    assert [word for word in words if not weakness(word, minimum=1)] == []


@pytest.mark.parametrize(
    "own",
    [
        "yamada",
        "YAMADA",
        "ヤマダ",
        "ﾔﾏﾀﾞ",
        "やまだ",
        "山田",
        "00123",
        "Taro",
        "tarou",
        "Kaku Federation",
        "架空県国民健康保険団体連合会",
    ],
)
def test_the_persons_own_words_are_refused_wherever_they_stand(own: str) -> None:
    reason = weakness(f"銀河 {own} のたまごやき いるか", words=OWN)
    assert reason is not None
    assert "氏名" in reason


def test_the_persons_own_words_make_a_password_easy_when_written_backwards_too() -> None:
    assert weakness("adamay-orat-1") is None
    assert weakness("adamay-orat-1", words=OWN)


def test_own_words_of_one_person_do_not_reach_the_next() -> None:
    phrase = "zweifelhaft krokodil 7"
    assert weakness(phrase, words=("zweifelhaft", "krokodil"))
    assert weakness(phrase) is None


@pytest.mark.parametrize(
    ("minimum", "length", "refused"), [(15, 14, True), (15, 15, False), (1, 9, True), (1, 10, False)]
)
def test_the_shortest_length_is_the_setting_and_never_below_ten(minimum: int, length: int, refused: bool) -> None:
    reason = weakness("zq8Lmw9xKpT4hdV"[:length], minimum=minimum)
    assert bool(reason) is refused
    assert not reason or f"{max(minimum, 10)}文字以上" in reason


@pytest.mark.parametrize(("length", "refused"), [(64, False), (128, False), (200, False), (201, True), (10_000, True)])
def test_long_passwords_are_accepted_and_over_long_refused(length: int, refused: bool) -> None:
    assert bool(weakness((GOOD * 800)[:length])) is refused


@pytest.mark.parametrize("kind", ["repeat", "sequence", "date"])
def test_the_reason_says_what_is_easy(kind: str) -> None:
    easy = {"repeat": "あああああああああああああ", "sequence": "abcdefghijklmn", "date": "20260401 0101"}
    assert weakness(easy[kind]) == str(passwords.REASONS[kind])


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=73, max_size=210), st.lists(st.text(max_size=30), max_size=4))
@example("4@8({[<3691!|70$5+%2" * 10, ["4@8"])
@example("ﷺ" * 200, ["ﷺ"])
@example("\ud800" * 100, ["\ud800"])
def test_no_text_breaks_the_judgement(text: str, own: list[str]) -> None:
    begin = time.monotonic()
    assert weakness(text, words=own) is None or weakness(text, words=own)
    assert time.monotonic() - begin < 10  # twice 0.2 s here; without the cut, twenty times as much


@pytest.mark.parametrize(
    ("texts", "plain"),
    [
        (("しんじゅく", "シンジュク", "ｼﾝｼﾞｭｸ", "新宿", "shinjuku", "Sinzyuku"), "sinzyuku"),
        (("にっぽん", "nippon", "ＮＩＰＰＯＮ"), "nipon"),
        (("けんこう", "kenkou", "kennkou", "kenko", "健康"), "kenko"),
        (("しんぶん", "shimbun", "shinbun"), "sinbun"),
        (("サーバー", "さーば"), "saba"),
        (("まっちゃ", "matcha", "maccha", "mattya"), "matya"),
        (("ふじい", "fujii", "huzii"), "huzi"),
    ],
)
def test_every_spelling_of_a_word_reads_alike(texts: tuple[str, ...], plain: str) -> None:
    assert {romaji(text) for text in texts} == {plain}


def test_only_two_checks_run_at_once(monkeypatch: pytest.MonkeyPatch, kept: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    running: list[int] = [0, 0]
    verify: Callable[..., bool] = PasswordHasher.verify

    def spy(self: PasswordHasher, *arguments: Any) -> bool:
        running[0] += 1
        running[1] = max(running)
        try:
            return verify(self, *arguments)
        finally:
            running[0] -= 1

    monkeypatch.setattr(PasswordHasher, "verify", spy)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: check_password(kept, GOOD), range(8)))
    assert running[1] == 2
