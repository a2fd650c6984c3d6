"""Worked cases: looks written by hand in TOML, through real bronze, to the rows that a table must then hold."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from wistia_lake.bronze.batch import commit_look, encode_lines
from wistia_lake.bronze.layout import new_batch_id
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.store import Store, open_store
from wistia_lake.lake.tables import BY_NAME
from wistia_lake.model import Quiet
from wistia_lake.pipeline.build import build
from wistia_lake.pipeline.summary import BuildSummary
from wistia_lake.settings import Loaded, Settings

ROOT = Path(__file__).parent.parent / "cases"
DEFAULTS: dict[str, dict[str, Any]] = {
    "events": {
        "media_id": "media00001", "media_name": "A film", "percent_viewed": 0.5, "country": "US", "region": "",
        "browser": "Chrome", "browser_version": "136", "browser_major": 136, "platform": "Android", "mobile": True,
        "conversion_type": "", "is_identified": False, "is_converted": False, "is_new_lead": None,
        "embed_domain": "example.com", "embed_path": "/", "utm_source": None, "utm_medium": None, "utm_campaign": None,
    },
    "medias": {
        "media_id": "media00001", "numeric_id": 1, "name": "A film", "type": "Video", "duration": 100.0,
        "archived": False, "status": "ready", "section": None, "project_id": "project001", "project": "Films",
        "created": "2025-01-01T00:00:00+00:00", "updated": "2025-01-02T00:00:00+00:00", "tags": [], "url": None,
        "is_deleted": False,
    },
    "media_stats": {
        "media_id": "media00001", "load_count": 0, "play_count": 0, "play_rate": 0.0, "hours_watched": 0.0,
        "engagement": 0.0, "visitors": 0,
    },
    "media_by_date": {"media_id": "media00001", "load_count": 0, "play_count": 0, "hours_watched": 0.0},
    "media_engagement": {"media_id": "media00001", "engagement": 0.5, "engagement_data": [], "rewatch_data": []},
    "media_timeseries": {"media_id": "media00001"},
    "account_by_date": {"load_count": 0, "play_count": 0, "hours_watched": 0.0},
}  # fmt: skip


def case_files() -> list[Path]:
    """Every case."""
    return sorted(ROOT.glob("*/*.toml"))


def write_look(store: Store, look: dict[str, Any]) -> Manifest:
    """Commit one look as an ingest would."""
    stream, at = look["stream"], datetime.fromisoformat(look["at"])
    rows = [DEFAULTS[stream] | _with_nulls(row) for row in look.get("rows", [])]
    for row in rows:
        if stream == "events":
            row.setdefault("visitor_id", f"viewer of {row['event_id']}")
        if stream == "media_engagement":  # unless it was carried forward, a row is as old as its look
            row.setdefault("snapshot_day", look["day"])
            row.setdefault("looked_at", look["at"])
    covers = look.get("covers")
    manifest = Manifest(
        policy_version=1, batch_id=new_batch_id(at), stream=stream, scope=look.get("scope", "account"),
        day=date.fromisoformat(look["day"]), final=look.get("final", True), cut=look.get("cut", False), run_id="case",
        api_base="http://127.0.0.1/v1", api_version="v1", key_fingerprint="case", first_requested_at=at,
        last_requested_at=at, page_count=1, row_count=0, content_hash="",
        covers=None if covers is None else (date.fromisoformat(covers[0]), date.fromisoformat(covers[1])),
        medias=sorted({row["media_id"] for row in rows if "media_id" in row}),
        unmoved_medias=look.get("unmoved", []),
    )  # fmt: skip
    return commit_look(store, manifest, encode_lines(map(msgspec.json.encode, rows))).manifest


class Case:
    """One case file, built in a folder of its own."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.spec = tomllib.loads(path.read_text(encoding="utf-8"))
        self.lake = folder / "lake"
        self.settings = msgspec.convert({"lake": str(self.lake), **self.spec.get("settings", {})}, Settings)
        self.store = open_store(str(self.lake))
        self.clock = lambda: datetime.fromisoformat(self.spec["now"])

    def look(self) -> None:
        """Write the case's looks."""
        for look in self.spec["looks"]:
            write_look(self.store, look)

    def build(self, *, full: bool = False) -> BuildSummary:
        """Build every table."""
        return build(Loaded(self.settings, self.lake.parent), clock=self.clock, reporter=Quiet(), full=full)

    def found(self, table: str, columns: list[str]) -> list[dict[str, Any]]:
        """The rows of a table as the case writes them: only some columns, dates and instants as text."""
        rows = Catalog(self.lake).read(BY_NAME[table]).select(columns).to_pylist()
        plain = [{name: _text(value) for name, value in row.items()} for row in rows]
        return sorted(plain, key=lambda row: [str(value) for value in row.values()])

    def expected(self, table: str) -> list[dict[str, Any]]:
        """The rows that the case demands; the string ``null`` is null, which TOML lacks."""
        rows = [_with_nulls(row) for row in self.spec["expect"][table]]
        return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def _with_nulls(row: dict[str, Any]) -> dict[str, Any]:
    return {name: None if value == "null" else value for name, value in row.items()}


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
