"""Alembic's entry point; servicekit.database.migrations provides the database."""

from previews.store.schema import metadata
from servicekit.database.migrations import run_from_env

run_from_env(metadata)
