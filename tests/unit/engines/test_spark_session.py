"""What can be said of Spark where it is not installed."""

from __future__ import annotations

import sys

import pytest

from wistia_lake.engines.spark_input import place_of
from wistia_lake.engines.spark_session import _translated, open_session
from wistia_lake.errors import DataError, EngineError, SettingsError, WistiaLakeError
from wistia_lake.lake.catalog import Refused


def test_pyspark_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(SettingsError, match=r"pyspark.*pip install 'wistia-lake\[spark\]'"):
        open_session("lake")


@pytest.mark.parametrize(
    ("said", "kind", "advice"),
    [
        ("org.apache.iceberg.exceptions.ValidationException: Found conflicting files", Refused, "another writer"),
        ("org.apache.iceberg.exceptions.CommitFailedException: stale", Refused, "another writer"),
        ("Cannot find catalog plugin class for catalog 'lake'", SettingsError, "iceberg-spark-runtime"),
        ("native zStandard library not available: built without zstd support", SettingsError, "ZstdCodec"),
        ('No FileSystem for scheme "s3a"', SettingsError, "hadoop-aws"),
        ("[MALFORMED_RECORD_IN_PARSING] Malformed records are detected", DataError, "Restore the object"),
        ("Job aborted\n\tat org.apache.x\nCaused by: No space left on device\n\tat y", EngineError, "No space left"),
        ("", EngineError, "no reason given"),
    ],
)
def test_an_error_of_spark_says_what_to_do(said: str, kind: type[WistiaLakeError], advice: str) -> None:
    """One paragraph of the kind that decides the exit code."""
    error = _translated(said, "compute silver.fact_event")
    assert type(error) is kind
    assert advice in str(error)
    assert "\tat" not in str(error)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("s3://bucket/lake/bronze/a=1/b.zst", "s3a://bucket/lake/bronze/a=1/b.zst"),
        ("file:///tmp/my%20lake/b.zst", "file:///tmp/my lake/b.zst"),
        ("file:///tmp/%5B1%5D/b.zst", "file:///tmp/\\[1\\]/b.zst"),
    ],
)
def test_a_file_is_named_as_hadoop_names_it(url: str, place: str) -> None:
    """Buckets by the cluster's scheme; nothing percent-encoded, and no letter taken for a pattern."""
    assert place_of(url, "s3a") == place
    assert place_of("s3://bucket/x", "s3") == "s3://bucket/x"
