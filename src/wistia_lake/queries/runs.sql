-- The last twenty runs, newest first: when, what, how it ended, and what it took.
select
    started_at,
    command,
    outcome,
    exit_code,
    round(date_diff('millisecond', started_at, finished_at) / 60000.0, 1) as minutes,
    request_count,
    row_count,
    late_row_count,
    quarantined_count,
    partition_count,
    run_id
from ops.run
order by started_at desc, run_id desc
limit 20
