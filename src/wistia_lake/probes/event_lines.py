"""The findings about play sessions as sentences."""

from __future__ import annotations

from typing import Any

from wistia_lake.probes.asking import STUCK


def lines_of_findings(found: dict[str, Any]) -> list[str]:
    """One line for each question, and one for each field."""
    if not found["row_count"]:
        return ["0 found: the API has no play sessions for what was asked; nothing can be told from none."]
    pages = found["page_size"]["pages"]
    return [
        f"{found['row_count']:,} rows on {len(pages):,} pages, {found['request_count']:,} requests",
        _media_filter(found["media_filter"]),
        _dates(found["dates_inclusive"]),
        _days(found["days_utc"]),
        *_page_size(found["page_size"]),
        _order(found["order"]),
        *(f"  {name}: {_field(values)}" for name, values in found["fields"].items()),
        _refused(found["refused"]),
        _repeats(found["repeats"]),
        f"newest row: {found['newest']['received_at']}, {found['newest']['age_seconds']:,} seconds old"
        if found["newest"]["received_at"]
        else "newest row: cannot tell, no row has a received_at",
        _watermark(found["watermark"]),
        _lateness(found["lateness"]),
    ]


def _media_filter(found: dict[str, Any]) -> str:
    return (
        f"media filter works: {found['verdict']} ({found['rows']:,} rows of {found['media_id']}, "
        f"{found['rows_of_other_medias']:,} of others; a media that does not exist: {found['unknown_media']}, "
        f"{found['rows_of_a_media_that_does_not_exist']:,} rows)"
    )


def _dates(found: dict[str, Any]) -> str:
    return f"dates are inclusive: {found['verdict']} ({found['rows']:,} rows with both dates {found['day']})"


def _days(found: dict[str, Any]) -> str:
    return (
        f"days are UTC: {found['verdict']} (the change of day lies between {found['last_before']} and "
        f"{found['first_after']})"
    )


def _page_size(found: dict[str, Any]) -> list[str]:
    sizes = ", ".join(map(str, found["pages"]))
    cap = "cannot tell, the list is too short" if found["cap"] is None else f"{found['cap']} rows"
    lines = [
        (
            f"page size as asked: {found['verdict']} ({found['asked']} asked: {sizes} rows); "
            f"cap: {cap} ({found['asked_large']} asked: {found['rows_large']} rows)"
        )
    ]
    if found["stuck_at"] is not None:
        lines.append(f"stuck at {found['stuck_at']} rows though more were asked for; {STUCK}")
    return lines


def _order(found: dict[str, Any]) -> str:
    return (
        f"newest first by received_at: {found['verdict']} ({found['out_of_order']:,} out of order, "
        f"{found['ties']:,} ties)"
    )


def _field(values: dict[str, Any]) -> str:
    types = ", ".join(f"{name} {count:,}" for name, count in values["types"].items()) or "absent"
    span = "" if values["least"] is None else f"; {values['least']} to {values['most']}"
    return f"{types}; absent {values['absent']:,}, blank {values['blank']:,}{span}"


def _refused(found: dict[str, Any]) -> str:
    if not found["rows"]:
        return "every row has what the daily facts need"
    reasons = "; ".join(f"{reason} ({count:,})" for reason, count in found["reasons"].items())
    return f"{found['rows']:,} rows would be set aside: {reasons}"


def _repeats(found: dict[str, Any]) -> str:
    return (
        f"repeated rows: {found['repeated_rows']:,}; twins, one event key with several visitors: "
        f"{found['twin_keys']:,}; so the key is {found['key']}"
    )


def _watermark(found: dict[str, Any]) -> str:
    if found["field"] is None:
        return "watermark: no field serves, because received_at is not on every row or does not order them"
    others = [name for name in found["instants_on_every_row"] if name != found["field"]]
    alone = f"as do {', '.join(others)}" if others else "the only instant on every row"
    return f"watermark: {found['field']} ({alone}; the list is ordered by it)"


def _lateness(found: dict[str, Any]) -> str:
    if not found["rows"]:
        return "lateness: cannot tell, no event key begins with a time"
    return (
        f"lateness from key to receipt: median {found['median_seconds']:,} s, largest {found['largest_seconds']:,} s, "
        f"{found['over_an_hour']:,} over an hour, {found['over_a_day']:,} over a day, "
        f"{found['received_on_a_later_utc_day']:,} received on a later UTC day"
    )
