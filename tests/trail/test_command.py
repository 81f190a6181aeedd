"""`isms trail verify` and `isms trail export` (show 4)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config import Config
from isms import cli, create_app, load_rooms
from isms.core import logs
from isms.core.database import SQLITE_FILE
from isms.core.database import db as database
from isms.core.errors import Unavailable
from isms.trail import rules
from isms.trail.stored import stored
from isms.trail.verify import verify
from tests import factories
from tests.engines import opened
from tests.trail.entries import change, remove_triggers, write

Isms = Callable[..., tuple[int, str, str]]


@pytest.fixture
def isms(config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Isms:
    """Run the command on an installation with five entries; gives status, output, complaints."""
    monkeypatch.setattr(logs, "configure", lambda level: None)  # it would keep the test's standard error for ever
    monkeypatch.setenv("ISMS_DATA", str(config.data))
    if config.database_url:
        monkeypatch.setenv("DATABASE_URL", config.database_url)
    with opened(config.database_url, config.data):
        load_rooms()
        factories.department("架空総務課")
        write(*({"n": n, "山": "川"} for n in range(4)))

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = cli.main(["trail", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def spoil(config: Config, no: int, **columns: Any) -> None:
    with opened(config.database_url, config.data):
        remove_triggers()
        change(no, **columns)


def test_a_whole_trail(isms: Isms, config: Config, tmp_path: Path) -> None:
    status, out, err = isms("verify")
    assert (status, err) == (0, "")
    (tmp_path / "paper.txt").write_text(out)
    assert isms("verify", "--checkpoint", str(tmp_path / "paper.txt")) == (0, out, "")
    with opened(config.database_url, config.data):
        head = rules.head()
        assert head is not None
        assert out == f"5 {head.hash}\n"


def test_a_changed_byte_is_named(isms: Isms, config: Config) -> None:
    spoil(config, 3, actor="consolf")
    assert isms("verify") == (1, "", "isms: 第3号：内容が書き換えられています。\n")


def test_a_changed_register_is_named(isms: Isms, config: Config) -> None:
    with opened(config.database_url, config.data):
        database.execute_sql("UPDATE department SET name = '架空課'")
    assert isms("verify") == (1, "", "isms: 第1号：department:1 の行が、記録と違います。\n")


def test_a_checkpoint_that_does_not_fit(isms: Isms, config: Config, tmp_path: Path) -> None:
    paper = tmp_path / "paper.txt"
    paper.write_text(f"9 {'0' * 16}\n")
    status, _, err = isms("verify", "--checkpoint", str(paper))
    assert status == 1
    assert err.startswith("isms: 第9号：控えにあるこの号がありません")
    paper.write_text("what was that again?\n")
    status, _, err = isms("verify", "--checkpoint", str(paper))
    assert status == 1
    assert err.count("\n") == 1
    assert "1234 8f2a" in err


def test_an_export(isms: Isms, tmp_path: Path) -> None:
    status, out, err = isms("export", "--out", str(tmp_path / "trail.jsonl"))
    assert (status, out, err) == (0, "", "")
    lines = (tmp_path / "trail.jsonl").read_text().splitlines()
    assert [json.loads(line)["entry"]["no"] for line in lines] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_any_byte_of_the_file_that_is_an_entry(isms: Isms, config: Config) -> None:
    """Whatever a byte becomes: another letter, no UTF-8 at all."""
    with opened("", config.data):
        row = next(stored(2))
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    path = config.data / SQLITE_FILE
    whole = path.read_bytes()
    payload = "".join(str(value) for value in row[1:]).encode()
    at = whole.index(payload)
    assert whole.count(payload) == 1
    for place in range(at, at + len(payload)):
        for flip in (0x01, 0x80):
            spoilt = bytearray(whole)
            spoilt[place] ^= flip
            path.write_bytes(bytes(spoilt))
            with opened("", config.data):
                assert [damage.no for damage in verify()] == [2], f"byte {place - at} of {payload!r}"


def test_a_newest_entry_that_cannot_be_read_says_the_way_out(isms: Isms, config: Config) -> None:
    spoil(config, 5, at="once upon a time")
    with pytest.raises(Unavailable, match="isms trail verify"):
        create_app(config)
    database.close()
    assert isms("verify")[2].startswith("isms: 第5号")
