"""Metrics for Prometheus: what is measured in every service, and the port where they are read."""
