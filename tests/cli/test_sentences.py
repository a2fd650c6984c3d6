"""What a command did, in sentences."""

from __future__ import annotations

from wistia_lake.cli.sentences import build_sentences, ingest_sentences, run_sentences, run_values
from wistia_lake.errors import ApiExhausted, StoreError
from wistia_lake.pipeline.summary import BuildSummary, IngestSummary, RunSummary


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
