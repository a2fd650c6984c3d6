"""What S3 is told of encryption, endpoint and region comes from the variables that every AWS tool reads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wistia_lake.errors import SettingsError
from wistia_lake.lake import s3
from wistia_lake.lake.store import open_store

KMS_KEY = "arn:aws:kms:eu-central-1:111122223333:key/example"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """The headers of every request that reached a server on loopback, which accepts all."""
    headers: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
            self.send_response(200)
            self.send_header("ETag", '"e"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id-of-a-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-a-test")
    yield headers
    server.shutdown()
    server.server_close()


def test_a_kms_key_goes_with_every_object(heard: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SERVER_SIDE_ENCRYPTION", "aws:kms")
    monkeypatch.setenv("AWS_SSE_KMS_KEY_ID", KMS_KEY)
    store = open_store("s3://bucket/some/prefix")
    store.create("manifest.json", b"{}")
    store.put("data", b"x")
    assert [one["x-amz-server-side-encryption"] for one in heard] == ["aws:kms", "aws:kms"]
    assert {one["x-amz-server-side-encryption-aws-kms-key-id"] for one in heard} == {KMS_KEY}


def test_keys_lie_below_the_prefix_and_new_ones_are_created_conditionally(heard: list[dict[str, str]]) -> None:
    store = open_store("s3://bucket/some/prefix/")
    store.create("a.json", b"{}")
    store.put("b", b"x")
    assert [one["path"] for one in heard] == ["/bucket/some/prefix/a.json", "/bucket/some/prefix/b"]
    assert [one.get("if-none-match") for one in heard] == ["*", None]
    assert "x-amz-server-side-encryption" not in heard[0]


def test_the_region_is_that_of_the_variables(heard: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    open_store("s3://bucket/lake").put("a", b"x")
    assert "/eu-central-1/s3/" in heard[0]["authorization"]
    assert "secret-of-a-test" not in str(heard)


def test_the_region_may_be_that_of_a_profile(
    heard: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also where the keys come from variables: boto3 looks it up, and the store and the tables' files are told."""
    (tmp_path / "config").write_text("[default]\nregion = eu-west-3\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    open_store("s3://bucket/lake").put("a", b"x")
    assert "/eu-west-3/s3/" in heard[0]["authorization"]
    assert s3.iceberg_properties()["s3.region"] == "eu-west-3"


def test_an_address_without_a_bucket() -> None:
    with pytest.raises(SettingsError, match="s3://bucket/prefix"):
        open_store("s3:///lake")
