"""Every setting is documented in docs/settings.md, with its default."""

import importlib
import re
from collections.abc import Iterator, Mapping

from config import ROOT, SETTINGS, Config
from isms.core import settings
from tests.laws import sources

PAGE = (ROOT / "docs/settings.md").read_text("utf-8")
ROW = re.compile(r"(?m)^\| `(\w+)` \| (none|`[^`]+`) \| (.+) \| `([^`]+)` \|$")


def undocumented(defaults: Mapping[str, str], page: str) -> Iterator[str]:
    """Name the settings that the page lacks, tells wrongly, or still tells."""
    told = {name: default.strip("`") for name, default, _, _ in ROW.findall(page)}
    for name, default in defaults.items():
        if name not in told:
            yield f"{name} is not documented"
        elif told[name] != (default or "none"):
            yield f"{name}: default {default!r}, documented {told[name]!r}"
    yield from (f"{name} does not exist" for name in told if name not in defaults)


def defaults() -> dict[str, str]:
    """Give the default of every setting, as it would be typed."""
    plain = Config()
    of_machine = {name: str(getattr(plain, field)) for field, (name, _) in SETTINGS.items()}
    for one in sources.house():
        if "declare(" in one.text:
            importlib.import_module(one.module)
    decided = {name: one.write(one.default) for name, one in settings.SETTINGS.items()}
    return {name: text.removeprefix(f"{ROOT}/") for name, text in (of_machine | decided).items()}


def test_every_setting_is_documented() -> None:
    assert list(undocumented(defaults(), PAGE)) == []


def test_what_is_not_documented_is_found() -> None:
    known = defaults()
    assert len(known) > 15
    assert list(undocumented({**known, "new": "1"}, PAGE)) == ["new is not documented"]
    assert list(undocumented({**known, "PORT": "80"}, PAGE)) == ["PORT: default '80', documented '8000'"]
    assert list(undocumented({n: d for n, d in known.items() if n != "PORT"}, PAGE)) == ["PORT does not exist"]
    assert "PORT is not documented" in list(
        undocumented(known, PAGE.replace("| Default |", "").replace("`PORT`", "PORT"))
    )


def test_every_reader_takes_the_default_back() -> None:
    for field, (name, read) in SETTINGS.items():
        text = defaults()[name]
        assert not text or str(read(text)).endswith(str(getattr(Config(), field)).removeprefix(f"{ROOT}/"))
    for one in settings.SETTINGS.values():
        assert not one.default or one.read(one.write(one.default)) == one.default, one.name
