"""The laws of lifetime counters, on a recorded answer, and fields described by type and range."""

from __future__ import annotations

import pytest

from wistia_lake.probes.describing import decimals, describe
from wistia_lake.probes.media_stats import laws_of

RECORD = {
    "load_count": 110694, "play_count": 43810, "play_rate": 0.4350761882621468, "hours_watched": 2651.986969632,
    "engagement": 0.500445, "visitors": 94634,
}  # fmt: skip
"""A real answer; its media is 435.456 s long."""


def test_the_recorded_answer_keeps_both_laws_to_the_last_digit():
    found = laws_of(RECORD, 435.456)
    assert found["expected_hours"] == RECORD["hours_watched"]
    assert found["hours_law_holds"] is found["players_whole"] is True
    assert round(found["players"]) == 41173


@pytest.mark.parametrize(
    ("changes", "duration", "hours", "players"),
    [
        ({}, None, None, True),
        ({}, 435.5, False, True),
        ({"play_rate": 0.435}, 435.456, True, False),
        ({"engagement": None}, 435.456, None, True),
        ({"play_rate": "0.4"}, 435.456, True, None),
        ({"play_count": 0, "hours_watched": 0}, 435.456, True, True),
    ],
)
def test_laws_that_do_not_hold_or_cannot_be_told(changes, duration, hours, players):
    found = laws_of(RECORD | changes, duration)
    assert (found["hours_law_holds"], found["players_whole"]) == (hours, players)


def test_a_field_is_described_by_type_nulls_range_and_rounding():
    loads, rate, missing, mixed = describe(
        [RECORD, RECORD | {"load_count": 7, "play_rate": None, "mixed": 1}, RECORD | {"mixed": "x"}],
        ["load_count", "play_rate", "nothing", "mixed"],
    )
    assert loads.sentence() == "whole number, null 0, 7 to 110694; no rounding needed: whole"
    assert rate.sentence().startswith("number, null 1, 0.4350761882621468 to 0.4350761882621468; no rounding to store")
    assert "16 decimals" in rate.sentence()
    assert missing.sentence() == "absent"
    assert mixed.values()["types"] == {"string": 1, "whole number": 1}
    assert "absent 1" in mixed.sentence()


@pytest.mark.parametrize(("value", "digits"), [(3, 0), (3.0, 0), (0.25, 2), (2.3e-05, 6), (1e22, 0), (0.500445, 6)])
def test_decimals_are_those_of_the_shortest_text(value, digits):
    assert decimals(value) == digits
