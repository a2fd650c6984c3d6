"""A lake in a bucket with a REST catalog: the same commands, the same rows, and no other setting than these two."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from support.commands import call
from support.servers.seaweed import Place, Seaweed
from support.simulation import ONE_DAY, Simulation, simulation
from wistia_lake.errors import LakeUnreadable, LeaseHeld
from wistia_lake.lake.catalog import Catalog, Refused
from wistia_lake.lake.store import open_store
from wistia_lake.lake.tables import FACT_EVENT

pytestmark = pytest.mark.engines
NOW = "2025-03-12 14:00"


def in_bucket(account: Simulation, place: Place) -> Simulation:
    """Give an account's lake its place in S3."""
    account.url, account.shared = place.lake, place.catalog
    return account


@pytest.fixture
def account(tmp_path: Path, place: Place) -> Iterator[Simulation]:
    with simulation(tmp_path, "tiny", now=NOW) as found:
        yield in_bucket(found, place)


def test_days_of_runs_are_the_truth_and_a_full_build_changes_nothing(account: Simulation) -> None:
    account.run()
    account.assert_truth()
    snapshots = account.snapshots()
    account.run()
    assert account.snapshots() == snapshots, "nothing new, nothing written"
    for _ in range(3):
        account.at(account.now + ONE_DAY).run()
    account.assert_truth()
    account.assert_full_build_changes_nothing()


def test_every_command_works_alike(account: Simulation) -> None:
    """What a person types is the same as for a folder, and so is what is printed but for the place and the clock."""
    for words in (["run"], ["maintain", "--dry-run"], ["plan"], ["probe", "lateness"], ["tables"]):
        assert call(account, *words).code == 0, words
    assert "play sessions" in call(account, "status").out
    checked = call(account, "check")
    assert (checked.code, "14 checks, 0 failed" in checked.out) == (0, True), checked
    rows = call(account, "query", "top-medias", "--format", "json")
    assert json.loads(rows.out)["rows"]
    doctor = call(account, "doctor")
    assert f"the lake in {account.url} can be read" in doctor.out


def test_tables_lie_where_the_catalog_puts_them_or_in_the_lake(account: Simulation, place: Place) -> None:
    account.run()
    table = account.catalog.load(FACT_EVENT)
    assert table is not None
    assert table.location().startswith(f"s3://{place.warehouse}/")
    assert {key.split("/")[0] for key in open_store(place.lake).list("")} >= {"bronze", "lake.json", "locks"}


def test_what_lies_around_in_the_bucket_is_left_alone(account: Simulation, place: Place) -> None:
    """A prefix is a lake's own; its neighbours are not even listed."""
    client = boto3.session.Session().client("s3", endpoint_url=place.s3)
    for key in ("lake2/lake.json", "other.txt", "lakes"):
        client.put_object(Bucket=place.bucket, Key=key, Body=b"mine")
    account.run()
    assert call(account, "maintain").code == 0
    assert call(account, "doctor", "--clean").code in (0, 3)
    for key in ("lake2/lake.json", "other.txt", "lakes"):
        assert client.get_object(Bucket=place.bucket, Key=key)["Body"].read() == b"mine"


def test_two_lakes_in_one_catalog_need_prefixes(account: Simulation, tmp_path: Path, seaweed: Seaweed) -> None:
    account.run()
    other_place = seaweed.place()
    with simulation(tmp_path / "other", "tiny", now=NOW) as other:
        (tmp_path / "other").mkdir()
        other.url, other.shared = other_place.lake, account.shared
        refused = call(other, "run")
        assert refused.code == 3
        assert "namespace_prefix" in refused.err
        assert call(account, "check").code == 0, "the first lake's tables are as they were"
        other.settings["namespace_prefix"] = "other_"
        other.run()
        other.assert_truth()
        with pytest.raises(LakeUnreadable, match="namespace_prefix"):
            Catalog(other_place.lake, account.shared).load(FACT_EVENT)


def test_of_two_commits_to_one_partition_the_slower_is_refused(account: Simulation) -> None:
    """By the catalog itself, whatever leases say."""
    account.run()
    entered, done = threading.Event(), threading.Event()
    mine, others = account.catalog, account.catalog
    day = mine.read(FACT_EVENT)["received_day"].to_pylist()[0]
    rows = mine.read(FACT_EVENT)
    kept = rows.filter([value == day for value in rows["received_day"].to_pylist()])

    def slow() -> Iterator[object]:
        entered.set()
        assert done.wait(60)
        yield kept

    found: list[BaseException] = []

    def work() -> None:
        try:
            mine.replace(FACT_EVENT, [day], slow())  # type: ignore[arg-type]
        except Refused as exc:
            found.append(exc)

    thread = threading.Thread(target=work)
    thread.start()
    assert entered.wait(60)
    others.replace(FACT_EVENT, [day], [kept])
    done.set()
    thread.join()
    assert [type(one) for one in found] == [Refused]
    account.assert_truth(["silver.fact_event"])


def test_a_second_ingest_yields(account: Simulation) -> None:
    from wistia_lake.bronze.lease import lease

    with (
        lease(open_store(account.url or ""), "ingest", holder="another", clock=lambda: account.now),
        pytest.raises(LeaseHeld, match="another"),
    ):
        account.run()
