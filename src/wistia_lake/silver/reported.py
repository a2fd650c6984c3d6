"""``silver.fact_account_day`` and ``fact_media_curve``: what Wistia reports, as it was last read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from wistia_lake.bronze.manifest import Manifest
from wistia_lake.engines.base import Job
from wistia_lake.lake.tables_reported import FACT_ACCOUNT_DAY, FACT_MEDIA_CURVE
from wistia_lake.model import days_between, last_of_month, months_between
from wistia_lake.silver.context import WHOLE, Context, Plan, digest, sql_of
from wistia_lake.silver.relations import duration_spans, relation

ACCOUNT_BY_DATE = "account_by_date"
MEDIA_ENGAGEMENT = "media_engagement"
MOST_POSITIONS = 2000
"""As many as the allow-list lets pass; Wistia documents 1000."""


# --- fact_account_day ------------------------------------------------------------------------------------------------


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
        for month in months_between(*manifest.covers):
            inputs.setdefault(month, []).append([manifest.policy_version, manifest.content_hash])
    return {month.isoformat(): digest(FACT_ACCOUNT_DAY, looks) for month, looks in sorted(inputs.items())}


def account_day_jobs(context: Context, partitions: list[str]) -> Iterator[Job]:
    """One job for all months: a day is one short row."""
    yield _account_day_job(context, sorted(map(date.fromisoformat, partitions)))


def _account_day_job(context: Context, months: list[date]) -> Job:
    days = [(day, month) for month in months for day in days_between(month, last_of_month(month))]
    looks = [
        (order, manifest)
        for order, manifest in _account_looks(context)
        if manifest.covers is not None and manifest.covers[0] <= days[-1][0] and manifest.covers[1] >= months[0]
    ]
    rows = [(manifest.data.batch_id, order) for order, manifest in looks if manifest.data is not None]
    bronze = context.bronze(ACCOUNT_BY_DATE, [manifest for _, manifest in looks])
    return Job(
        sql_of(FACT_ACCOUNT_DAY),
        (bronze,),
        {
            "account_looks": relation({"batch_id": "text", "look_order": "number"}, rows),
            "wanted_days": relation({"day": "day", "month": "day"}, days),
        },
    )


# --- fact_media_curve ------------------------------------------------------------------------------------------------


def _curve_looks(context: Context) -> list[tuple[str, Manifest]]:
    """The newest look of each scope, which tells all that the scope ever told."""
    looks = context.history.looks[MEDIA_ENGAGEMENT]
    newest = [(scope, looks.latest(scope)) for scope in looks.scopes]
    return [(scope, context.history.manifest(look)) for scope, look in newest if look is not None]


def plan_curves(context: Context) -> Plan:
    """The table as a whole: one curve per media, and those of most medias that are watched move every day."""
    looks = _curve_looks(context)
    medias = {media_id for _, manifest in looks for media_id in manifest.medias}
    lengths = {media_id: known for media_id, known in sorted(context.durations.items()) if media_id in medias}
    content = [[scope, manifest.policy_version, manifest.content_hash] for scope, manifest in looks]
    hidden = context.visibility.hidden_in(*(manifest for _, manifest in looks))
    return {WHOLE: digest(FACT_MEDIA_CURVE, content, hidden, lengths)}


def curve_jobs(context: Context, _partitions: list[str]) -> Iterator[Job]:
    """One job."""
    yield _curve_job(context)


def _curve_job(context: Context) -> Job:
    manifests = [manifest for _, manifest in _curve_looks(context)]
    rows = [(manifest.data.batch_id,) for manifest in manifests if manifest.data is not None]
    bronze = context.bronze(MEDIA_ENGAGEMENT, manifests)
    return Job(
        sql_of(FACT_MEDIA_CURVE),
        (bronze,),
        {
            "curve_looks": relation({"batch_id": "text"}, rows),
            "curve_positions": relation({"position": "number"}, [(place,) for place in range(MOST_POSITIONS)]),
            "duration_spans": duration_spans(context.durations),
        },
    )
