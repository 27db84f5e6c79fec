"""Backups of running services."""
