"""Runs one probe for a script in ``exploration/scripts``: settings and samples are those of the project's folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wistia_lake.errors import WistiaLakeError
from wistia_lake.probes.samples import Report
from wistia_lake.settings import load_settings

_INTERRUPTED = 130


def run_script(probe: Callable[..., Report], root: Path, base_url: str | None, **options: Any) -> int:
    """Run the probe, print what it found and where the sample lies; returns the exit code.

    ``root`` is the folder that holds ``.env``, ``wistia-lake.toml`` and ``exploration``; where the script was started
    from does not matter.
    """
    try:
        loaded = load_settings(environ=os.environ, flags={"base_url": base_url}, working_folder=root)
        report = probe(loaded, root / "exploration" / "samples", **options)
        sys.stdout.write(f"{report.text()}\n")
        if report.problem is not None:
            raise report.problem
    except WistiaLakeError as exc:
        sys.stderr.write(f"{' '.join(str(exc).split())}\n")
        return exc.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; no sample was written.\n")
        return _INTERRUPTED
    return 0
