"""A command in a process of its own that is killed, or held still, at one of its steps.

The steps are the moments at which state outside the process changes or is about to: a page asked for, an object of the
store written or deleted, a table's metadata written, a catalog commit. They are counted by wrapping the functions that
do them, in the child only. A child that is held still knows nothing of it: it is as if the system had suspended it.
"""

from __future__ import annotations

import functools
import inspect
import multiprocessing
import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_PRELOADED = [
    "support.processes", "wistia_lake.cli.main", "pyiceberg.catalog.sql", "duckdb", "pyarrow.parquet", "obstore",
    "aiohttp", "boto3", "pyiceberg.catalog.glue", "pyiceberg.catalog.rest", "pyiceberg.io.pyarrow", "sqlglot",
]  # fmt: skip


def clean_process(target: Callable[..., None], *given: object) -> BaseProcess:
    """A process that begins anew, but for having read the libraries, which takes longer than most commands."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context.Process(target=target, args=given)


def say_into(folder: Path) -> None:
    """From now on this process writes what it says to the files ``stdout`` and ``stderr`` of a folder."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), number)


class Child:
    """``with Child(["run", ...], environment, folder) as child:`` the command, at work beside the test.

    ``fatal``: the number of the step at which it dies by SIGKILL. ``held``: a pattern of steps at each of which it
    waits for :meth:`go`. Otherwise it works through, and ``steps`` tells of every step.
    """

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, *, fatal: int | None = None,
        held: str | None = None,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._ours, theirs = multiprocessing.Pipe()
        folder.mkdir(exist_ok=True)
        self._trace.unlink(missing_ok=True)
        self._process = clean_process(_work, list(arguments), dict(environment), folder, fatal, held, theirs)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.join()

    @property
    def _trace(self) -> Path:
        return self._folder / "steps"

    @property
    def steps(self) -> list[str]:
        """The steps it told of, once it has ended: all of them, or the one at which it died."""
        return self._trace.read_text(encoding="utf-8").splitlines() if self._trace.exists() else []

    @property
    def said(self) -> str:
        """What it wrote to stderr."""
        return (self._folder / "stderr").read_text(encoding="utf-8")

    def held_at(self) -> str | None:
        """Wait until it is held at a step, and say at which; None if it ended."""
        try:
            return str(self._ours.recv())
        except EOFError:
            return None

    def go(self) -> None:
        """Let it go on."""
        self._ours.send("go")

    def finish(self) -> int:
        """Let it work to its end without being held again; its exit code, −9 if it was killed."""
        while self.held_at() is not None:
            self.go()
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode


class _Steps:
    """Counts the steps of this process."""

    def __init__(self, trace: Path, fatal: int | None, held: str | None, line: Connection) -> None:
        self._trace, self._fatal, self._held, self._line = trace, fatal, held, line
        self._count = 0

    def reach(self, name: str) -> None:
        """One step; the last one if it is the fatal one."""
        self._count += 1
        if self._fatal is None or self._count == self._fatal:
            with self._trace.open("a", encoding="utf-8") as out:
                out.write(name + "\n")
        if self._count == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._held is not None and re.fullmatch(self._held, name):
            self._line.send(name)
            self._line.recv()

    def around(self, owner: type, name: str, label: Callable[..., str]) -> None:
        """Make a step of the moment before and the moment after each call of a method."""
        inner = getattr(owner, name)

        @functools.wraps(inner)
        def counted(*args: Any, **kwargs: Any) -> Any:
            what = label(*args)
            self.reach(f"before {what}")
            result = inner(*args, **kwargs)
            self.reach(f"after {what}")
            return result

        @functools.wraps(inner)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            what = label(*args)
            self.reach(f"before {what}")
            result = await inner(*args, **kwargs)
            self.reach(f"after {what}")
            return result

        wrapper = awaited if inspect.iscoroutinefunction(inner) else counted
        is_static = isinstance(inspect.getattr_static(owner, name), staticmethod)
        setattr(owner, name, staticmethod(wrapper) if is_static else wrapper)


def _object_kind(key: str) -> str:
    """What an object of the store is, by its key."""
    if key.startswith("locks/"):
        return "lease"
    if not key.startswith("bronze/"):
        return "marker"
    return "data" if key.endswith(".zst") else "manifest" if key.endswith(".json") else "quarantine"


def _install(steps: _Steps) -> None:
    from pyiceberg.catalog.sql import SqlCatalog

    from wistia_lake.lake.catalog import Catalog
    from wistia_lake.lake.store import Store
    from wistia_lake.wistia.client import WistiaClient

    for name in ("create", "put", "delete"):
        steps.around(Store, name, lambda _, key, *__, name=name: f"{name} {_object_kind(key)}")
    steps.around(WistiaClient, "get", lambda _, endpoint, *__: f"walk {endpoint.name}")
    steps.around(SqlCatalog, "_write_metadata", lambda *_: "metadata write")
    steps.around(SqlCatalog, "commit_table", lambda _, table, *__: f"commit {'.'.join(table.name())}")
    steps.around(SqlCatalog, "create_table", lambda *_: "table creation")
    steps.around(Catalog, "replace", lambda _, spec, *__: f"replace {spec.full_name}")
    steps.around(Catalog, "append", lambda _, spec, *__: f"append {spec.full_name}")


def _work(
    arguments: list[str], environment: dict[str, str], folder: Path, fatal: int | None, held: str | None,
    line: Connection,
) -> None:  # fmt: skip
    from wistia_lake.cli.main import main

    os.environ.update(environment)
    say_into(folder)
    _install(_Steps(folder / "steps", fatal, held, line))
    raise SystemExit(main(arguments))
