package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// otherServers are servers that speak PostgreSQL's protocol and are not PostgreSQL, by a
// part of what version() says, with the reason why they are rejected. Each answers most
// statements, so without the check an application would start and lose changes.
var otherServers = []struct{ mark, name, reason string }{
	{"CockroachDB", "CockroachDB", "it has no transaction snapshots, so readers of the change log would miss changes"},
	{"-YB-", "YugabyteDB", "its nodes number transactions apart, so readers of the change log would miss changes"},
	{"Greenplum", "Greenplum", "its segments number transactions apart, so readers of the change log would miss changes"},
	{"Redshift", "Amazon Redshift", "it has no unique keys or row locks, so writes would not be checked"},
}

// checkVersion rejects a server by what version() says.
func checkVersion(version string) error {
	for _, other := range otherServers {
		if strings.Contains(version, other.mark) {
			return unfitError(fmt.Sprintf("the server is %s, want PostgreSQL: %s", other.name, other.reason))
		}
	}
	return nil
}

// checkServer rejects what is no plain PostgreSQL.
func checkServer(ctx context.Context, pool *sql.DB) error {
	var version string
	if err := pool.QueryRowContext(ctx, "select version()").Scan(&version); err != nil {
		return err
	}
	if err := checkVersion(version); err != nil {
		return err
	}
	// to_regclass, because the catalog of Citus exists only with the extension.
	var catalog sql.NullString
	if err := pool.QueryRowContext(ctx, "select to_regclass('pg_catalog.pg_dist_partition')::text").Scan(&catalog); err != nil || !catalog.Valid {
		return err
	}
	var table sql.NullString
	if err := pool.QueryRowContext(ctx, "select min(logicalrelid::text) from "+catalog.String+" where partmethod <> 'n'").Scan(&table); err != nil || !table.Valid {
		return err
	}
	return unfitError(fmt.Sprintf("the table %s is distributed by Citus, want plain PostgreSQL: other nodes number transactions apart, "+
		"so readers of the change log would miss changes", table.String))
}
