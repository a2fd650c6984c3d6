"""Real servers, started by the tests that need them: SeaweedFS, Trino, moto. ``make engines-fetch`` gets them."""
