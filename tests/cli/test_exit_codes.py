"""Each exit code from the real command: one plain paragraph, nothing lost, and the next good run ends well."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from support.ingesting import ScriptedApi, media, served
from wistia_lake.bronze.lease import lease
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.store import open_store
from wistia_lake.lake.tables import DIM_MEDIA, FACT_EVENT
from wistia_lake.model import parse_instant


def one_paragraph(err: str) -> str:
    """The error's sentence: the last line, and the only one that begins so."""
    said = [line for line in err.splitlines() if line.startswith("wistia-lake: ")]
    assert len(said) == 1
    assert err.splitlines()[-1] == said[0]
    assert "Traceback" not in err
    return said[0]


def events(folder: Path) -> int:
    """Sessions in the table."""
    with Catalog(folder / "lake") as catalog:
        return catalog.read(FACT_EVENT).num_rows


def test_3_another_pseudonym_key(call, folder, account, monkeypatch):
    assert call("run").code == 0
    before = len(account.requests())
    monkeypatch.setenv("WISTIA_LAKE_PSEUDONYM_KEY", "0c" * 32)
    result = call("run")
    assert result.code == 3
    assert "made with the pseudonym key" in one_paragraph(result.err)
    assert "0c0c" not in result.err
    assert len(account.requests()) == before
    monkeypatch.delenv("WISTIA_LAKE_PSEUDONYM_KEY")
    assert call("run").code == 0


def test_3_a_lake_that_was_moved(call, folder, account):
    assert call("run").code == 0
    rows = events(folder)
    (folder / "lake").rename(folder / "moved")
    for words in (["run"], ["query", "sanity"]):
        result = call("--lake", "moved", *words)
        assert result.code == 3
        assert "build --full" in one_paragraph(result.err)
    assert call("--lake", "moved", "build", "--full").code == 0
    (folder / "moved").rename(folder / "lake")
    assert call("build", "--full").code == 0
    assert events(folder) == rows


def test_3_no_lake_here(call, folder):
    for words in (["build"], ["check"], ["status"], ["query", "sanity"]):
        result = call("--lake", "nowhere", *words)
        assert result.code == 3
        assert "wistia-lake run" in one_paragraph(result.err)
    assert not (folder / "nowhere").exists()


@pytest.mark.parametrize("name", ["ingest", "build"])
def test_4_another_process_is_at_work(call, folder, account, name):
    assert call("run").code == 0
    now = parse_instant(f"{account.now.isoformat()}")
    with lease(open_store(str(folder / "lake")), name, holder="the night job", clock=lambda: now):
        result = call("run")
        assert result.code == 4
        assert "the night job" in one_paragraph(result.err)
    assert call("run").code == 0


def test_5_a_listed_media_is_gone(call, folder, monkeypatch):
    api = ScriptedApi()
    api.medias = {f"m{number:09}": media(f"m{number:09}") for number in range(30)}
    api.gone = {"m000000007"}
    with served(api) as base_url:
        monkeypatch.setenv("WISTIA_BASE_URL", base_url)
        monkeypatch.setenv("WISTIA_API_TOKEN", "test")
        monkeypatch.setenv("WISTIA_LAKE_REQUESTS_PER_MINUTE", "60000")
        monkeypatch.setenv("WISTIA_LAKE_NOW", f"{api.now:%Y-%m-%dT%H:%M:%SZ}")
        result = call("run")
    assert result.code == 5
    assert "m000000007" in one_paragraph(result.err)
    with Catalog(folder / "lake") as catalog:
        assert catalog.read(DIM_MEDIA).num_rows == 30


def test_6_damaged_bronze(call, folder, account):
    assert call("run").code == 0
    rows = events(folder)
    victim = max((folder / "lake" / "bronze" / "events").rglob("*.zst"), key=lambda path: path.stat().st_size)
    kept = victim.with_suffix(".kept")
    shutil.copy(victim, kept)
    victim.write_bytes(b"damaged")
    result = call("build", "--full")
    assert result.code == 6
    assert "damaged" in one_paragraph(result.err)
    assert events(folder) == rows
    shutil.move(kept, victim)
    assert call("build", "--full").code == 0
    assert events(folder) == rows


def test_6_a_table_that_broke_a_promise(call, folder, account):
    assert call("run").code == 0
    with Catalog(folder / "lake") as catalog:
        rows = catalog.read(FACT_EVENT).to_pylist()
        bad = rows[0] | {"percent_viewed": 1.7}
        day = [row for row in rows if row["received_day"] == bad["received_day"]]
        catalog.replace(
            FACT_EVENT, [bad["received_day"]], [pa.Table.from_pylist([bad, *day], arrow_schema(FACT_EVENT))]
        )
    result = call("check")
    assert result.code == 6
    assert "percent_viewed is in 0..1" in result.err + result.out
    assert "is unique" in result.err + result.out
    assert call("build", "--full").code == 0
    assert call("check").code == 0
