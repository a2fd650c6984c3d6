"""The table of what ``check`` found, as plain data; part of the registry in ``tables``."""

from __future__ import annotations

from wistia_lake.lake.table import Column, Table, Type

_S, _L, _D = Type.STRING, Type.LONG, Type.DOUBLE

OPS_CHECK_RESULT = Table(
    "ops",
    "check_result",
    "one row per check and finding, worst first; one row for a check that found nothing",
    ("run_id", "check_name", "place"),
    reads=("checks",),
    columns=(
        Column("run_id", _S, "time-ordered id of the check command", required=True),
        Column("checked_at", Type.INSTANT, "when the lake was checked", "UTC instant", required=True),
        Column("check_name", _S, "name of the check, as `check --only` takes it", required=True),
        Column("severity", _S, "what a finding of this check is: fail (data broke a promise) or warn", required=True),
        Column(
            "state",
            _S,
            "ok, warn, fail, or unknown where there is not enough data to judge; the same on all rows of a check",
            required=True,
        ),
        Column(
            "place",
            _L,
            "0 for a check that found nothing, else 1 for the worst finding and so on, 20 at most",
            required=True,
        ),
        Column("finding_count", _L, "findings of the check, also those beyond the 20", "findings", required=True),
        Column("media_id", _S, "hashed id of the media; null where a finding is about no single media"),
        Column(
            "day",
            Type.DATE,
            "day of the finding; first day of the week where weeks are compared",
            "account date, UTC date where the message says so",
        ),
        Column("expected", _D, "the number that was expected; null where numbers are not compared"),
        Column("found", _D, "the number that was found"),
        Column("tolerance", _D, "by how much the two may differ"),
        Column("message", _S, "what was found, as a sentence; for a check without findings, what it compared"),
    ),
)
