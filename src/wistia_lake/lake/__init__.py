"""The store, the catalog and the tables."""
