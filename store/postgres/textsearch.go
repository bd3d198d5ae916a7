package postgres

import (
	"context"
	"database/sql"
	"errors"
)

// textSearch returns the names of the text search configurations that statements find
// without a schema. Names that need quotes are left out.
func textSearch(ctx context.Context, pool *sql.DB) (names []string, err error) {
	rows, err := pool.QueryContext(ctx,
		`select cfgname from pg_ts_config where pg_ts_config_is_visible(oid) and cfgname ~ '^[a-z_][a-z0-9_]*$' order by cfgname`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
