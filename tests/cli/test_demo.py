"""The demo proves every table against the truth, and a single wrong cell makes it fail."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from wistia_lake.cli.demo import _empty_folder, run_demo
from wistia_lake.errors import DataError, SettingsError
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.store import lake_root
from wistia_lake.lake.tables import BY_NAME
from wistia_lake.model import Quiet

TABLES = [name for name, table in BY_NAME.items() if table.namespace != "ops"]


def _change_one_cell(loaded, table: str, column: str) -> None:
    """Add one to a column of the table's first row."""
    spec = BY_NAME[table]
    catalog = Catalog(lake_root(loaded.settings.lake))
    rows = catalog.read(spec).sort_by([(name, "ascending") for name in spec.key])
    place, cells = rows.column_names.index(column), rows[column].combine_chunks()
    changed = pa.concat_arrays([pc.add(cells[:1], 1), cells[1:]])
    partitions = None if spec.partition is None else sorted(set(rows[spec.partition].to_pylist()))
    catalog.replace(spec, partitions, [rows.set_column(place, rows.schema.field(place), changed)])


def test_every_table_of_the_tiny_account_equals_the_truth(folder, capsys):
    run_demo(folder / "demo-lake", scenario="tiny", reporter=Quiet())
    *truths, late, lake, verdict, next_ = capsys.readouterr().out.splitlines()[-(len(TABLES) + 4) :]
    assert sorted(re.fullmatch(r"truth: (\S+) \d+ rows, 0 differences", line)[1] for line in truths) == sorted(TABLES)
    assert re.fullmatch(r"late: \d+ sessions arrived after the first look at their day", late)
    assert lake.startswith("lake: ")
    assert verdict == "demo ok"
    assert next_.startswith("try next: ")
    _empty_folder(folder / "demo-lake", "")
    assert not (folder / "demo-lake" / "lake").exists()


def test_one_wrong_cell_is_named_by_table_key_and_column(folder, capsys):
    wrong = {"silver.fact_media_day": "play_count", "gold.kpi_media_28d": "viewer_count"}

    def change(loaded) -> None:
        for table, column in wrong.items():
            _change_one_cell(loaded, table, column)

    with pytest.raises(DataError, match=r"silver\.fact_media_day, gold\.kpi_media_28d") as failure:
        run_demo(folder / "demo-lake", scenario="tiny", reporter=Quiet(), before_comparing=change)
    assert failure.value.exit_code == 6
    out = capsys.readouterr().out
    assert "demo failed" in out
    for table, column in wrong.items():
        assert re.search(rf"^truth: {re.escape(table)} \d+ rows, 1 differences$", out, re.MULTILINE)
        assert re.search(rf"^  {re.escape(table)} \(\S+.*\) {column}: expected \d+, found \d+$", out, re.MULTILINE)


def test_a_folder_that_no_demo_made_is_left_alone(folder):
    mine = folder / "demo-lake"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    with pytest.raises(SettingsError, match="no demo made it"):
        run_demo(mine, scenario="tiny", reporter=Quiet())
    assert [path.name for path in mine.iterdir()] == ["thesis.txt"]
