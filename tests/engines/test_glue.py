"""AWS Glue as the catalog, as far as calls go: moto answers them, the files lie in a real S3. It proves nothing of races."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest

from support.commands import call
from support.servers.seaweed import Place
from support.simulation import ONE_DAY, Simulation, simulation
from wistia_lake.lake.catalog import KEPT_SNAPSHOTS
from wistia_lake.lake.store import open_store
from wistia_lake.lake.tables import FACT_EVENT, OPS_BUILT, TABLES
from wistia_lake.model import Quiet
from wistia_lake.pipeline.maintain import maintain

pytestmark = pytest.mark.engines


@pytest.fixture
def account(tmp_path: Path, place: Place, moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulation]:
    """Its catalog is Glue with nothing said but its type; the endpoint comes from the AWS chain's own variable."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", moto)
    with simulation(tmp_path, "tiny", now="2025-03-12 14:00") as found:
        found.url, found.shared = place.lake, {"type": "glue"}
        found.settings["namespace_prefix"] = f"{place.bucket.replace('-', '_')}_"
        yield found


def test_a_lake_in_glue_is_the_truth_day_after_day(account: Simulation, place: Place, moto: str) -> None:
    for _ in range(2):
        account.run()
        account.at(account.now + ONE_DAY)
    prefix = str(account.settings["namespace_prefix"])
    with account.catalog as catalog:
        found = catalog.load(FACT_EVENT)
        assert found is not None
        assert found.location() == f"{place.lake}/tables/silver/fact_event", "inside the lake: nobody said elsewhere"
        assert catalog.read(FACT_EVENT).num_rows > 400
    account.assert_truth()
    glue = boto3.session.Session().client("glue", endpoint_url=moto)
    names = {
        f"{database}.{table['Name']}"
        for database in (f"{prefix}silver", f"{prefix}gold", f"{prefix}ops")
        for table in glue.get_tables(DatabaseName=database)["TableList"]
    }
    assert names >= {f"{prefix}{table.full_name}" for table in TABLES if table.namespace != "ops"}
    table = glue.get_table(DatabaseName=f"{prefix}silver", Name="fact_event")["Table"]
    assert table["Parameters"]["table_type"].upper() == "ICEBERG", "so Athena takes it for what it is"


@pytest.mark.long
def test_commands_work_alike_and_maintain_tidies_up_inside_the_lake(account: Simulation, place: Place) -> None:
    for words in (["run"], ["build", "--full"], ["status"], ["check"], ["query", "sanity"]):
        assert call(account, *words).code == 0, words
    with account.catalog as catalog:
        rows = catalog.read(OPS_BUILT)
        for _ in range(KEPT_SNAPSHOTS):  # as many as make the first one expire
            catalog.replace(OPS_BUILT, None, [rows])
    store = open_store(place.lake)
    orphan = "tables/silver/fact_event/data/left-by-a-kill.parquet"
    store.put(orphan, b"x")
    assert call(account, "maintain").code == 0
    assert store.exists(orphan), "it is too young to go"
    (entry,) = (one for one in store.entries("tables/") if one.key == orphan)
    done = maintain(account.loaded(), clock=lambda: entry.written_at + timedelta(hours=73), reporter=Quiet())
    assert not store.exists(orphan)
    assert done.removed_file_count > 1, "and what only expired snapshots had"
    account.assert_truth()


def test_no_region(account: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Glue has no default region."""
    account.run()
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    answer = call(account, "build")
    assert answer.code == 3
    assert "AWS_REGION" in answer.err
    assert "Traceback" not in answer.err
