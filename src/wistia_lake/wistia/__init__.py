"""The one place that talks to the Wistia API: base URL, token, pace, retries, pages, meaning of statuses."""
