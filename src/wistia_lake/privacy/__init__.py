"""What may be written, decided before anything touches a disk (docs/privacy.md)."""
