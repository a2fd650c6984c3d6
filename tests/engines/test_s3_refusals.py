"""What can be wrong with a bucket, its credentials and a catalog: each a clear sentence, and nothing half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from pyiceberg.types import StringType

from support.commands import Answer, call
from support.servers.seaweed import Place
from support.servers.stub import answering
from support.simulation import Simulation, simulation
from wistia_lake.lake.tables import FACT_EVENT

pytestmark = pytest.mark.engines
XML = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>said S3</Message></Error>'


@pytest.fixture
def account(tmp_path: Path, place: Place) -> Iterator[Simulation]:
    with simulation(tmp_path, "tiny", now="2025-03-12 14:00") as found:
        found.url, found.shared = place.lake, place.catalog
        yield found


def keys(place: Place) -> list[str]:
    listed = boto3.session.Session().client("s3", endpoint_url=place.s3).list_objects_v2(Bucket=place.bucket)
    return [item["Key"] for item in listed.get("Contents", [])]


def committed(place: Place) -> list[str]:
    """All but leases, which a command takes and gives back."""
    return sorted(key for key in keys(place) if "/locks/" not in key)


def refused(answer: Answer, code: int, *sentences: str) -> None:
    """One sentence, no traceback, the right exit code."""
    assert answer.code == code, answer
    assert "Traceback" not in answer.err
    for sentence in sentences:
        assert sentence in answer.err


@pytest.mark.parametrize("command", ["run", "status", "check", "query"])
def test_a_bucket_that_does_not_exist(account: Simulation, command: str) -> None:
    account.url = "s3://no-such-bucket/lake"
    words = [command, "sanity"] if command == "query" else [command]
    refused(call(account, *words), 3, "no-such-bucket")


def test_a_bucket_that_does_not_exist_is_named_as_such(account: Simulation) -> None:
    account.url = "s3://no-such-bucket/lake"
    refused(call(account, "run"), 3, "there is no such bucket")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "secret key does not fit"),
        ({"AWS_ACCESS_KEY_ID": "unknown"}, "access key is not known"),
    ],
)
def test_credentials_that_are_refused(
    account: Simulation, place: Place, variables: dict[str, str], sentence: str
) -> None:
    refused(call(account, "run", **variables), 3, sentence)
    assert keys(place) == []


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (400, "ExpiredToken", "credentials have expired"),
        (403, "AccessDenied", "s3:PutObject"),
        (301, "PermanentRedirect", "name its region in AWS_REGION"),
        (400, "AuthorizationHeaderMalformed", "name its region in AWS_REGION"),
        (400, "KMS.DisabledException", "AWS_SSE_KMS_KEY_ID"),
    ],
)
def test_what_s3_itself_says(account: Simulation, status: int, code: str, sentence: str) -> None:
    """Answers that the server of these tests never gives, as Amazon's documentation words them."""
    with answering(status, XML.format(code=code), "application/xml") as url:
        refused(call(account, "run", AWS_ENDPOINT_URL_S3=url), 3, sentence)


def test_a_store_that_does_not_answer(account: Simulation) -> None:
    refused(call(account, "status", AWS_ENDPOINT_URL_S3="http://127.0.0.1:9"), 4, "Check that it is reachable")


def test_a_catalog_that_does_not_answer(account: Simulation, place: Place) -> None:
    account.run()
    before = committed(place)
    account.shared = {**account.shared, "uri": "http://127.0.0.1:9"}
    for words in (["build", "--full"], ["status"], ["query", "sanity"], ["check"]):
        refused(call(account, *words), 4, "The catalog did not answer")
    assert committed(place) == before
    account.shared = place.catalog
    account.assert_truth()


def test_no_catalog_at_all(account: Simulation) -> None:
    account.shared = {}
    refused(call(account, "run"), 3, "need a catalog that several programs can share")


def test_a_secret_in_the_settings_file(account: Simulation, place: Place) -> None:
    account.shared = place.pyiceberg
    with pytest.raises(Exception, match="must not stand in a file"):
        account.loaded()


def test_a_lake_without_a_key_of_its_own(account: Simulation, place: Place) -> None:
    """A key file beside the settings would be gone with the machine; nothing is written without a key."""
    refused(call(account, "run", WISTIA_LAKE_PSEUDONYM_KEY=""), 3, "WISTIA_LAKE_PSEUDONYM_KEY is not set")
    assert keys(place) == []


def _new_column(account: Simulation) -> None:
    with account.catalog.load(FACT_EVENT).update_schema() as update:  # type: ignore[union-attr]
        update.add_column("mine", StringType())


def _lost_column(account: Simulation) -> None:
    with account.catalog.load(FACT_EVENT).update_schema() as update:  # type: ignore[union-attr]
        update.delete_column("country")


def _renamed_column(account: Simulation) -> None:
    with account.catalog.load(FACT_EVENT).update_schema() as update:  # type: ignore[union-attr]
        update.rename_column("country", "land")


@pytest.mark.parametrize(
    "change",
    [
        _new_column,
        pytest.param(_lost_column, marks=pytest.mark.long),
        pytest.param(_renamed_column, marks=pytest.mark.long),
    ],
)
def test_a_table_that_was_changed_by_hand(account: Simulation, change: Callable[[Simulation], None]) -> None:
    account.run()
    change(account)
    for words in (["build", "--full"], ["query", "sanity"], ["check"], ["run"]):
        refused(call(account, *words), 3, "silver.fact_event was changed by something else")


def test_a_table_that_was_dropped_is_made_again(account: Simulation) -> None:
    """Nothing is lost with a table: it is computed from bronze."""
    account.run()
    catalog = account.catalog
    catalog._catalog.drop_table(catalog.identifier(FACT_EVENT))
    assert call(account, "build", "--full").code == 0
    account.assert_truth()


def test_credentials_are_not_told(account: Simulation) -> None:
    account.run()
    for answer in (call(account, "-v", "status"), call(account, "run", AWS_SECRET_ACCESS_KEY="wrong-but-mine")):
        for secret in ("testsecret123", "wrong-but-mine"):
            assert secret not in answer.out + answer.err
