"""What keeps Spark from working is said in a sentence, and nothing is half-done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from support.simulation import Simulation, simulation
from support.spark import NAME, engine_for, session_for, share, spark_build
from wistia_lake.engines.spark import SparkEngine
from wistia_lake.engines.spark_session import OURS, _check_catalog, in_our_terms, meaning
from wistia_lake.errors import DataError, EngineError, SettingsError
from wistia_lake.model import Quiet
from wistia_lake.pipeline.build import build

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """The account ``tiny``, built by DuckDB; nothing below may change a table."""
    with simulation(tmp_path_factory.mktemp("tiny"), "tiny", now="2025-03-10 14:00") as account:
        share(account)
        account.run()
        yield account


def test_a_catalog_that_spark_was_not_told_of() -> None:
    """The lines that are missing are named."""
    with pytest.raises(SettingsError, match=r"no catalog 'nowhere'.*spark\.sql\.catalog\.nowhere"):
        _check_catalog(session_for(None), "nowhere")


def test_a_spark_without_icebergs_jar() -> None:
    """As if the jar were not there: the class that the configuration names cannot be found."""
    session = session_for(None)
    session.conf.set("spark.sql.catalog.lake", "org.apache.iceberg.spark.NotInThisJar")
    with pytest.raises(SettingsError, match=r"lacks Iceberg's jar.*iceberg-spark-runtime"):
        _check_catalog(session, "lake")


def test_a_catalog_that_is_not_the_lakes(account: Simulation, tmp_path: Path) -> None:
    """Spark would write another lake's tables, or none: refused before anything is computed."""
    before = account.snapshots()
    with simulation(tmp_path, "tiny", now="2025-03-10 14:00") as other:
        share(other)
        engine = engine_for(other)
        for _ in range(2):  # there are no such tables; then there are, elsewhere
            with pytest.raises(SettingsError, match=r"is not the lake's.*Compare spark\.sql\.catalog"):
                build(account.loaded(), clock=lambda: account.now, reporter=Quiet(), full=True, engine=engine)
            other.run()
    assert account.snapshots() == before


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"not zstd", "damaged"),
        (zstandard.compress(b"not json\n"), "damaged"),
        (zstandard.compress(b'{"event_id": "e", "percent_viewed": "much"}\n'), "damaged"),
        (zstandard.compress(b'{"event_id": "e"}\n'), r"1 rows were read, its manifest promises \d+"),
        (None, "missing|does not exist|damaged"),
    ],
    ids=["no zstd", "no JSON", "another type", "too few rows", "gone"],
)
def test_damaged_bronze(account: Simulation, data: bytes | None, said: str) -> None:
    """Not null instead of a value, not fewer rows: an error that names the data, and readers keep the last state."""
    path = max((account.lake / "bronze/events").rglob("*.ndjson.zst"), key=lambda found: found.stat().st_size)
    before, good = account.snapshots(), path.read_bytes()
    if data is None:
        path.unlink()
    else:
        path.write_bytes(data)
    try:
        with pytest.raises(DataError, match=said) as caught:
            spark_build(account, full=True)
    finally:
        path.write_bytes(good)
    assert "No table was changed" in str(caught.value)
    assert account.snapshots()["silver.fact_event"] == before["silver.fact_event"]


def test_any_other_trouble_of_spark_is_a_sentence_too() -> None:
    """Without the stacks of two languages."""
    with pytest.raises(EngineError, match=r"Spark could not compute silver\.x") as caught, meaning("compute silver.x"):
        session_for(None).sql("select raise_error('out of luck')").collect()
    assert "out of luck" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_session_that_is_somebodys_keeps_its_own_settings() -> None:
    """A notebook's zone and casts are as they were, also after an error."""
    session = session_for(None)
    session.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    before = {name: session.conf.get(name) for name in OURS}
    seen = []

    def fails() -> None:
        with in_our_terms(session):
            seen.append(session.conf.get("spark.sql.session.timeZone"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert seen == ["UTC"]
    assert {name: session.conf.get(name) for name in OURS} == before


def test_no_view_is_left_behind(account: Simulation) -> None:
    """A session that lives on is as it was."""
    engine = engine_for(account)
    assert isinstance(engine, SparkEngine)
    build(account.loaded(), clock=lambda: account.now, reporter=Quiet(), engine=engine)
    assert [view for view in engine._session.catalog.listTables() if view.name.startswith(NAME)] == []
