"""The servers that stand for the cloud are real, and several engines share one table of them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog import load_catalog

from support.servers.programs import ROOT
from support.servers.seaweed import Place
from support.servers.trino import Trino
from wistia_lake.lake.iceberg import iceberg_schema
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.table import Type
from wistia_lake.lake.tables import BY_NAME

pytestmark = pytest.mark.engines

SPEC = BY_NAME["silver.fact_event"]
_VALUES = {
    Type.STRING: "ä", Type.INT: 2**31 - 1, Type.LONG: 2**53 + 1, Type.DOUBLE: 0.1, Type.BOOL: True,
    Type.DATE: date(2025, 3, 9), Type.INSTANT: datetime(2025, 3, 9, 23, 59, 59, 999_999, tzinfo=UTC),
}  # fmt: skip


def test_trino_reads_what_pyiceberg_wrote_into_the_same_catalog(place: Place, trino: Trino):
    full = {column.name: _VALUES[column.type] for column in SPEC.columns}
    rows = [full, {SPEC.partition: date(2025, 3, 10)}]
    schema, partition, order = iceberg_schema(SPEC)
    catalog = load_catalog("lake", **place.pyiceberg)
    catalog.create_namespace("silver")
    table = catalog.create_table(("silver", SPEC.name), schema=schema, partition_spec=partition, sort_order=order)
    table.append(pa.Table.from_pylist(rows, schema=arrow_schema(SPEC)))
    found = trino.rows(f"select * from {trino.catalog(place.trino)}.{SPEC.full_name} order by {SPEC.partition}")
    assert [dict(zip(SPEC.column_names, row, strict=True)) for row in found] == [
        dict.fromkeys(SPEC.column_names) | row for row in rows
    ]


def test_a_place_is_nobody_elses(place: Place, seaweed):
    other = seaweed.place()
    load_catalog("lake", **place.pyiceberg).create_namespace("silver")
    assert load_catalog("other", **other.pyiceberg).list_namespaces() == []


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
def test_no_server_outlives_the_tests_however_they_end(tmp_path: Path, signal_: signal.Signals):
    """A process of tests starts a server and is ended itself."""
    script = tmp_path / "tests.py"
    script.write_text(_STARTS_A_SERVER.format(tests=ROOT / "tests", folder=tmp_path / "server"), encoding="utf-8")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        server = int(process.stdout.readline())
        process.send_signal(signal_)
        process.wait(30)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{server}").exists() and "zombie" not in Path(f"/proc/{server}/status").read_text():
        assert time.monotonic() < deadline, "the server is still there"


_STARTS_A_SERVER = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, "{tests}")
from pathlib import Path
from support.servers.programs import Program
log = Path("{folder}/server.log")
# Ready when the program itself speaks, as any server: until then setpriv may not have asked for its end yet.
with Program("server", ["sh", "-c", "echo ready; exec sleep 600"], log.parent, ready=log.read_bytes) as program:
    print(program._process.pid, flush=True)
    time.sleep(600)
"""
