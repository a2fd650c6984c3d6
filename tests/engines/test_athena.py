"""The way to Athena: what is asked, how rows come back, what errors say. moto runs no SQL; test_trino.py does."""

from __future__ import annotations

import json
import urllib.request
from datetime import UTC, date, datetime
from decimal import Decimal

import boto3
import pytest

from support.servers.programs import free_ports
from wistia_lake.errors import SettingsError, TryAgain, UsageError
from wistia_lake.reader import answer
from wistia_lake.settings import Settings

pytestmark = pytest.mark.engines

COLUMNS = {
    "title": ("varchar", "Café"), "play_count": ("bigint", "9007199254740993"), "position": ("integer", "-1"),
    "engagement": ("double", "0.1"), "is_final": ("boolean", "false"), "day": ("date", "2025-03-09"),
    "received_at": ("timestamp with time zone", "2025-03-09 23:59:59.123456 UTC"), "sum": ("decimal", "12.50"),
}  # fmt: skip


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An account without a past."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    _post(f"{moto}/moto-api/reset", {})
    return moto


def _post(url: str, body: object) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30):
        pass


def _settings(url: str, **more: str | int | bool) -> Settings:
    own = {"endpoint_url": url, "s3_staging_dir": "s3://answers/here/", "poll_interval": 0}
    return Settings(athena=own | more, namespace_prefix="acme_")


def _will_answer(moto: str, *rows: list[str | None]) -> None:
    info = [
        {"Name": name, "Label": name, "Type": kind, "Precision": 10, "Scale": 2, "Nullable": "UNKNOWN"}
        for name, (kind, _) in COLUMNS.items()
    ]
    data = [{"Data": [{"VarCharValue": cell} if cell is not None else {} for cell in row]} for row in rows]
    header = {"Data": [{"VarCharValue": name} for name in COLUMNS]}
    result = {"rows": [header, *data], "column_info": info}
    _post(f"{moto}/moto-api/static/athena/query-results", {"region": "us-east-1", "results": [result]})


def _asked(moto: str) -> list[dict[str, object]]:
    client = boto3.session.Session().client("athena", endpoint_url=moto, region_name="us-east-1")
    ids = client.list_query_executions()["QueryExecutionIds"]
    return [client.get_query_execution(QueryExecutionId=one)["QueryExecution"] for one in ids]


def test_rows_come_back_in_the_types_that_other_engines_give(aws: str):
    _will_answer(aws, [text for _, text in COLUMNS.values()], [None] * len(COLUMNS))
    rows = answer(_settings(aws), "select title from silver.dim_media", "athena", {})
    assert [str(kind) for kind in rows.schema.types] == [
        "string", "int64", "int32", "double", "bool", "date32[day]", "timestamp[us, tz=UTC]", "decimal128(10, 2)",
    ]  # fmt: skip
    assert rows.to_pylist() == [
        {
            "title": "Café", "play_count": 2**53 + 1, "position": -1, "engagement": 0.1, "is_final": False,
            "day": date(2025, 3, 9), "received_at": datetime(2025, 3, 9, 23, 59, 59, 123456, tzinfo=UTC),
            "sum": Decimal("12.50"),
        },
        dict.fromkeys(COLUMNS),
    ]  # fmt: skip


def test_the_users_text_arrives_as_it_is_but_for_the_prefix(aws: str):
    _will_answer(aws)
    answer(_settings(aws), "select  title\nfrom silver.dim_media;", "athena", {})
    (execution,) = _asked(aws)
    assert execution["Query"] == "select  title\nfrom acme_silver.dim_media"
    assert str(execution["ResultConfiguration"]).startswith("{'OutputLocation': 's3://answers/here/")


def test_a_stored_query_arrives_in_athenas_dialect(aws: str):
    _will_answer(aws)
    answer(_settings(aws, work_group="primary"), "runs", "athena", {})
    (execution,) = _asked(aws)
    assert "DATE_DIFF('MILLISECOND', DATE_TRUNC('MILLISECOND', started_at)," in str(execution["Query"])
    assert "FROM acme_ops.run ORDER BY" in str(execution["Query"])
    assert execution["WorkGroup"] == "primary"


def test_nothing_but_a_select_is_sent(aws: str):
    with pytest.raises(UsageError, match="one SELECT"):
        answer(_settings(aws), "drop table silver.dim_media", "athena", {})
    assert _asked(aws) == []


def test_a_work_group_that_does_not_exist_is_a_setting(aws: str):
    with pytest.raises(SettingsError, match="WorkGroup does not exist"):
        answer(_settings(aws, work_group="nowhere"), "select 1 as n", "athena", {})


def test_an_unknown_word_in_athena_is_a_setting(aws: str):
    with pytest.raises(SettingsError, match="wrok_group"):
        answer(_settings(aws, wrok_group="primary"), "select 1 as n", "athena", {})


def test_credentials_in_the_settings_file_are_refused_unseen(aws: str):
    with pytest.raises(SettingsError, match="aws_secret_access_key, which is a credential") as caught:
        answer(_settings(aws, aws_secret_access_key="so-secret"), "select 1 as n", "athena", {})
    assert "so-secret" not in str(caught.value)


def test_without_region_the_setting_is_named(aws: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(SettingsError, match="AWS_REGION"):
        answer(_settings(aws), "select 1 as n", "athena", {})


def test_without_credentials_the_chain_is_named(aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match=r"(?i)credentials"):
        answer(_settings(aws), "select 1 as n", "athena", {})


def test_an_athena_that_is_not_there_may_come_back(aws: str):
    (port,) = free_ports(1)
    with pytest.raises(TryAgain, match="did not answer"):
        answer(_settings(f"http://127.0.0.1:{port}"), "select 1 as n", "athena", {})
