"""The command line in a process of its own, as from a terminal."""

from __future__ import annotations

import sys

_START = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from wistia_lake.cli.main import main; sys.exit(main())"
)
PROGRAM = [sys.executable, "-c", _START]
"""Hears Ctrl-C even where the tests run in the background: a shell makes such processes deaf to it, and it is inherited."""
