#!/usr/bin/env bash
# Makes each service's database and its two roles, from the URLs in /run/secrets. PostgreSQL's image runs it once, when
# there are no data yet. The owner migrates; the service itself reads and writes rows, and can change no table.
set -eo pipefail

# role_url NAME: the role, the password and the database of postgresql://ROLE:PASSWORD@HOST/DATABASE in a secret
role_url() { sed -nE 's|^postgresql://([^:]+):([^@]+)@[^/]+/([^?]+).*$|\1 \2 \3|p' "${SECRETS:-/run/secrets}/$1"; }

for service in recommendations marketplace notices previews; do
  read -r OWNER OWNER_PASSWORD DATABASE <<<"$(role_url "${service}_owner_url")"
  read -r APP APP_PASSWORD DATABASE <<<"$(role_url "${service}_database_url")"
  export OWNER OWNER_PASSWORD APP APP_PASSWORD DATABASE
  psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv owner OWNER
\getenv owner_password OWNER_PASSWORD
\getenv app APP
\getenv app_password APP_PASSWORD
\getenv database DATABASE
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';
CREATE ROLE :"app" LOGIN PASSWORD :'app_password';
CREATE DATABASE :"database" OWNER :"owner";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"app";
\connect :"database"
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO :"app";
SQL
done
# The shop's search finds similar words with it.
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname marketplace \
  --command 'CREATE EXTENSION pg_trgm'
