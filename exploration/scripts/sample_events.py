"""Sample play sessions, redacted, with findings; what to look for stands in docs/api_exploration.md."""

from __future__ import annotations

import argparse
import sys
from datetime import date

from project import ROOT

from wistia_lake.probes.events import sample_events
from wistia_lake.probes.script import run_script

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--media-id", help="one media's hashed id (default: the whole account)")
parser.add_argument("--start-date", type=date.fromisoformat, metavar="DAY", help="first day, such as 2025-03-12")
parser.add_argument("--end-date", type=date.fromisoformat, metavar="DAY", help="last day, such as 2025-03-12")
parser.add_argument("--per-page", type=int, default=100, help="rows asked for, at most 100 come (default: 100)")
parser.add_argument("--max-pages", type=int, default=3, help="pages of the sample (default: 3)")
parser.add_argument("--base-url", help="base of the API (default: WISTIA_BASE_URL, else Wistia's)")
given = parser.parse_args()

sys.exit(
    run_script(
        sample_events, ROOT, given.base_url, media_id=given.media_id, start_date=given.start_date,
        end_date=given.end_date, per_page=given.per_page, max_pages=given.max_pages,
    )
)  # fmt: skip
