"""SeaweedFS: an S3 server and an Iceberg REST catalog in one program, with real signatures and conditional writes.

One server serves a whole test session; each test has a :class:`Place` of its own: an ordinary bucket for bronze and a
table bucket for tables, which is the catalog's warehouse (a table lies at ``s3://<warehouse>/<namespace>/<table>``).
PyIceberg, Spark and Trino share the tables of a place; what each needs to be told stands here once:

- :attr:`Place.pyiceberg`: properties of ``load_catalog``
- :meth:`Place.spark`: Spark's configuration for a catalog of that name, and for bronze by ``s3://`` or ``s3a://``
- :attr:`Place.trino`: properties of ``CREATE CATALOG … USING iceberg`` (Trino 476 knows ``sigv4-enabled``)
- :attr:`Seaweed.environment`: the credentials, for this process and for programs

The catalog's requests are signed (SigV4) under the service name ``s3tables``.
"""

from __future__ import annotations

import re
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from support.servers.programs import VENVS, Program, answers, free_ports, needed

KEY_ID, SECRET, REGION = "testkey", "testsecret123", "us-east-1"
_REQUESTS = re.compile(r"SeaweedFS_s3_request_total\{(?P<labels>.*)\} (?P<count>\S+)$")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_PARTS = ("master", "volume", "filer", "s3", "admin")


@dataclass(frozen=True)
class Place:
    """A bucket and a warehouse that nobody else uses."""

    s3: str
    rest: str
    bucket: str
    warehouse: str

    @property
    def lake(self) -> str:
        """The lake's URL."""
        return f"s3://{self.bucket}/lake"

    @property
    def pyiceberg(self) -> dict[str, str]:
        """Properties for PyIceberg."""
        return {
            "type": "rest", "uri": self.rest, "warehouse": self.warehouse, "rest.sigv4-enabled": "true",
            "rest.signing-name": "s3tables", "rest.signing-region": REGION, "s3.endpoint": self.s3,
            "s3.access-key-id": KEY_ID, "s3.secret-access-key": SECRET, "s3.region": REGION,
            "s3.path-style-access": "true",
        }  # fmt: skip

    @property
    def catalog(self) -> dict[str, str]:
        """What a user writes into ``[catalog]``: no endpoint and no credential, which the AWS chain knows."""
        return {name: value for name, value in self.pyiceberg.items() if not name.startswith("s3.")}

    def spark(self, catalog: str = "lake") -> dict[str, str]:
        """Configuration for Spark, whose jars come beside; credentials come from the environment."""
        of_catalog = {
            "": "org.apache.iceberg.spark.SparkCatalog", ".type": "rest", ".uri": self.rest,
            ".warehouse": self.warehouse, ".rest.sigv4-enabled": "true", ".rest.signing-name": "s3tables",
            ".rest.signing-region": REGION, ".io-impl": "org.apache.iceberg.aws.s3.S3FileIO", ".s3.endpoint": self.s3,
            ".s3.path-style-access": "true", ".client.region": REGION,
        }  # fmt: skip
        return {f"spark.sql.catalog.{catalog}{key}": value for key, value in of_catalog.items()} | {
            "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
            "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
            "spark.hadoop.fs.s3a.endpoint": self.s3,
            "spark.hadoop.fs.s3a.endpoint.region": REGION,
            "spark.hadoop.fs.s3a.path.style.access": "true",
        }

    @property
    def trino(self) -> dict[str, str]:
        """Properties for a catalog of Trino."""
        return {
            "iceberg.catalog.type": "rest", "iceberg.rest-catalog.uri": self.rest,
            "iceberg.rest-catalog.warehouse": self.warehouse, "iceberg.rest-catalog.sigv4-enabled": "true",
            "iceberg.rest-catalog.signing-name": "s3tables", "iceberg.rest-catalog.view-endpoints-enabled": "false",
            "fs.native-s3.enabled": "true", "s3.endpoint": self.s3, "s3.region": REGION, "s3.path-style-access": "true",
            "s3.aws-access-key": KEY_ID, "s3.aws-secret-key": SECRET,
        }  # fmt: skip


@dataclass(frozen=True)
class Seaweed:
    """A running server."""

    s3: str
    rest: str
    metrics: str
    log: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1), repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """The standard variables of AWS clients, for its only user."""
        return {
            "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL_S3": self.s3, "AWS_EC2_METADATA_DISABLED": "true",
        }  # fmt: skip

    def requests(self, place: Place) -> Counter[str]:
        """How many requests a place's bucket and warehouse were sent so far, as the server counts them, by kind."""
        with urllib.request.urlopen(self.metrics) as answer:
            lines = answer.read().decode().splitlines()
        found: Counter[str] = Counter()
        for line in lines:
            if told := _REQUESTS.match(line):
                labels = dict(_LABEL.findall(told["labels"]))
                if labels["bucket"] in (place.bucket, place.warehouse):
                    found[labels["type"]] += int(float(told["count"]))
        return found

    def place(self) -> Place:
        """A new bucket and a new warehouse."""
        import boto3

        number = next(self._numbers)
        named = {"region_name": REGION, "aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET}
        place = Place(self.s3, self.rest, f"lake-{number}", f"warehouse-{number}")
        boto3.session.Session().client("s3", endpoint_url=self.s3, **named).create_bucket(Bucket=place.bucket)
        boto3.session.Session().client("s3tables", endpoint_url=self.s3, **named).create_table_bucket(
            name=place.warehouse
        )
        return place


@contextmanager
def seaweed(folder: Path) -> Iterator[Seaweed]:
    """Start SeaweedFS with its data in ``folder``."""
    weed = needed(VENVS / "servers/bin/weed")
    names = (
        [f"{part}.port" for part in _PARTS]
        + [f"{part}.port.grpc" for part in _PARTS]
        + ["s3.port.iceberg", "metricsPort"]
    )
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    data = folder / "data"
    data.mkdir(parents=True)
    # Every bucket takes seven volumes, as many as the disk has room for: small ones make many buckets.
    command = [
        str(weed), "mini", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-webdav=false", "-admin.ui=false",
        "-s3.port.lance=0", "-master.telemetry=false", "-master.volumeSizeLimitMB=16",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]  # fmt: skip
    s3, rest = (f"http://127.0.0.1:{ports[name]}" for name in ("s3.port", "s3.port.iceberg"))
    with Program(
        "seaweed", command, folder, environment={"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET},
        ready=lambda: answers(s3) and answers(f"{rest}/v1/config"),
    ) as program:  # fmt: skip
        yield Seaweed(s3, rest, f"http://127.0.0.1:{ports['metricsPort']}/metrics", program.log)
