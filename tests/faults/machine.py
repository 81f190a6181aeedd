"""What the faults are made of: a loop-mounted disk that loses power, calls that fail, processes that are killed."""

import fcntl
import os
import re
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import ROOT

SHUTDOWN = 0x8004587D  # FS_IOC_SHUTDOWN
WITHOUT_LOG_FLUSH = struct.pack("I", 2)
PYTHON = sys.executable


@contextmanager
def disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount an ext4 of its own on a loop device; gives where."""
    image, place = folder / "disk.img", folder / "disk"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-b", "4096", str(image)], check=True)
    mount(image, place)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=False, capture_output=True)


def mount(image: Path, place: Path) -> None:
    """Mount the image."""
    subprocess.run(["mount", "-o", "loop", image, place], check=True)


def cut_power(place: Path) -> None:
    """Drop everything that is not on the disk yet, as a power cut does. Refuses anything but a loop-mounted ext4."""
    told = ["findmnt", "-no", "SOURCE,FSTYPE", "--mountpoint", str(place)]
    source = subprocess.run(told, capture_output=True, text=True, check=True).stdout.split()
    if not source[0].startswith("/dev/loop") or source[1] != "ext4":
        raise RuntimeError(f"not a loop-mounted ext4: {source}")
    handle = os.open(place, os.O_RDONLY)
    fcntl.ioctl(handle, SHUTDOWN, WITHOUT_LOG_FLUSH)
    os.close(handle)


def writer(folder: Path, number: int, out: Path, *, wait: bool = False) -> "subprocess.Popen[str]":
    """Start a process that writes."""
    command = [PYTHON, "-m", "tests.faults.writer", str(folder), str(number), *(["--wait"] if wait else [])]
    with out.open("w") as file, Path(f"{out}.err").open("w") as errors:
        return subprocess.Popen(command, stdout=file, stderr=errors, stdin=subprocess.PIPE, text=True, cwd=ROOT)


def wait_for(out: Path, word: str, most: float = 20) -> bool:
    """Wait until a word stands in a file."""
    until = time.monotonic() + most
    while time.monotonic() < until:
        if word in out.read_text():
            return True
        time.sleep(0.01)
    return False


def strace(process: "subprocess.Popen[str]", call: str, inject: str, trace: Path) -> "subprocess.Popen[bytes]":
    """Attach strace to a waiting writer; gives strace once it holds it."""
    command = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={call}"]
    command += ["-e", inject] if inject else []
    tracer = subprocess.Popen([*command, "-p", str(process.pid)], stderr=subprocess.PIPE)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if f"TracerPid:\t{tracer.pid}" in Path(f"/proc/{process.pid}/status").read_text():
            return tracer
        time.sleep(0.005)
    raise RuntimeError("strace does not attach")


def calls_in(trace: Path, call: str) -> int:
    """Count how often a call was made."""
    return len(re.findall(rf"\b{call}\(", trace.read_text(errors="replace")))
