"""``silver.fact_account_day``: what Wistia reports of the account, as it was last read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from typing import Any

from wistia_lake.bronze.manifest import Manifest
from wistia_lake.engines.base import Job
from wistia_lake.lake.tables_reported import FACT_ACCOUNT_DAY
from wistia_lake.model import ONE_DAY, days_between, first_of_month
from wistia_lake.silver.context import Context, Plan, digest, sql_of
from wistia_lake.silver.relations import relation

ACCOUNT_BY_DATE = "account_by_date"


def _account_looks(context: Context) -> list[tuple[int, Manifest]]:
    """The looks at the account's days, oldest first; of looks with the same content, the last stands for all."""
    kept: dict[str, tuple[int, Manifest]] = {}
    for order, look in enumerate(context.history.ordered_looks(ACCOUNT_BY_DATE)):
        manifest = context.history.manifest(look)
        kept[manifest.content_hash] = (order, manifest)
    return sorted(kept.values(), key=lambda item: item[0])


def plan_account_days(context: Context) -> Plan:
    """One partition for each month that a look reaches into."""
    inputs: dict[date, list[Any]] = {}
    for _, manifest in _account_looks(context):
        assert manifest.covers is not None
        for month in sorted({first_of_month(day) for day in days_between(*manifest.covers)}):
            inputs.setdefault(month, []).append([manifest.policy_version, manifest.content_hash])
    return {month.isoformat(): digest(FACT_ACCOUNT_DAY, looks) for month, looks in sorted(inputs.items())}


def account_day_jobs(context: Context, partitions: list[str]) -> Iterator[AbstractContextManager[Job]]:
    """One job for all months: a day is one short row."""
    yield _account_day_job(context, sorted(map(date.fromisoformat, partitions)))


@contextmanager
def _account_day_job(context: Context, months: list[date]) -> Iterator[Job]:
    days = [(day, month) for month in months for day in days_between(month, _last_day(month))]
    looks = [
        (order, manifest)
        for order, manifest in _account_looks(context)
        if manifest.covers is not None and manifest.covers[0] <= days[-1][0] and manifest.covers[1] >= months[0]
    ]
    rows = [(manifest.data.batch_id, order) for order, manifest in looks if manifest.data is not None]
    with context.history.bronze(ACCOUNT_BY_DATE, [manifest for _, manifest in looks]) as bronze:
        yield Job(
            sql_of(FACT_ACCOUNT_DAY),
            (bronze,),
            {
                "account_looks": relation({"batch_id": "text", "look_order": "number"}, rows),
                "wanted_days": relation({"day": "day", "month": "day"}, days),
            },
        )


def _last_day(month: date) -> date:
    return first_of_month(month + 31 * ONE_DAY) - ONE_DAY
