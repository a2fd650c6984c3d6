"""What the four scripts share: where the project is, and a sentence if it is not installed."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds ``exploration``, ``.env`` and ``wistia-lake.toml``."""

if find_spec("wistia_lake") is None:
    sys.stderr.write(
        "This Python does not know wistia-lake: run `make install` in the project's folder, then start the script with "
        "its Python, .venv/bin/python (in PowerShell .venv\\Scripts\\python).\n"
    )
    sys.exit(3)
