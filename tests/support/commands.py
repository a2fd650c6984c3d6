"""Commands on a simulated account's lake, each in a process of its own as a scheduler would start them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from support.processes import clean_process, say_into
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
    with TemporaryDirectory() as said:
        process = clean_process(_command, command, {**os.environ, **own, **environment}, account.folder, Path(said))
        process.start()
        process.join(300)
        process.kill()
        process.join()
        assert process.exitcode is not None
        out, err = ((Path(said) / name).read_bytes().decode() for name in ("stdout", "stderr"))
    return Answer(process.exitcode, out, err)


def _command(words: list[str], environment: dict[str, str], folder: Path, said: Path) -> None:
    from wistia_lake.cli.main import main

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    say_into(said)
    raise SystemExit(main(words))
