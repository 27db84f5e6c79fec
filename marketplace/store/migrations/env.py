"""Alembic's entry point; servicekit.migrations provides the database."""

from marketplace.store.schema import metadata
from servicekit.migrations import run_from_env

run_from_env(metadata)
