"""Data tests of the finished tables."""
