"""Every check that ``wistia-lake check`` makes, in the order in which it shows them.

A check is an entry here, a judge in one of the modules beside this one and, where it asks the tables, a ``.sql``. It
fails only where the lake's own promises are broken; what Wistia's numbers say against each other is a warning.
"""

from __future__ import annotations

from typing import Final

from wistia_lake.checks import of_counts, of_looks, of_tables, of_weeks
from wistia_lake.checks.findings import Check, State

_BUILD = (
    "Run `wistia-lake build`; if the check fails again, `wistia-lake build --full` computes every table from bronze."
)
_READ_AGAIN = "`wistia-lake run --from DAY --to DAY` reads the days again"

CHECKS: Final = (
    Check(
        "data-tests",
        "Are keys unique, required columns filled, values in range and references found?",
        State.FAIL,
        _BUILD,
        of_tables.data_tests,
    ),
    Check(
        "partition-rows",
        "Does each partition of each table hold as many rows as when it was built?",
        State.FAIL,
        _BUILD,
        of_tables.partition_rows,
    ),
    Check(
        "sessions-per-day",
        "Do the sessions in fact_event add up to those in fact_media_day, per media and day?",
        State.FAIL,
        _BUILD,
        of_tables.sessions_per_day,
    ),
    Check(
        "doubled-days",
        "Does a day hold its sessions twice, under other keys?",
        State.FAIL,
        "Was the lake read with two pseudonym keys, or did Wistia give its sessions new keys? "
        f"{_READ_AGAIN}; if they stay doubled, please report it.",
        of_tables.doubled_days,
    ),
    Check(
        "sessions-and-plays",
        "Are there about as many sessions as Wistia counts plays, per media and week?",
        State.WARN,
        f"{_READ_AGAIN}. If the numbers stay apart, Wistia itself counts plays without sessions: blocked, bots, "
        "another player. After some such weeks they are taken for usual.",
        of_weeks.sessions_and_plays,
    ),
    Check(
        "day-boundaries",
        "Do the account's days begin where the setting zone says?",
        State.WARN,
        "`wistia-lake probe time-zone` names the zones that fit; set `zone` in wistia-lake.toml and run again: exactly "
        "what depends on it is computed anew.",
        of_counts.day_boundaries,
    ),
    Check(
        "plays-and-counters",
        "Do Wistia's daily counts add up to the change of its lifetime counters?",
        State.WARN,
        f"{_READ_AGAIN}. If they stay apart, Wistia restated a counter; trust the daily counts.",
        of_counts.plays_and_counters,
    ),
    Check(
        "lifetime-laws",
        "Is hours_watched = plays x engagement x length, and play_rate x visitors a whole number?",
        State.WARN,
        "Wistia may have changed what a number means, or the media was replaced that day. Do not rely on hours_watched "
        "and unique_play_count of these medias until it holds again; measured watch time does not depend on them.",
        of_counts.lifetime_laws,
    ),
    Check(
        "twins",
        "Are there no more twins (rows of one session under several viewers) than usual?",
        State.WARN,
        "Twins are kept and marked by is_twin: count sessions with `where not is_twin` until their share falls.",
        of_weeks.twins,
    ),
    Check(
        "coverage",
        "Was every day between the first and the last one read, and read again after its end?",
        State.WARN,
        "`wistia-lake run` reads them, as long as Wistia still serves them (two years).",
        of_looks.coverage,
    ),
    Check(
        "freshness",
        "Was every stream read lately?",
        State.WARN,
        "See that `wistia-lake run` is still scheduled and what it says; `wistia-lake status` shows its last runs.",
        of_looks.freshness,
    ),
    Check(
        "sudden-silence",
        "Is there a media that was watched steadily and suddenly is not?",
        State.WARN,
        "See whether the media is still on its page and plays. If Wistia counts plays on those days, its sessions are "
        f"late or lost: {_READ_AGAIN}.",
        of_looks.sudden_silence,
    ),
    Check(
        "removed-sessions",
        "Did Wistia stop showing sessions that it had shown before?",
        State.WARN,
        "Usually a media or a viewer was deleted at Wistia; then all is well. Earlier looks are still in bronze.",
        of_looks.removed_sessions,
    ),
    Check(
        "set-aside-rows",
        "Were all rows that Wistia served readable?",
        State.WARN,
        "The notes in the lake's folder quarantine/ name field and type. Install the newest version and run again: "
        "these days stay due until they come clean.",
        of_looks.set_aside_rows,
    ),
)

BY_NAME: Final = {check.name: check for check in CHECKS}
