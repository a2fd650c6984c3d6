"""The modern API beside v1: the same lake, whichever is asked."""

from __future__ import annotations

from pathlib import Path

from support.leaks import search
from support.simulation import ONE_DAY, simulation
from wistia_lake.bronze.batch import list_looks, read_manifest
from wistia_lake.lake.store import open_store
from wistia_lake.sandbox.private import private_values
from wistia_lake.wistia.base_url import MODERN_VERSION


def test_either_api_gives_the_truth_and_the_same_bytes(tmp_path: Path) -> None:
    """Read by v1, read again by the modern API: every row is the same, and a later day read by it is the truth."""
    with simulation(tmp_path, "tiny", now="2025-03-10 14:00") as account:
        account.run()
        account.run()
        objects = account.objects()
        modern = account.sandbox.base_url + "/modern"
        account.run(base_url=modern)
        assert {one for one in account.objects() - objects if "/media_timeseries/" not in one} == set()
        account.at(account.now + ONE_DAY).run(base_url=modern)
        account.assert_truth()
        private = private_values(account.sandbox.world, account.now)
    store = open_store(str(account.lake))
    lists = list_looks(store, "projects")
    assert len(lists.all_days()) == 2, "folders are what v1 calls projects"
    versions = {read_manifest(store, look).api_version for look in list_looks(store, "events")}
    assert versions == {"v1", MODERN_VERSION}
    found = search([account.lake], {kind: {v for v in values if len(v) >= 5} for kind, values in private.items()})
    assert found.found == []
