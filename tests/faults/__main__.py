"""Run the faults: `python -m tests.faults [power|calls|kills …]`. Root, a loop device and strace; nothing else is touched."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from config import Config
from isms import load_rooms, open_house
from isms.core import clock, schema
from isms.core.database import db
from isms.core.permissions import CONSOLE
from isms.people import rules
from tests.faults import machine
from tests.faults.check import problems
from tests.faults.kills import kills
from tests.faults.runners import runners

CUTS = 20
# call, error: SQLite uses pwrite64, fdatasync and ftruncate; the store of files write, fsync and rename
CALLS = (
    ("pwrite64", "ENOSPC"),
    ("fdatasync", "EIO"),
    ("write", "ENOSPC"),
    ("fsync", "EIO"),
    ("rename", "EIO"),
    ("ftruncate", "EIO"),
)


def found(folder: Path) -> Path:
    """Make an installation with its first officer."""
    data = folder / "data"
    config = Config(data=data)
    open_house(config)
    load_rooms()
    schema.migrate()
    rules.found(organisation="架空連合会", name="見本 花子", mail="h@kakuu.example", by=CONSOLE, now=clock.now())
    db.close()
    return data


def power(folder: Path) -> list[str]:
    """Cut the power at random moments of two writers; give what did not hold."""
    wrong = []
    acknowledged: list[str] = []
    with machine.disk(folder, 96) as place:
        data = found(place)
        subprocess.run(["sync", "-f", place], check=True)
        for number in range(CUTS):
            outs = [folder / f"cut-{number}-{which}" for which in range(2)]
            writers = [machine.writer(data, 10_000, out) for out in outs]
            for out in outs:
                machine.wait_for(out, "ACK")
            time.sleep(random.uniform(0.02, 0.6))
            machine.cut_power(place)
            for process in writers:
                process.kill()
                process.wait()
            subprocess.run(["umount", place], check=True)
            machine.mount(folder / "disk.img", place)
            acknowledged += [line for out in outs for line in out.read_text().splitlines()]
            wrong += [f"cut {number + 1}: {one}" for one in problems(data, acknowledged)]
    written = sum(line.startswith("ACK") for line in acknowledged)
    print(f"power: {CUTS} cuts, {written} acknowledged writes, {len(wrong)} problems")
    return wrong


def calls(folder: Path) -> list[str]:
    """Let each n-th call of one main write fail in turn, then kill the writer at it; give what did not hold."""
    wrong = []
    data = found(folder)
    for call, error in CALLS:
        total = _one_call(folder, data, call, "", "count")[1]
        for what in (f"error={error}", "signal=SIGKILL"):
            with ThreadPoolExecutor(4) as workers:
                jobs = [
                    workers.submit(_one_call, folder, data, call, f"inject={call}:{what}:when={n}", f"{what[:5]}-{n}")
                    for n in range(1, total + 1)
                ]
            ends: Counter[str] = Counter()
            for job in jobs:
                end, _, bad = job.result()
                ends[end] += 1
                wrong += bad
            told = ", ".join(f"{number} {end}" for end, number in sorted(ends.items()))
            print(f"calls: {call} {what}: {total} places: {told or 'none'}", flush=True)
    return wrong


def _one_call(folder: Path, data: Path, call: str, inject: str, name: str) -> tuple[str, int, list[str]]:
    """Do one write with a fault in it on a copy of the installation; gives its end, the calls made, the problems."""
    place = folder / f"{call}-{name}"
    shutil.copytree(data, place)
    out, trace = folder / f"{call}-{name}.out", folder / f"{call}-{name}.trace"
    process = machine.writer(place, 1, out, wait=True)
    if not machine.wait_for(out, "READY"):
        process.kill()
        return "did not start", 0, [f"{call} {name}: {out.read_text()}"]
    tracer = machine.strace(process, call, inject, trace)
    if process.stdin is not None:
        process.stdin.write("\n")
        process.stdin.close()
    process.wait(timeout=60)
    tracer.wait(timeout=60)
    lines = out.read_text().splitlines()
    errors = Path(f"{out}.err").read_text()
    bad = [f"{call} {name}: {one}" for one in problems_of(place, lines)]
    if "Traceback" in errors:
        bad.append(f"{call} {name}: trace on standard error: {errors.strip().splitlines()[-1]}")
    said = "refused" if any("REFUSED" in line for line in lines) else "not told"
    end = "killed" if process.returncode < 0 else "acknowledged" if any("ACK" in line for line in lines) else said
    shutil.rmtree(place)
    return end, machine.calls_in(trace, call), bad


def problems_of(place: Path, lines: list[str]) -> list[str]:
    """Check in a process of its own, since several writers are judged at once."""
    code = "import sys; from pathlib import Path; from tests.faults.check import problems; "
    code += "print('\\n'.join(problems(Path(sys.argv[1]), sys.stdin.read().splitlines())))"
    command = [machine.PYTHON, "-c", code, str(place)]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=False)
    return [line for line in (done.stdout if done.returncode == 0 else done.stderr[-300:]).splitlines() if line]


PARTS = {"power": power, "calls": calls, "kills": kills, "runners": runners}


def main(wanted: list[str]) -> int:
    """Run the parts; gives the exit status."""
    if os.geteuid() != 0 or not shutil.which("strace") or not shutil.which("mkfs.ext4"):
        print("make faults needs root, strace and e2fsprogs (apt-get install strace e2fsprogs)", file=sys.stderr)
        return 1
    wrong: list[str] = []
    for part in wanted or PARTS:
        with tempfile.TemporaryDirectory(prefix="isms-faults-") as folder:
            wrong += PARTS[part](Path(folder))
    for line in wrong[:50]:
        print("WRONG", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
