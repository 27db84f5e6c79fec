"""Benchmarks of accuracy, speed, memory and outages. They print measurements and assert nothing."""
