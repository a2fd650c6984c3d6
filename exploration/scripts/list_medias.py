"""List one page of the account's medias; what to look for stands in docs/api_exploration.md."""

from __future__ import annotations

import argparse
import sys

from project import ROOT

from wistia_lake.probes.medias import list_medias
from wistia_lake.probes.script import run_script

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--page", type=int, default=1, help="page of the list (default: 1)")
parser.add_argument("--per-page", type=int, default=25, help="rows asked for, at most 100 come (default: 25)")
parser.add_argument("--base-url", help="base of the API (default: WISTIA_BASE_URL, else Wistia's)")
given = parser.parse_args()

sys.exit(run_script(list_medias, ROOT, given.base_url, page=given.page, per_page=given.per_page))
