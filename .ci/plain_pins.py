"""Write what `pip install -r` expects: the lock's names, versions and markers without hashes, then this project.

pip refuses a local package in a file with hashes, so the lock and this list are two files with one content.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

HEADER = "# Written by `make lock` from requirements-dev.lock; edit pyproject.toml instead.\n"
_PIN = re.compile(r"^(?P<pin>[A-Za-z0-9._\[\],-]+==[^\s;\\]+(?: ; [^\\]+)?)\s*\\?$")


def plain_pins(lock: str) -> str:
    """The text of requirements-dev.txt that belongs to a lock's text."""
    pins = [match["pin"].rstrip() for line in lock.splitlines() if (match := _PIN.match(line)) is not None]
    return HEADER + "\n".join(pins) + "\n-e .\n"


if __name__ == "__main__":
    source, target = (Path(argument) for argument in sys.argv[1:3])
    target.write_text(plain_pins(source.read_text(encoding="utf-8")), encoding="utf-8")
