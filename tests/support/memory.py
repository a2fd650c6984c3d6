"""The most memory that a command had, told by itself."""

from __future__ import annotations

import sys
from pathlib import Path

STATUS = Path("/proc/self/status")
"""Where Linux tells it. ``ru_maxrss`` would be that of the process that started the command, if that is larger."""
_TOLD = "most memory:"
PROGRAM = [
    sys.executable,
    "-c",
    f"""import sys
from wistia_lake.cli.main import main
try:
    sys.exit(main())
finally:
    print("{_TOLD}", open("{STATUS}").read().split("VmHWM:")[1].split()[0], file=sys.stderr)
""",
]
"""Words before those of a command, instead of ``wistia-lake``."""


def most_memory(stderr: str) -> int:
    """In MB, from what such a command wrote to stderr."""
    return int(stderr.rsplit(_TOLD, 1)[1].split(maxsplit=1)[0]) // 1024
