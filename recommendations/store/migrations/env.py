"""Alembic's entry."""

from recommendations.store.schema import metadata
from servicekit.database.migrations import run_from_env

run_from_env(metadata)
