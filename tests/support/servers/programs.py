"""Programs that tests start beside them: on loopback, on free ports, stopped with the test process whatever happens."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

ROOT = Path(__file__).parents[3]
ENGINES = Path(os.environ.get("ENGINES_CACHE", ROOT / ".cache/engines"))
"""Where ``make engines-fetch`` put jars and Trino; nothing is ever downloaded by a test."""
VENVS = Path(os.environ.get("ENGINES_VENVS", ROOT / ".venvs"))
"""Virtual environments of their own: ``servers``, ``spark4``, ``spark35``."""


def needed(path: Path) -> Path:
    """A part that ``make engines-fetch`` puts there; without it the test is skipped, and in CI it fails."""
    if not path.exists():
        pytest.skip(f"{path} is missing: make engines-fetch")
    return path


_candidates = cycle(range(20_000 + os.getpid() % 9_000, 31_000, 7))
"""Below those that the system hands out by itself. None is tried twice soon: a server that restarts wants its own back."""


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, all different, and not those of a server started before."""
    with ExitStack() as stack:
        ports: list[int] = []
        while len(ports) < count:
            candidate = next(_candidates)
            found = stack.enter_context(socket.socket())
            with suppress(OSError):
                found.bind(("127.0.0.1", candidate))
                ports.append(candidate)
        return ports


class Program:
    """``with Program("weed", command, folder, ready=...)``: a server that answers when the block begins."""

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, *, ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None, seconds: float = 120,
    ) -> None:  # fmt: skip
        self.name, self.folder = name, folder
        self._command, self._ready, self._seconds = [*_die_with_parent(), *command], ready, seconds
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """All that it printed."""
        return self.folder / f"{self.name}.log"

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            # Its own session: an interrupt of the tests must not reach it before __exit__ does.
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=self.folder,
                env=self._environment, start_new_session=True,
            )  # fmt: skip
        try:
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + self._seconds
        while (ended := self._process.poll() is not None) or not self._ready():
            if ended or time.monotonic() > deadline:
                tail = self.log.read_text(encoding="utf-8", errors="replace")[-4000:]
                state = "ended" if ended else "did not answer"
                raise AssertionError(f"{self.name} {state}; its log {self.log}:\n{tail}")
            time.sleep(0.1)

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        assert self._process is not None
        for sent in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, sent)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                continue
        self._process.wait()


def _die_with_parent() -> list[str]:
    """Ask the system to end the program when this process is killed and cannot do it any more (Linux only)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv is not None else []


def answers(url: str, *, below: int = 500) -> bool:
    """Whether something there speaks HTTP and is not in trouble."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError as exc:
        return exc.code < below
    except OSError:
        return False
