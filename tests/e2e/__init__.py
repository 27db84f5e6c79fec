"""End-to-end tests: the services as processes."""
