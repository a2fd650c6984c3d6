"""``probe medias``: what the account's media list looks like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wistia_lake.model import is_media_id
from wistia_lake.privacy.samples import MEDIA, Redaction, redact
from wistia_lake.probes.asking import STUCK, Api, Page, ask, refuse_paging, stuck
from wistia_lake.probes.describing import moment
from wistia_lake.probes.samples import Report, field_lines, pretty, stamp, write_samples
from wistia_lake.settings import ChannelRule, Loaded
from wistia_lake.wistia.endpoints import MEDIAS


def list_medias(loaded: Loaded, output: Path, *, page: int = 1, per_page: int = 25) -> Report:
    """Read one page of the media list, write it as a sample, and say what it shows."""
    refuse_paging(page=page, per_page=per_page)

    async def question(api: Api) -> tuple[Page, bool]:
        return await api.one_page(MEDIAS, page, per_page, {})

    found, more = ask(loaded, question)
    sample = redact(found.rows, MEDIA)
    values = _values(sample, loaded.settings.channels) | {
        "page": page, "per_page": per_page, "more_pages": more, "stuck": stuck(len(found.rows), per_page, more),
    }  # fmt: skip
    files = write_samples(output / "medias", f"list_medias_{stamp(found.requested_at)}", {".json": pretty(sample.rows)})
    return Report([*_lines(values), *field_lines(sample)], values, files)


def _values(sample: Redaction, rules: Sequence[ChannelRule]) -> dict[str, Any]:
    rows = sample.rows
    dated = [(at, row["created"]) for row in rows if (at := moment(row.get("created"))) is not None]
    created = [text for _, text in sorted(dated)]
    return {
        "count": len(rows),
        "earliest_created": created[0] if created else None,
        "latest_created": created[-1] if created else None,
        "channels": _channels(rows, rules),
        "channel_rules": len(rules),
        "keys": {name: _key(rows, name) for name in ("hashed_id", "id", "name")},
        "hashed_id_form": all(is_media_id(str(row.get("hashed_id"))) for row in rows),
        "dropped_fields": sorted(sample.dropped),
        "unknown_fields": sorted(sample.unknown),
    }


def _channels(rows: list[dict[str, Any]], rules: Sequence[ChannelRule]) -> dict[str, int]:
    # Imported late: it brings pyarrow, which no other probe needs.
    from wistia_lake.silver.relations import channel_of

    mix: Counter[str] = Counter()
    for row in rows:
        project, tags = row.get("project") or row.get("folder") or {}, row.get("tags") or []
        names = [tag["name"] for tag in tags if isinstance(tag.get("name"), str)]
        channel = channel_of(
            rules, project=project.get("name"), section=row.get("section"), tags=names, title=row.get("name")
        )
        mix[channel] += 1
    return dict(mix.most_common())


def _key(rows: list[dict[str, Any]], name: str) -> dict[str, int]:
    """How often a field that might be a key is there, and how many values it has."""
    found = [row[name] for row in rows if row.get(name) is not None]
    return {"present": len(found), "distinct": len(set(map(str, found)))}


def _lines(values: dict[str, Any]) -> list[str]:
    count, page = values["count"], values["page"]
    if not count:
        return [f"0 found: page {page} of the media list is empty."]
    more = "more pages follow" if values["more_pages"] else "this is the last page"
    lines = [f"{count:,} medias on page {page} ({values['per_page']} were asked for; {more})"]
    if values["stuck"]:
        lines.append(f"stuck: the page is shorter than asked, though more follow; {STUCK}")
    lines.append(f"created: {values['earliest_created']} to {values['latest_created']}")
    mix = ", ".join(f"{channel} {medias:,}" for channel, medias in values["channels"].items())
    lines.append(f"channels: {mix}")
    if not values["channel_rules"]:
        lines.append("no channel rules are set, so every media is Other: [[channels]] in wistia-lake.toml names them")
    return [*lines, _key_line(values)]


def _key_line(values: dict[str, Any]) -> str:
    count, keys = values["count"], values["keys"]
    whole = keys["hashed_id"] == {"present": count, "distinct": count}
    form = (
        "ten lower-case letters or digits" if values["hashed_id_form"] else "NOT all ten lower-case letters or digits"
    )
    others = (
        f"numeric ids: {keys['id']['distinct']:,} of {count:,}, unknown to events; "
        f"titles: {keys['name']['distinct']:,} different of {count:,}, and they change"
    )
    if not whole:
        return f"NO stable key: hashed_id is in {keys['hashed_id']['present']:,} of {count:,} rows; please report it"
    return f"stable key: hashed_id, the hashed id: in every row, each once, {form} ({others})"
