"""Silver: one registry, one .sql for each table, and what Python computes for them."""
