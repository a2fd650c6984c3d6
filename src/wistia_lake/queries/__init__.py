"""Stored queries: one ``.sql`` each, run by ``wistia-lake query NAME``."""
