"""What a perfect reader knows about medias: worked cases on small histories."""

from __future__ import annotations

from datetime import date

import pytest

from sandbox.reading import ask, run
from sandbox.truth_support import FIRST, MEDIA, OTHER, at, truth_of
from wistia_lake.sandbox.catalog import media_filter
from wistia_lake.sandbox.scenario import ChannelRule
from wistia_lake.sandbox.server import Site
from wistia_lake.sandbox.truth.shown import is_shown
from wistia_lake.sandbox.world import World


def test_medias_are_renamed_deleted_and_come_back(site):
    world = site.world
    run(site, FIRST)
    world.rename(MEDIA, "New name", at("2025-03-13T08:00:00"))
    site.advance(at("2025-03-13T14:00:00"))
    run(site, FIRST)
    world.delete(MEDIA, at("2025-03-14T08:00:00"))
    site.advance(at("2025-03-14T14:00:00"))
    run(site, FIRST)  # missing from the list, but nobody asked for it by itself
    row = next(row for row in truth_of(site).rows("silver.dim_media") if row["media_id"] == MEDIA)
    assert (row["title"], row["is_deleted"]) == ("New name", False)
    assert (row["first_seen_day"], row["last_seen_day"]) == (date(2025, 3, 12), date(2025, 3, 13))
    ask(site, f"/medias/{MEDIA}")
    row = next(row for row in truth_of(site).rows("silver.dim_media") if row["media_id"] == MEDIA)
    assert (row["title"], row["is_deleted"]) == ("New name", True)
    world.restore(MEDIA, at("2025-03-15T08:00:00"))
    site.advance(at("2025-03-15T14:00:00"))
    run(site, FIRST)
    row = next(row for row in truth_of(site).rows("silver.dim_media") if row["media_id"] == MEDIA)
    assert (row["is_deleted"], row["last_seen_day"]) == (False, date(2025, 3, 15))


def test_a_media_deleted_on_the_day_it_was_first_seen_was_seen(site):
    """Two lists of one UTC day: the second one no longer holds it, the first one did."""
    run(site, FIRST)
    site.world.delete(MEDIA, at("2025-03-12T15:00:00"))
    site.advance(at("2025-03-12T16:00:00"))
    run(site, FIRST, known=[MEDIA])
    row = next(row for row in truth_of(site).rows("silver.dim_media") if row["media_id"] == MEDIA)
    assert (row["numeric_id"], row["channel"], row["is_deleted"]) == (501, "Facebook", True)
    assert row["first_seen_day"] == row["last_seen_day"] == date(2025, 3, 12)
    assert [row["media_id"] for row in truth_of(site).rows("silver.media_duration")] == [MEDIA, OTHER]
    snapshot = truth_of(site).rows("silver.fact_media_engagement")[0]
    assert (snapshot["media_id"], snapshot["snapshot_day"]) == (MEDIA, date(2025, 3, 12))


def test_a_media_known_only_from_sessions_has_the_title_they_carried(site):
    site.world.rename(MEDIA, "Late name", at("2025-03-12T13:00:00"))
    site.world.delete(MEDIA, at("2025-03-12T13:30:00"))
    run(site, FIRST)
    rules = (ChannelRule("Named", "title", "LATE*"),)
    row = next(row for row in truth_of(site, channel_rules=rules).rows("silver.dim_media") if row["media_id"] == MEDIA)
    known = {name: value for name, value in row.items() if value is not None}
    assert known == {"media_id": MEDIA, "title": "Late name", "channel": "Named", "is_deleted": False}


def test_channels_follow_the_rules_in_order(site):
    run(site, FIRST)

    def channels(*rules):
        rows = truth_of(site, channel_rules=[ChannelRule(*rule) for rule in rules]).rows("silver.dim_media")
        return [row["channel"] for row in rows]

    assert channels() == ["Other", "Other"]
    assert channels(("A", "project", "facebook*"), ("B", "title", "*")) == ["A", "B"]
    assert channels(("B", "title", "*"), ("A", "project", "facebook*")) == ["B", "B"]
    assert channels(("A", "section", "TOURS")) == ["Other", "A"]
    assert channels(("A", "title", "planting")) == ["Other", "Other"]  # a pattern covers the whole value


def test_a_duration_that_was_unknown_serves_earlier_days_too():
    world = World("tiny", 1)
    world.set_duration(MEDIA, None, at("2025-03-05T00:00:00"))
    world.set_duration(MEDIA, 91.52, at("2025-03-13T00:00:00"))
    world.set_duration(MEDIA, 80.0005, at("2025-03-14T00:00:00"))
    site = Site(world, at("2025-03-12T14:00:00"), rate_limit=None)
    run(site, FIRST)
    first = truth_of(site)
    assert {row["media_id"] for row in first.rows("silver.media_duration")} == {OTHER}
    own = [row for row in first.rows("silver.fact_event") if row["media_id"] == MEDIA]
    assert all(row["duration_ms"] is None and row["watched_ms"] is None for row in own)
    assert all(row["watched_ms"] is None for row in first.rows("silver.fact_media_day") if row["media_id"] == MEDIA)
    for day in (13, 14):
        site.advance(at(f"2025-03-{day}T14:00:00"))
        run(site, FIRST)
    later = truth_of(site)
    assert [
        (row["valid_from_day"], row["duration_ms"])
        for row in later.rows("silver.media_duration")
        if row["media_id"] == MEDIA
    ] == [(date(2025, 3, 13), 91520), (date(2025, 3, 14), 80001)]
    for row in later.rows("silver.fact_event"):
        if row["media_id"] == MEDIA:
            assert row["duration_ms"] == (80001 if row["received_day"] >= date(2025, 3, 14) else 91520)


@pytest.mark.parametrize(
    ("toml", "shown"),
    [
        ("", True),
        ('[[include]]\nproject = "FACEBOOK*"', True),
        ('[[include]]\nproject = "book*"', False),
        ('[[include]]\ntag = "t?o"\nsection = "Ads"', True),
        ('[[include]]\ntag = "t?o"\nsection = "Add"', False),
        ('[[include]]\ntitle = "x"\n[[include]]\ntitle = "A [film]"', True),
        ('[[include]]\ntitle = "*"\n[[exclude]]\ntag = "one"', False),
        ('[[exclude]]\ntag = "three"\n[[exclude]]\nsection = "ads"', False),
        ('[[exclude]]\ntitle = "A .film."', True),
    ],
)
def test_a_media_is_shown_if_one_include_rule_fits_and_no_exclude_rule(toml, shown):
    values = {"project": ["Facebook Ads"], "section": ["Ads"], "title": ["A [film]"], "tag": ["one", "two"]}
    assert is_shown(media_filter(toml), values) is shown


def test_of_a_media_known_only_from_sessions_rules_can_see_the_title_alone():
    values = {"title": ["Ghost"]}
    assert is_shown(media_filter('[[include]]\ntitle = "gh*"'), values)
    assert not is_shown(media_filter('[[include]]\nproject = "*"'), values)
    assert is_shown(media_filter('[[exclude]]\nproject = "*"'), values)
