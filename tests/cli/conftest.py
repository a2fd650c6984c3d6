"""A way to call the command line in this process, and a small lake made by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from wistia_lake.bronze.layout import Look, new_batch_id
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.cli.main import main
from wistia_lake.lake.marker import make_marker
from wistia_lake.lake.store import Store, open_store
from wistia_lake.model import Slice
from wistia_lake.sandbox.catalog import scenario_toml
from wistia_lake.sandbox.harness import Sandbox

BASE = "http://127.0.0.1:1/v1"
"""A loopback address where nobody answers, so that --now is allowed."""
NOW = "2025-03-13T14:00:00Z"


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str


Call = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Call:
    """Call the command line with these words."""

    def run(*words: str) -> Result:
        capfdbinary.readouterr()
        code = main(words)
        out, err = capfdbinary.readouterr()
        return Result(code, out.decode(), err.decode())

    return run


def look(
    store: Store, day: date, at: datetime, *, final: bool = True, rows: int = 3, scope: str = "account", **more: object
) -> Manifest:
    """Commit one look at a day of play sessions, manifest only."""
    batch_id = new_batch_id(at)
    slice_ = Slice("events", scope, day)
    manifest = Manifest(
        policy_version=1, batch_id=batch_id, stream="events", scope=scope, day=day, final=final, run_id="r",
        api_base=BASE, api_version="v1", key_fingerprint="f", first_requested_at=at, last_requested_at=at,
        page_count=1, row_count=rows, content_hash="h", **more,
    )  # fmt: skip
    store.create(Look(final, batch_id, slice_).manifest_key, manifest.encode())
    return manifest


@pytest.fixture
def lake(folder: Path) -> Store:
    """A lake in ./lake that was begun on 2 March 2025 and holds nothing yet."""
    store = open_store(str(folder / "lake"))
    make_marker(store, datetime(2025, 3, 2, 12, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC))
    return store


@pytest.fixture
def account(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The tiny account, and the settings that lead to it."""
    with Sandbox("tiny") as sandbox:
        (folder / "wistia-lake.toml").write_text("requests_per_minute = 60000\n" + scenario_toml("tiny"))
        monkeypatch.setenv("WISTIA_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("WISTIA_API_TOKEN", sandbox.token)
        monkeypatch.setenv("WISTIA_LAKE_NOW", f"{sandbox.now:%Y-%m-%dT%H:%M:%SZ}")
        yield sandbox
