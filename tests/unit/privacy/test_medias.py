"""Medias, statistics, days and the account: what is kept of each."""

from __future__ import annotations

import msgspec
import pytest

from unit.privacy.served_rows import ABSENT, page
from wistia_lake.errors import DataError
from wistia_lake.privacy.pages import media_keys, medias_agree
from wistia_lake.privacy.policy import (
    decode_account,
    decode_by_date,
    decode_media,
    decode_media_stats,
    decode_medias,
)
from wistia_lake.privacy.rows import AccountRow, MediaByDateRow, MediaRow, MediaStatsRow

MEDIA = {
    "id": 12345678,
    "name": "Product tour",
    "type": "Video",
    "archived": False,
    "created": "2023-01-26T02:19:57+00:00",
    "updated": "2024-01-26T02:19:57+00:00",
    "duration": 435.456,
    "hashed_id": "abcde12345",
    "description": "<p>secret</p>",
    "progress": 1.0,
    "status": "ready",
    "thumbnail": {"url": "https://secret", "width": 200, "height": 120},
    "section": "Intro",
    "project": {"id": 7, "name": "Tours", "hashed_id": "proj123456"},
    "assets": [{"url": "https://secret", "fileSize": 2465037615}],
}
STATS = {"load_count": 110694, "play_count": 43810, "play_rate": 0.4350761882621468, "hours_watched": 2651.986969632,
         "engagement": 0.500445, "visitors": 94634}  # fmt: skip


def media(**changes):
    row = MEDIA | changes
    return {name: value for name, value in row.items() if value is not ABSENT}


def test_a_media_becomes_its_row():
    decoded = decode_medias(page(media()))
    assert decoded.rows == [
        MediaRow(
            media_id="abcde12345", numeric_id=12345678, name="Product tour", type="Video", duration=435.456,
            archived=False, status="ready", section="Intro", project_id="proj123456", project="Tours",
            created="2023-01-26T02:19:57+00:00", updated="2024-01-26T02:19:57+00:00", tags=[], url=None, is_deleted=False,
        )
    ]  # fmt: skip
    assert decoded.bad == []
    assert decoded.dropped_fields == {"description", "progress", "thumbnail", "assets", "project.id"}


def test_a_media_in_the_queue_lacks_nearly_everything():
    [row] = decode_medias(page({"hashed_id": "abcde12345"})).rows
    assert row == MediaRow("abcde12345", *[None] * 11, tags=[])
    [row] = decode_medias(page(media(duration=None, section=ABSENT, project=None, assets=ABSENT))).rows
    assert (row.duration, row.section, row.project, row.project_id) == (None, None, None, None)


@pytest.mark.parametrize("duration", [0, 12, 0.5])
def test_durations_may_be_whole_numbers_and_zero(duration):
    assert decode_medias(page(media(duration=duration))).rows[0].duration == duration


def test_a_projects_hashed_id_has_two_spellings():
    [row] = decode_medias(page(media(project={"id": 7, "name": "Tours", "hashedId": "proj123456"}))).rows
    assert (row.project_id, row.project) == ("proj123456", "Tours")


def test_the_modern_api_says_folder_for_project():
    decoded = decode_medias(page(media(folder={"id": 7, "name": "Tours", "hashed_id": "proj123456"}, project=None)))
    assert (decoded.rows[0].project_id, decoded.rows[0].project) == ("proj123456", "Tours")
    assert "folder.id" in decoded.dropped_fields
    assert decode_medias(page(media(folder=None, project=None))).rows[0].project is None


def test_tags_are_kept_by_name_and_unknown_fields_in_them_reported():
    body = page(media(tags=[{"name": "launch"}, {"name": "b", "colour": "secret"}], room={"secret": 1}))
    decoded = decode_medias(body)
    assert decoded.rows[0].tags == ["launch", "b"]
    assert decoded.unknown_fields == {"tags.colour", "room"}
    assert "secret" not in repr(decoded)


@pytest.mark.parametrize(
    ("field", "value", "expected", "found"),
    [
        ("hashed_id", ABSENT, "ten lower-case letters or digits", "nothing"),
        ("id", "7", "whole number of at least 0 or null", "string"),
        ("duration", -1, "number in 0..10^8 or null", "number"),
        ("created", "yesterday", "instant or null", "string"),
        ("created", "2023-02-30T00:00:00+00:00", "instant or null", "string"),
        ("updated", "2023-02-30T00:00:00Z", "instant or null", "string"),
        ("tags", "launch", "array of objects or null", "string"),
        ("tags", ["launch"], "array of objects or null", "array"),
        ("project", [{"name": "x"}], "object or null", "array"),
    ],
)
def test_a_bad_media_is_told_by_field_and_types(field, value, expected, found):
    decoded = decode_medias(page(media(), media(**{field: value})))
    assert len(decoded.rows) == 1
    [bad] = decoded.bad
    assert (bad.position, bad.field, bad.expected, bad.found) == (1, field, expected, found)
    assert (bad.event_id, bad.visitor_id) == (None, None)


def test_a_single_media_is_read_like_one_of_a_list():
    assert decode_media(page(media())[1:-1]) == decode_medias(page(media()))
    with pytest.raises(DataError, match=r"GET /medias/\{media_id\} .* JSON object; it sent: array"):
        decode_media(b"[]")
    with pytest.raises(DataError, match="did not answer with JSON"):
        decode_media(b"{")
    for body in (b"", b"{},{}"):
        with pytest.raises(DataError, match="did not answer with JSON"):
            decode_media(body)


def test_lists_of_medias_are_compared_by_id():
    one, other = media(), media(hashed_id="zzzzz12345")
    assert len(set(media_keys(page(one, other)))) == 2
    assert medias_agree(page(one, other), page(other, one | {"name": "renamed"}))
    assert not medias_agree(page(one), page(other))


def test_statistics_keep_every_digit():
    decoded = decode_media_stats(msgspec.json.encode(STATS | {"actions": []}), media_id="abcde12345")
    assert decoded.rows == [
        MediaStatsRow(
            media_id="abcde12345", load_count=110694, play_count=43810,
            play_rate=0.4350761882621468, hours_watched=2651.986969632, engagement=0.500445, visitors=94634,
        )
    ]  # fmt: skip
    assert decoded.dropped_fields == {"actions"}


def test_a_counter_must_be_a_whole_number_that_is_not_negative():
    for value, found in ((-1, "number"), (3.0, "number"), ("3", "string"), (None, "null"), (2**63, "number")):
        decoded = decode_media_stats(msgspec.json.encode(STATS | {"play_count": value}), media_id="m")
        assert decoded.rows == []
        [bad] = decoded.bad
        assert (bad.field, bad.expected, bad.found) == ("play_count", "whole number in 0..10^12", found)
    with pytest.raises(DataError, match="array"):
        decode_media_stats(b"[]", media_id="m")


def by_date(*rows):
    return decode_by_date(page(*rows), media_id="abcde12345")


def day(text, **changes):
    return {"date": text, "load_count": 159, "play_count": 121, "hours_watched": 1.43} | changes


def test_the_days_of_a_media_are_rows_in_order():
    decoded = by_date(day("2025-03-10", hours_watched=0), day("2025-03-09"), day("2025-03-11"))
    assert decoded.rows == [
        MediaByDateRow("abcde12345", "2025-03-09", 159, 121, 1.43),
        MediaByDateRow("abcde12345", "2025-03-10", 159, 121, 0.0),
        MediaByDateRow("abcde12345", "2025-03-11", 159, 121, 1.43),
    ]
    assert by_date().rows == []


def test_a_bad_or_repeated_day_is_told_and_the_others_stay():
    decoded = by_date(
        day("2025-02-30"), day("2025-03-09"), day("2025-03-09"), day("2025-03-10", play_count=-1), day("10 March"), day("2025-03-11", new=1)
    )  # fmt: skip
    assert [one.date for one in decoded.rows] == ["2025-03-09", "2025-03-11"]
    assert [(bad.position, bad.field) for bad in decoded.bad] == [
        (0, "date"),
        (2, "date"),
        (3, "play_count"),
        (4, "date"),
    ]
    assert decoded.unknown_fields == {"new"}


def test_the_account_is_its_address_and_name():
    decoded = decode_account(b'{"id":1,"name":"Example","url":"https://example.wistia.com","mediaCount":3}')
    assert decoded.rows == [AccountRow("https://example.wistia.com", "Example")]
    assert decoded.dropped_fields == {"id", "mediaCount"}
