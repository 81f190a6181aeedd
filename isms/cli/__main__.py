"""`python -m isms.cli` is the command `isms`."""

import sys

from isms.cli import main

sys.exit(main())
