"""``wistia-lake query --engine trino``: the same command, formats and exit codes as with DuckDB."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from support.program import PROGRAM
from support.servers.programs import free_ports
from support.servers.seaweed import Place
from support.servers.trino import Trino
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.marker import make_marker
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.store import open_store
from wistia_lake.lake.tables import DIM_MEDIA
from wistia_lake.settings_doc import toml_value

pytestmark = pytest.mark.engines

Query = Callable[..., "subprocess.CompletedProcess[str]"]
QUESTION = (
    "select title, duration_ms, is_deleted, created_at, first_seen_day, duration_ms / 7e0 as seventh "
    "from silver.dim_media order by media_id"
)
MEDIAS = [
    {
        "media_id": "aaaaaaaaaa", "title": 'Café, "live"', "duration_ms": 2**53 + 1, "is_deleted": False,
        "created_at": datetime(2025, 3, 9, 23, 59, 59, 999_999, tzinfo=UTC),
        "first_seen_day": datetime(2025, 3, 9).date(),
    },
    {"media_id": "bbbbbbbbbb", "title": ""},
]  # fmt: skip


@pytest.fixture
def words(place: Place, trino: Trino) -> dict[str, object]:
    """[trino] of the settings file."""
    return {"host": "127.0.0.1", "port": trino.port, "catalog": trino.catalog(place.trino)}


@pytest.fixture
def query(place: Place, tmp_path: Path) -> Query:
    """Call the command in a process of its own, with a settings file that describes the lake and ``[trino]``."""
    rows = [dict.fromkeys(DIM_MEDIA.column_names) | media for media in MEDIAS]
    make_marker(open_store(place.lake), datetime(2025, 3, 2, 12, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC))
    with Catalog(place.lake, place.pyiceberg) as catalog:
        catalog.replace(DIM_MEDIA, None, [pa.Table.from_pylist(rows, schema=arrow_schema(DIM_MEDIA))])

    def call(*more: str, trino: dict[str, object] | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
        settings = {"lake": place.lake, "catalog": place.catalog} | ({"trino": trino} if trino is not None else {})
        lines = [f"{name} = {toml_value(value)}\n" for name, value in settings.items()]
        (tmp_path / "wistia-lake.toml").write_text("".join(lines), encoding="utf-8")
        return subprocess.run(
            [*PROGRAM, "query", *more], cwd=tmp_path, env={**os.environ, **environ}, capture_output=True, text=True,
            encoding="utf-8", check=False, timeout=120,
        )  # fmt: skip

    return call


@pytest.mark.parametrize("format_", ["table", "csv", "json"])
def test_every_format_is_that_of_duckdb(query: Query, words: dict[str, object], format_: str):
    by_duckdb, by_trino = (
        query(QUESTION, "--format", format_, "--engine", engine, trino=words) for engine in ("duckdb", "trino")
    )
    assert (by_trino.returncode, by_trino.stderr) == (0, "")
    assert by_trino.stdout == by_duckdb.stdout
    assert "Café" in by_trino.stdout


def test_parquet_has_the_same_types(query: Query, words: dict[str, object], tmp_path: Path):
    import pyarrow.parquet as pq

    files = [str(tmp_path / f"{engine}.parquet") for engine in ("duckdb", "trino")]
    for file, engine in zip(files, ("duckdb", "trino"), strict=True):
        done = query(QUESTION, "--format", "parquet", "--output", file, "--engine", engine, trino=words)
        assert (done.returncode, done.stderr) == (0, "")
    by_duckdb, by_trino = map(pq.read_table, files)
    assert by_trino.schema.remove_metadata() == by_duckdb.schema.remove_metadata()
    assert by_trino.to_pylist() == by_duckdb.to_pylist()


def test_no_rows_still_have_columns_and_types(query: Query, words: dict[str, object]):
    done = query(
        "select title, duration_ms from silver.dim_media where 1 = 0", "--json", "--engine", "trino", trino=words
    )
    assert json.loads(done.stdout) == {"columns": ["title", "duration_ms"], "row_count": 0, "rows": []}


def test_the_lake_can_be_read_and_not_changed(query: Query, words: dict[str, object]):
    done = query("delete from silver.dim_media", "--engine", "trino", trino=words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "A query must be one SELECT" in done.stderr
    assert "2\n" in query("select count(*) as n from silver.dim_media", "--format", "csv", trino=words).stdout


def test_what_trino_refuses_is_told_in_its_words(query: Query, words: dict[str, object]):
    done = query("select titel from silver.dim_media", "--engine", "trino", trino=words)
    assert done.returncode == 2
    assert "Trino refuses the query: line 1:8: Column 'titel' cannot be resolved" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_is_not_described_is_asked_for(query: Query):
    done = query("sanity", "--engine", "trino")
    assert done.returncode == 3
    assert '[trino] with host = "trino.example.org" and catalog = "lake"' in done.stderr


def test_a_server_that_does_not_answer_may_come_back(query: Query, words: dict[str, object]):
    (port,) = free_ports(1)
    done = query("sanity", "--engine", "trino", trino={**words, "port": port, "max_attempts": 1})
    assert done.returncode == 4
    assert "Trino at 127.0.0.1 could not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_password_never_goes_in_the_clear_nor_into_the_settings_file(query: Query, words: dict[str, object]):
    done = query("sanity", "--engine", "trino", trino={**words, "http_scheme": "http"}, TRINO_PASSWORD="so-secret")
    assert done.returncode == 3
    assert "TRINO_PASSWORD is set" in done.stderr
    assert "in the clear" in done.stderr
    other = query("sanity", "--engine", "trino", trino={**words, "password": "so-secret"})
    assert other.returncode == 3
    assert "[trino] in wistia-lake.toml holds password, which is a credential" in other.stderr
    assert "so-secret" not in done.stderr + other.stderr


def test_a_slip_of_the_hand_in_trinos_settings_is_named(query: Query, words: dict[str, object]):
    done = query("sanity", "--engine", "trino", trino={**words, "catlog": "lake"})
    assert done.returncode == 3
    assert "catlog" in done.stderr
    assert "[trino]" in done.stderr
    other = query("sanity", "--engine", "trino", trino={**words, "catalog": "nowhere"})
    assert other.returncode == 2
    assert "'nowhere' not found" in other.stderr
