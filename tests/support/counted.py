"""How often a command calls the store behind a lake: what a bucket would be asked, and would bill.

Counted where calls leave the program: objects by their store, files of tables by PyIceberg's files, and the files that
an engine or a reader is given to open. A listing counts once for every thousand keys, as buckets hand them out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO

from wistia_lake.engines.base import Job
from wistia_lake.engines.duckdb import DuckDBEngine
from wistia_lake.lake.rows import TableInput
from wistia_lake.lake.store import Store

KEYS_A_LIST = 1000


class Calls(Counter[str]):
    """LIST, GET, HEAD, PUT and DELETE, each with what for."""

    def of(self, verb: str) -> int:
        """All calls of one kind."""
        return sum(count for name, count in self.items() if name.startswith(verb))

    def told(self) -> str:
        """For a log."""
        return f"{self.total()} calls: " + ", ".join(f"{count} {name}" for name, count in sorted(self.items()))


class _Backend:
    """An object store that counts before it does what it is asked."""

    def __init__(self, backend: Any, calls: Calls) -> None:
        self._backend, self._calls = backend, calls

    def __getattr__(self, name: str) -> Any:
        verb = {"get": "GET", "head": "HEAD", "put": "PUT", "delete": "DELETE"}.get(name)
        if verb is not None:
            self._calls[f"{verb} object"] += 1
        return getattr(self._backend, name)

    def list(self, prefix: str, **more: Any) -> Iterator[Any]:
        count = 0
        for chunk in self._backend.list(prefix, **more):
            count += len(chunk)
            yield chunk
        self._calls["LIST objects"] += max(1, -(-count // KEYS_A_LIST))


@contextmanager
def counted() -> Iterator[Calls]:
    """Count every call that this process makes inside the block. The calls are made all the same."""
    calls = Calls()
    made, select, dataset = Store.__init__, DuckDBEngine.select, TableInput.dataset
    opened, created, asked, deleted = PyArrowFile.open, PyArrowFile.create, PyArrowFile._file_info, PyArrowFileIO.delete

    def counting(name: str, real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            calls[name] += 1
            return real(*arguments, **named)

        return call

    def open_store(store: Store, backend: Any, *more: Any, **named: Any) -> None:
        made(store, _Backend(backend, calls), *more, **named)

    def select_counting(engine: DuckDBEngine, job: Job, **named: Any) -> Any:
        here = [url for bronze in job.bronze for url in bronze.files.values() if url.startswith("file:")]
        calls["GET bronze file"] += len(here)  # from elsewhere they are fetched by the store, which counts
        calls["GET data file"] += sum(len(table.files) for table in job.tables.values() if table.filesystem is None)
        return select(engine, job, **named)

    def dataset_counting(table: TableInput) -> Any:
        calls["GET data file"] += len(table.files)
        return dataset(table)

    with ExitStack() as stack:
        for owner, name, replacement in (
            (Store, "__init__", open_store),
            (DuckDBEngine, "select", select_counting),
            (TableInput, "dataset", dataset_counting),
            (PyArrowFile, "open", counting("GET table file", opened)),
            (PyArrowFile, "create", counting("PUT table file", created)),
            (PyArrowFile, "_file_info", counting("HEAD table file", asked)),
            (PyArrowFileIO, "delete", counting("DELETE table file", deleted)),
        ):
            stack.enter_context(patch.object(owner, name, replacement))
        yield calls
