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
from wistia_lake.lake.tables_reported import FACT_ACCOUNT_DAY, FACT_MEDIA_CURVE
from wistia_lake.silver import facts, medias, reported
from wistia_lake.silver.context import Model

MODELS: Final = (
    Model(MEDIA_DURATION, medias.plan_durations, medias.duration_jobs),
    Model(FACT_EVENT, facts.plan_events, facts.event_jobs),
    Model(DIM_MEDIA, medias.plan_medias, medias.media_jobs),
    Model(FACT_MEDIA_DAY, facts.plan_media_days, facts.media_day_jobs),
    Model(FACT_MEDIA_ENGAGEMENT, facts.plan_engagement, facts.engagement_jobs, reads_itself=True),
    Model(FACT_ACCOUNT_DAY, reported.plan_account_days, reported.account_day_jobs),
    Model(FACT_MEDIA_CURVE, reported.plan_curves, reported.curve_jobs),
)
