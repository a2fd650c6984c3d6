"""What spark-submit is given: ``spark-submit [Spark's options] deploy/spark_job.py [options of wistia-lake build]``."""

from __future__ import annotations

import sys

from wistia_lake.cli.main import main

sys.exit(main(["build", "--engine", "spark", *sys.argv[1:]]))
