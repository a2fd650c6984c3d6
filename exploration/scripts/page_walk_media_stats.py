"""Read the lifetime statistics of some medias; what to look for stands in docs/api_exploration.md."""

from __future__ import annotations

import argparse
import sys

from project import ROOT

from wistia_lake.probes.media_stats import page_walk_media_stats
from wistia_lake.probes.script import run_script

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--media-id", default="", help="hashed ids, separated by commas (default: MEDIA_IDS)")
parser.add_argument("--per-page", type=int, default=25, help="taken, though the endpoint does not page (default: 25)")
parser.add_argument("--max-pages", type=int, default=3, help="taken, though the endpoint does not page (default: 3)")
parser.add_argument("--base-url", help="base of the API (default: WISTIA_BASE_URL, else Wistia's)")
given = parser.parse_args()
media_ids = [part.strip() for part in given.media_id.split(",") if part.strip()]

sys.exit(
    run_script(
        page_walk_media_stats, ROOT, given.base_url,
        media_ids=media_ids, per_page=given.per_page, max_pages=given.max_pages,
    )
)  # fmt: skip
