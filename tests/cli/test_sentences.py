"""What a command did, in sentences."""

from __future__ import annotations

from datetime import UTC, date, datetime

from wistia_lake.cli.sentences import build_sentences, ingest_sentences, run_block, run_sentences, run_values
from wistia_lake.errors import ApiExhausted, ApiGone, StoreError
from wistia_lake.pipeline.summary import BuildSummary, Coverage, IngestSummary, RunSummary


def _first(**counts: int) -> str:
    return ingest_sentences(IngestSummary(**counts))[0]


def test_nothing_due_nothing_found_and_nothing_new_are_different_sentences():
    assert _first() == "Nothing was due: no slice was read."
    assert _first(slice_count=2) == "0 found: the API has no rows in the 2 slices that were read."
    assert _first(slice_count=1, row_count=7) == "0 new: all 7 rows found in 1 slice were known already."
    assert _first(slice_count=9, row_count=1234, added_count=1, batch_count=1) == (
        "1 new of 1,234 rows found in 9 slices; 1 batch written."
    )


def test_what_deserves_attention_has_a_sentence_of_its_own():
    sentences = ingest_sentences(
        IngestSummary(
            slice_count=1,
            row_count=9,
            added_count=2,
            late_row_count=2,
            quarantined_count=1,
            skipped_medias=["abcde12345"],
        )
    )
    assert sentences[1:4] == [
        "2 sessions arrived late: an earlier look at their day was final.",
        "1 row set aside in quarantine.",
        "Skipped, because listed but gone: abcde12345.",
    ]


def test_an_idle_build_says_so():
    assert build_sentences(BuildSummary()) == ["The tables are up to date: nothing was computed."]
    built = BuildSummary(partition_count=2, row_count=1000, tables={"silver.fact_event": 2, "silver.dim_media": 0})
    assert build_sentences(built) == ["2 partitions computed, 1,000 rows written (silver.fact_event 2)."]


def test_every_problem_is_told_and_the_first_is_the_one_that_is_raised():
    ingest = IngestSummary(slice_count=1, problems=[StoreError("one"), ApiExhausted("two")])
    summary = RunSummary(ingest=ingest, problem=ingest.problems[0])
    assert run_sentences(summary)[-1] == "Also: two"
    assert run_values(summary)["problem"] == {"error": "StoreError", "message": "one", "exit_code": 4}


def _run(**more: object) -> RunSummary:
    started = datetime(2025, 3, 12, 14, tzinfo=UTC)
    return RunSummary(command="run", lake="brand", started_at=started, seconds=64.2, **more)  # type: ignore[arg-type]


def test_a_run_is_one_block_that_can_be_pasted():
    summary = _run(
        ingest=IngestSummary(slice_count=1, row_count=7, request_count=9),
        build=BuildSummary(),
        coverage=Coverage(date(2025, 3, 12), date(2025, 3, 12)),
    )
    assert run_block(summary) == [
        'wistia-lake run, lake "brand", 2025-03-12 14:00Z, 64 s: ok',
        "0 new: all 7 rows found in 1 slice were known already.",
        "9 requests, 0 of them retries, 0 answered 429.",
        "The tables are up to date: nothing was computed.",
        "Watermark 2025-03-12 (first UTC day without a final look), newest day 2025-03-12.",
    ]


def test_a_block_of_a_failure_says_what_failed_and_not_that_nothing_was_due():
    problem = ApiExhausted("GET /medias (page 1) answered 505. Try again later.")
    block = run_block(_run(ingest=IngestSummary(request_count=1), problem=problem))
    assert block == [
        'wistia-lake run, lake "brand", 2025-03-12 14:00Z, 64 s: failed, exit code 4 (ApiExhausted)',
        "GET /medias (page 1) answered 505.",
        "1 request, 0 of them retries, 0 answered 429.",
    ]
    gone = run_block(_run(problem=ApiGone("Done, but 1 media is gone.", path="/x")))
    assert gone[0].endswith(": done, but exit code 5 (ApiGone)")


def test_a_block_stays_short_however_much_went_wrong():
    ingest = IngestSummary(
        slice_count=1, problems=[ApiExhausted(f"number {n}") for n in range(400)],
        skipped_medias=[f"m{n:09}" for n in range(60)],
    )  # fmt: skip
    block = run_block(_run(ingest=ingest, failed_checks=[str(n) for n in range(99)], problem=ingest.problems[0]))
    assert len(block) < 20
    assert "And 394 more of these." in block
    assert "And 94 more of these." in block
    assert any(line.endswith("m000000004 and 55 more.") for line in block)


def test_how_long_it_took_is_said_as_people_say_it():
    texts = []
    for seconds in (0.4, 1, 119, 120, 3600, 7200, 9000):
        summary = _run()
        summary.seconds = seconds
        texts.append(run_block(summary)[0].split("Z, ")[1].removesuffix(": ok"))
    assert texts == ["under a second", "1 s", "119 s", "2 min", "60 min", "2.0 h", "2.5 h"]
