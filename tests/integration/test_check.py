"""Errors planted in a whole lake are found by name, and what the remedy says takes them away."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from support.simulation import ONE_DAY, Simulation, simulation
from wistia_lake.bronze.batch import commit_look, encode_lines, list_looks, read_batch, read_manifest
from wistia_lake.bronze.layout import new_batch_id
from wistia_lake.bronze.lease import lease
from wistia_lake.checks.findings import Finding, State
from wistia_lake.errors import CheckFailed, LakeUnreadable, LeaseHeld, UsageError
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.store import open_store
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import FACT_EVENT, FACT_MEDIA_DAY
from wistia_lake.model import Quiet
from wistia_lake.pipeline.check import CheckReport, check_lake
from wistia_lake.sandbox.catalog import scenario
from wistia_lake.sandbox.scenario import Traffic
from wistia_lake.sandbox.world import World

pytestmark = [pytest.mark.slow, pytest.mark.long]
SMALL, LARGE = "t1nybbbb02", "t1nyaaaa01"
FIRST = date(2025, 1, 6)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """Eight weeks of a media with 600 plays a day and one with 11, read once and found in order."""
    tiny = scenario("tiny")
    large, small = tiny.medias
    created = large.created - 60 * ONE_DAY
    medias = (
        replace(large, created=created, traffic=Traffic(600, 1.5, "ads", 0.4)),
        replace(small, created=created),
    )
    world = World(replace(tiny, first_day=FIRST, medias=medias), 3)
    with simulation(tmp_path_factory.mktemp("check"), world, now="2025-03-08 14:00") as account:
        account.run()
        assert found(account) == {}
        yield account


def report(account: Simulation, *only: str, **changed: object) -> CheckReport:
    """One ``wistia-lake check`` now."""
    return check_lake(account.loaded(**changed), clock=lambda: account.now, reporter=Quiet(), only=only)


def found(account: Simulation, **changed: object) -> dict[str, Finding]:
    """The worst finding of each check that found something."""
    verdicts = report(account, **changed).verdicts
    return {one.check.name: one.findings[0] for one in verdicts if one.findings}


@contextmanager
def planted(
    account: Simulation, table: Table, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> Iterator[None]:
    """Other rows in a table while the block runs."""
    before = account.rows(table.full_name)
    rows = change(before.to_pylist())
    account.catalog.replace(table, None, [pa.Table.from_pylist(rows, arrow_schema(table))])
    yield
    account.catalog.replace(table, None, [before])


def change_bronze(
    account: Simulation, day: date, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> Path:
    """A newer look at a UTC day whose rows are other ones; returns its manifest."""
    store = open_store(str(account.lake))
    look = list_looks(store, "events").newest("account", day)
    assert look is not None
    before = read_manifest(store, look)
    rows = change(msgspec.json.Decoder(dict).decode_lines(read_batch(store, before)))
    manifest = msgspec.structs.replace(before, batch_id=new_batch_id(account.now, before.batch_id), data=None)
    lines = encode_lines(json.dumps(row, ensure_ascii=False).encode() for row in rows)
    commit_look(store, manifest, lines)
    newest = list_looks(store, "events").newest("account", day)
    assert newest is not None
    assert newest != look
    return account.lake / newest.manifest_key


def test_one_percent_of_one_medias_rows_lost_from_the_table(account: Simulation) -> None:
    def lose(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        lost = {id(row) for row in [row for row in rows if row["media_id"] == LARGE][::100]}
        return [row for row in rows if id(row) not in lost]

    with planted(account, FACT_EVENT, lose):
        findings = found(account)
        assert set(findings) == {"partition-rows", "sessions-per-day"}
        assert findings["sessions-per-day"].media_id == LARGE
        problem = report(account, "sessions-per-day").problem
        assert isinstance(problem, CheckFailed)
        assert "wistia-lake build --full" in str(problem)
        account.build(full=True)
        assert found(account) == {}


def test_one_percent_of_one_medias_week_never_shown_by_wistia(account: Simulation) -> None:
    """All tables agree with each other; only Wistia's own plays tell. It is found by week and media, as a warning."""
    week = date(2025, 2, 10)
    state = {"seen": 0}

    def lose(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kept = []
        for row in rows:
            state["seen"] += row["media_id"] == LARGE
            if row["media_id"] != LARGE or state["seen"] % 100:
                kept.append(row)
        return kept

    looks = [change_bronze(account, week + number * ONE_DAY, lose) for number in range(7)]
    account.build()
    answer = report(account)
    findings = {one.check.name: one.findings[0] for one in answer.verdicts if one.findings}
    assert set(findings) == {"sessions-and-plays"}
    assert (findings["sessions-and-plays"].media_id, findings["sessions-and-plays"].day) == (LARGE, week)
    assert answer.problem is None
    for manifest in looks:
        manifest.unlink()
    account.build()


def test_a_day_doubled_in_the_table(account: Simulation) -> None:
    day = FIRST + 30 * ONE_DAY
    with planted(account, FACT_EVENT, lambda rows: rows + [row for row in rows if row["received_day"] == day]):
        findings = found(account)
    assert {"data-tests", "partition-rows", "sessions-per-day", "doubled-days"} <= set(findings)
    assert findings["doubled-days"].day == day


def test_a_day_doubled_in_bronze_under_other_keys(account: Simulation) -> None:
    """Keys are unique and the tables agree: what was seen tells."""
    day = FIRST + 30 * ONE_DAY
    manifest = change_bronze(
        account,
        day,
        lambda rows: [
            *rows,
            *(row | {"event_id": f"{n:032}", "visitor_id": f"{n:032}"} for n, row in enumerate(rows)),
        ],
    )
    account.build()
    answer = report(account)
    findings = {one.check.name: one.findings[0] for one in answer.verdicts if one.findings}
    assert set(findings) == {"doubled-days", "sessions-and-plays"}
    assert (findings["doubled-days"].media_id, findings["doubled-days"].day) == (LARGE, day)
    assert isinstance(answer.problem, CheckFailed)
    assert f"{answer.problem}".startswith(f"1 of 14 checks failed; the first is doubled-days: {day} (UTC date)")
    manifest.unlink()
    account.build()


def test_a_build_with_another_zone(account: Simulation) -> None:
    account.build(zone="UTC")
    answer = report(account, zone="UTC")
    findings = {one.check.name: one.findings[0] for one in answer.verdicts if one.findings}
    assert "begin 5 hours later than in zone UTC" in findings["day-boundaries"].message
    assert answer.problem is None
    account.build()
    assert found(account) == {}


def test_a_lost_daily_count(account: Simulation) -> None:
    """A week of one media's plays is missing in the daily counts: its sessions are too many."""
    week = date(2025, 2, 3)

    def lose(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for row in rows:
            if row["media_id"] == LARGE and week <= row["day"] < week + 7 * ONE_DAY:
                row["play_count"] = 0
        return rows

    with planted(account, FACT_MEDIA_DAY, lose):
        findings = found(account)
    assert set(findings) == {"sessions-and-plays"}
    assert (findings["sessions-and-plays"].media_id, findings["sessions-and-plays"].day) == (LARGE, week)


def test_what_was_found_is_kept_in_a_table(account: Simulation) -> None:
    answer = report(account)
    rows = [row for row in account.rows("ops.check_result").to_pylist() if row["run_id"] == answer.run_id]
    assert [(row["check_name"], row["state"]) for row in rows] == [
        (one.check.name, one.state) for one in answer.verdicts
    ]
    assert {(row["place"], row["finding_count"], row["checked_at"]) for row in rows} == {(0, 0, account.now)}
    with planted(account, FACT_EVENT, lambda rows: rows[::2]):
        answer = report(account, "sessions-per-day", "coverage")
    rows = [row for row in account.rows("ops.check_result").to_pylist() if row["run_id"] == answer.run_id]
    assert [(row["check_name"], row["state"], row["place"], row["media_id"]) for row in rows] == [
        ("sessions-per-day", "fail", 1, LARGE),
        ("sessions-per-day", "fail", 2, SMALL),
        ("coverage", "ok", 0, None),
    ]
    assert rows[0]["expected"] > rows[0]["found"]


def test_a_check_waits_for_a_build_and_knows_its_names(account: Simulation, tmp_path: Path) -> None:
    with (
        lease(open_store(str(account.lake)), "build", holder="another", clock=lambda: account.now),
        pytest.raises(LeaseHeld, match="another"),
    ):
        report(account)
    with pytest.raises(UsageError, match=r"no check 'sanity'.*day-boundaries"):
        report(account, "sanity")
    with pytest.raises(LakeUnreadable, match="wistia-lake run"):
        report(account, lake=str(tmp_path / "nowhere"))
    assert report(account, "coverage").count(State.OK) == 1


def test_a_build_that_ends_while_tables_are_checked_is_noticed(account: Simulation) -> None:
    class Meanwhile(Quiet):
        def step(self, name: str, done: int, total: int | None) -> None:
            if done == 1:
                account.build(full=True)

    with pytest.raises(LeaseHeld, match="Run the check again"):
        check_lake(account.loaded(), clock=lambda: account.now, reporter=Meanwhile(), only=["coverage", "freshness"])
