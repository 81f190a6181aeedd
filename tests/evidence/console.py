"""The command `isms`, run as the person at the console runs it."""

import os
import subprocess
import sys

from config import ROOT, Config


def isms(config: Config, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command on the installation of the test."""
    environment = {"PATH": os.environ["PATH"], "ISMS_DATA": str(config.data), "DATABASE_URL": config.database_url}
    command = [sys.executable, "-m", "isms.cli", *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
