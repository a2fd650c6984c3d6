"""The silver models, in build order."""

from __future__ import annotations

from typing import Final

from wistia_lake.lake.tables import (
    DIM_MEDIA,
    FACT_EVENT,
    FACT_MEDIA_DAY,
    FACT_MEDIA_ENGAGEMENT,
    MEDIA_DURATION,
)
from wistia_lake.lake.tables_measured import FACT_MEDIA_DAY_MEASURED
from wistia_lake.lake.tables_reported import FACT_ACCOUNT_DAY, FACT_MEDIA_CURVE
from wistia_lake.silver import engagement, events, measured, media_days, medias, reported
from wistia_lake.silver.context import Model

MODELS: Final = (
    Model(MEDIA_DURATION, medias.plan_durations, medias.duration_jobs),
    Model(FACT_EVENT, events.plan_events, events.event_jobs),
    Model(DIM_MEDIA, medias.plan_medias, medias.media_jobs),
    Model(FACT_MEDIA_DAY, media_days.plan_media_days, media_days.media_day_jobs),
    Model(FACT_MEDIA_ENGAGEMENT, engagement.plan_engagement, engagement.engagement_jobs, reads_itself=True),
    Model(FACT_ACCOUNT_DAY, reported.plan_account_days, reported.account_day_jobs),
    Model(FACT_MEDIA_CURVE, reported.plan_curves, reported.curve_jobs),
    Model(FACT_MEDIA_DAY_MEASURED, measured.plan_measured_days, measured.measured_day_jobs),
)
