"""Gold: one registry, one .sql for each KPI."""
