"""Commands on a simulated account's lake, each in a process of its own as a scheduler would start them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

from support.program import PROGRAM
from support.simulation import Simulation


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str


def call(account: Simulation, *words: str, **environment: str) -> Answer:
    """Run one command now, at the simulated present; the variables of AWS clients are those of the test."""
    command, own = account.command(*words)
    done = subprocess.run(
        [*PROGRAM, *command], env={**os.environ, **own, **environment}, cwd=account.folder, capture_output=True,
        timeout=300, check=False,
    )  # fmt: skip
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())
