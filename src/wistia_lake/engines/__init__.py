"""What computes tables: one protocol, one module for each engine."""
