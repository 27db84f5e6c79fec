"""Traces: what a request causes in all services, as spans of OpenTelemetry; off unless a collector is set."""
