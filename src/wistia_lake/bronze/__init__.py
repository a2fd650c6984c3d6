"""Immutable batches of raw, redacted rows; a manifest is the commit of one look."""
