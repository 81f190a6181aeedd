"""Run the measurements: `python -m tests.bench [part …]`; writes build/bench.json."""

import json
import sys
from importlib import import_module

from config import ROOT
from tests.bench.measure import Figure, say, told

PARTS = ("people", "evidence", "daily")


def main(wanted: list[str]) -> int:
    """Measure the parts; gives the exit status."""
    build = ROOT / "build" / "bench"
    build.mkdir(parents=True, exist_ok=True)
    figures: list[Figure] = []
    for part in wanted or PARTS:
        say(f"… {part}")
        figures += [told(figure) for figure in import_module(f"tests.bench.{part}").measure(build)]
    rows = [figure.row() for figure in figures]
    (ROOT / "build" / "bench.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
