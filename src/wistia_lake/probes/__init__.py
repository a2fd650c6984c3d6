"""Questions to a live account: small, redacted samples of its answers, and what they say about it."""
