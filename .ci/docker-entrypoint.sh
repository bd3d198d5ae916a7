#!/bin/sh
# The entry of the PostgreSQL image that CI builds from Debian packages. It keeps the part of the official image's contract that
# pgtest relies on: POSTGRES_PASSWORD (required), POSTGRES_USER, POSTGRES_DB and PGDATA on the first start, then the given command.
set -eu

bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
PATH=$bin:$PATH
PGDATA=${PGDATA:-/var/lib/postgresql/data}
export PATH PGDATA

if [ "$(id -u)" = 0 ]; then
	mkdir -p "$PGDATA" /var/run/postgresql
	chown postgres:postgres "$PGDATA" /var/run/postgresql
	exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
	user=${POSTGRES_USER:-postgres}
	secret=$(mktemp)
	printf '%s\n' "${POSTGRES_PASSWORD:?POSTGRES_PASSWORD is required}" >"$secret"
	initdb --username="$user" --pwfile="$secret" --encoding=UTF8 --locale=en_US.UTF-8 --auth=scram-sha-256 --no-sync >/dev/null
	rm -f "$secret"
	echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
	echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
	if [ "${POSTGRES_DB:-$user}" != postgres ]; then
		echo "create database \"${POSTGRES_DB:-$user}\";" | postgres --single -D "$PGDATA" postgres >/dev/null
	fi
fi
exec "$@"
