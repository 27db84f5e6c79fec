"""Where Alembic starts; it has no database of its own, see servicekit.migrations."""

from marketplace.store.schema import metadata
from servicekit.migrations import run_from_env

run_from_env(metadata)
