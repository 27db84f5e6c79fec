"""Alembic's entry."""

from recommendations.store.schema import metadata
from servicekit.migrations import run_from_env

run_from_env(metadata)
