"""The only place that joins the parts: ingest, build, check, run."""
