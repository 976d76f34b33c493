#!/bin/sh
# Creates Temporal's two databases in PostgreSQL and brings their tables up to the version of this image. May be run again.
# Wants POSTGRES_HOST, POSTGRES_USER and, for the tool itself, SQL_PASSWORD; POSTGRES_PORT is 5432 if it is not set.
set -eu

schemas=${TEMPORAL_SCHEMAS:-/etc/temporal/schema/postgresql/v12}

sql() {
  database=$1
  shift
  temporal-sql-tool --plugin postgres12_pgx --ep "$POSTGRES_HOST" -p "${POSTGRES_PORT:-5432}" -u "$POSTGRES_USER" --db "$database" "$@"
}

prepare() {
  sql "$1" create-database
  # Lays down the tables that hold the version; where they are, it changes nothing.
  sql "$1" setup-schema -v 0.0
  sql "$1" update-schema -d "$schemas/$2/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility
