"""``export``: the same rows in every kind of file."""

from __future__ import annotations

import csv
import zipfile
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wistia_lake.errors import UsageError
from wistia_lake.lake.tables import TABLES
from wistia_lake.pipeline import export
from wistia_lake.sandbox.harness import Sandbox


@pytest.fixture
def filled(call, folder, monkeypatch):
    """The tiny account, read and built."""
    with Sandbox("tiny") as sandbox:
        monkeypatch.setenv("WISTIA_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("WISTIA_API_TOKEN", sandbox.token)
        monkeypatch.setenv("WISTIA_LAKE_NOW", f"{sandbox.now:%Y-%m-%dT%H:%M:%SZ}")
        monkeypatch.setenv("WISTIA_LAKE_REQUESTS_PER_MINUTE", "60000")
        assert call("run").code == 0
    return folder


def _sheet(path):
    """The cells of the first worksheet: texts as texts, numbers as numbers."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(path) as book:
        root = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    rows = []
    for row in root.iter(f"{space}row"):
        cells = {}
        for cell in row.iter(f"{space}c"):
            assert cell.find(f"{space}f") is None, "no cell is a formula"
            text = "".join(part.text or "" for part in cell.iter(f"{space}t"))
            value = cell.find(f"{space}v")
            name = cell.get("r").rstrip("0123456789")
            cells[name] = text if cell.get("t") == "inlineStr" else float(value.text)
        rows.append(cells)
    return rows


def test_csv_and_parquet_hold_the_tables_rows_in_order_of_the_key(call, filled):
    result = call("export", "fact_media_day", "--output", "days.csv")
    assert (result.code, result.err) == (0, "")
    with (filled / "days.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert result.out == f"days.csv: silver.fact_media_day {len(rows)} rows\n"
    assert call("export", "silver.fact_media_day", "--format", "parquet").code == 0
    table = pq.read_table(filled / "silver.fact_media_day.parquet")
    assert table.num_rows == len(rows) > 10
    assert [row["media_id"] for row in rows] == table["media_id"].to_pylist()
    keys = [(row["media_id"], row["day"]) for row in rows]
    assert keys == sorted(keys) or sorted(keys, key=lambda key: key[::-1]) == keys


def test_a_worksheet_holds_titles_numbers_and_dates(call, filled):
    assert call("export", "dim_media", "--format", "xlsx", "--output", "medias.xlsx").code == 0
    header, first, second = _sheet(filled / "medias.xlsx")
    letters = {name: letter for letter, name in header.items()}
    assert {row[letters["title"]] for row in (first, second)} == {
        "Planting “bare root” trees 🌳",
        "Workshop tour, part&nbsp;1",
    }
    assert {row[letters["numeric_id"]] for row in (first, second)} == {501, 502}
    assert 45_000 < first[letters["created_at"]] < 46_000


def test_a_text_that_looks_like_a_formula_or_a_link_stays_a_text(tmp_path):
    rows = pa.table({
        "a": ["=1+1", "https://example.com", "", None], "b": [1.5, float("nan"), float("inf"), None],
        "c": [True, False, None, None], "d": [date(2025, 3, 12)] * 4, "e": [datetime(2025, 3, 12, 14, tzinfo=UTC)] * 4,
    })  # fmt: skip
    export.write_xlsx(rows, "x", tmp_path / "x.xlsx")
    cells = _sheet(tmp_path / "x.xlsx")
    assert [row.get("A") for row in cells] == ["a", "=1+1", "https://example.com", None, None]
    assert [row.get("B") for row in cells] == ["b", 1.5, "nan", "inf", None]
    assert cells[1]["D"] == 45728
    assert cells[1]["E"] == pytest.approx(45728 + 14 / 24)


def test_more_rows_than_a_worksheet_holds_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "XLSX_ROWS", 2)
    with pytest.raises(UsageError, match="has 3 rows, and a worksheet holds 2"):
        export.write_xlsx(pa.table({"a": [1, 2, 3]}), "x", tmp_path / "x.xlsx")


def test_one_duckdb_file_has_all_tables_under_their_names(call, filled):
    assert call("export", "--duckdb", "lake.duckdb").code == 0
    assert call("export", "--duckdb", "lake.duckdb").code == 0, "an existing file is replaced"
    counts = call("query", "select count(*) as n from silver.fact_event", "--format", "csv").out.splitlines()[1]
    with duckdb.connect(str(filled / "lake.duckdb"), read_only=True) as connection:
        found = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        assert {name for (name,) in found} == {table.full_name for table in TABLES}
        assert connection.execute("select count(*) from silver.fact_event").fetchone() == (int(counts),)
    assert sorted(path.name for path in filled.iterdir()) == ["lake", "lake.duckdb", "pseudonym.key"]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([], 2, "Name one table to export, or --duckdb FILE"),
        (["dim_media", "--duckdb", "x"], 2, "Name one table to export, or --duckdb FILE"),
        (["--duckdb", "x", "--format", "csv"], 2, "leave --format and --output out"),
        (["dim_medai"], 2, "There is no table 'dim_medai'"),
        (["dim_media", "--output", "medias.txt"], 2, "does not say what to write"),
        (["dim_media", "--format", "ods"], 2, "ods"),
        (["--duckdb", "nowhere/x.duckdb"], 3, "cannot be written"),
    ],
)
def test_bad_words_change_nothing(call, filled, words, code, sentence):
    before = sorted(path.name for path in filled.iterdir())
    result = call("export", *words)
    assert (result.code, result.out) == (code, "")
    assert sentence in result.err
    assert "Traceback" not in result.err
    assert sorted(path.name for path in filled.iterdir()) == before


def test_without_a_lake_there_is_nothing_to_export(call, folder):
    result = call("export", "dim_media")
    assert result.code == 3
    assert "wistia-lake run" in result.err
