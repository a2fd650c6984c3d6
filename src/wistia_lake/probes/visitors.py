"""``probe visitors``: the shape of visitors, without anybody in it. Visitors go no further than this."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wistia_lake.privacy.samples import VISITOR, Redaction, redact
from wistia_lake.probes.asking import STUCK, Api, Page, ask, refuse_paging, stuck
from wistia_lake.probes.samples import Report, field_lines, personal_lines, pretty, stamp, write_samples
from wistia_lake.settings import Loaded
from wistia_lake.wistia.endpoints import VISITORS


def sample_visitors(loaded: Loaded, output: Path, *, page: int = 1, per_page: int = 10) -> Report:
    """Read one page of the account's visitors, redact it, write it as a sample, and say what it shows."""
    refuse_paging(page=page, per_page=per_page)

    async def question(api: Api) -> tuple[Page, bool]:
        return await api.one_page(VISITORS, page, per_page, {})

    found, more = ask(loaded, question)
    sample = redact(found.rows, VISITOR)
    values = _values(sample) | {
        "page": page, "per_page": per_page, "more_pages": more, "stuck": stuck(len(found.rows), per_page, more),
    }  # fmt: skip
    name = f"visitors_page_{page}_{stamp(found.requested_at)}"
    files = write_samples(output / "visitors", name, {".json": pretty(sample.rows)})
    return Report([*_lines(values), *personal_lines(sample), *field_lines(sample)], values, files)


def _values(sample: Redaction) -> dict[str, Any]:
    rows = sample.rows
    active = [row["last_active_at"] for row in rows if isinstance(row.get("last_active_at"), str)]
    both = [
        row for row in rows if isinstance(row.get("created_at"), str) and isinstance(row.get("last_active_at"), str)
    ]
    counted = [row for row in rows if all(isinstance(row.get(name), int) for name in ("play_count", "load_count"))]
    return {
        "count": len(rows),
        "newest_first": active == sorted(active, reverse=True),
        "newest_active_at": max(active, default=None),
        "oldest_active_at": min(active, default=None),
        "created_after_active": sum(row["created_at"] > row["last_active_at"] for row in both),
        "more_plays_than_loads": sum(row["play_count"] > row["load_count"] for row in counted),
        "keys_with_numeric_prefix": sum(str(row.get("visitor_key"))[:1].isdigit() for row in rows),
        "personal_fields": dict(sorted(sample.personal.items())),
        "dropped_fields": sorted(sample.dropped),
        "unknown_fields": sorted(sample.unknown),
    }


def _lines(values: dict[str, Any]) -> list[str]:
    count, page = values["count"], values["page"]
    if not count:
        return [f"0 found: page {page} of the visitors is empty."]
    more = "more pages follow" if values["more_pages"] else "this is the last page"
    lines = [
        (
            f"{count:,} visitors of the whole account on page {page} ({values['per_page']} were asked for; {more}); "
            "the endpoint has no filter by media"
        )
    ]
    if values["stuck"]:
        lines.append(f"stuck: the page is shorter than asked, though more follow; {STUCK}")
    order = "newest first by last_active_at" if values["newest_first"] else "NOT newest first by last_active_at"
    return [
        *lines,
        f"order: {order}, from {values['newest_active_at']} back to {values['oldest_active_at']}",
        f"keys: {values['keys_with_numeric_prefix']:,} of {count:,} have a numeric prefix; others must be survived",
        (
            f"oddities: created after last active {values['created_after_active']:,}, "
            f"more plays than loads {values['more_plays_than_loads']:,}"
        ),
    ]
