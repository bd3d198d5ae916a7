// Package postgres opens a PostgreSQL database for package store.
//
//	db, err := postgres.Open(ctx, "postgres://app:secret@db.internal/app", nil)
//
// The URL and the environment variables are those of libpq and pgx. For a remote server
// set sslmode=verify-full. The default, prefer, falls back to no TLS if the server has
// none. The server must be PostgreSQL 14 or newer with a database in UTF-8; Open
// returns an error that names a missing requirement.
//
// # One pool
//
// Bun and the store share one pool. Bun's statements are not prepared, because Bun
// writes values into their text. The store's statements bind their values and are
// prepared once on each connection.
//
// After five executions PostgreSQL may run a prepared statement with a generic plan, which
// does not know the values. That is slow for a condition on a rare value of a column that
// has few values. If pg_stat_statements shows such a list, add
// plan_cache_mode=force_custom_plan to the URL. Every execution is then planned with its
// values, which costs a short statement 20 to 100 microseconds.
//
// Rows arrive in binary form and are appended as JSON directly. The database builds no
// JSON.
//
// # Failure
//
// A read-only statement on a dead connection is retried once on another one. After a
// connection was found dead, every other one is pinged before its next use. A restart
// of the server therefore fails only the statements in flight. In a transaction only
// the first statement is retried, together with its BEGIN, because nothing can have
// been committed.
//
// On Linux a connection with data unacknowledged for six seconds is closed; on other
// systems only a silent one is. A connection that was idle for a second is pinged
// before use. If it does not answer in three seconds, all connections are reopened.
// Opening one may take ten seconds, or connect_timeout of the URL.
//
// # Limits
//
// If the URL names several servers, only a writable one is used. A number or time
// without a JSON form (NaN, infinity) is read as null; the store never writes one.
package postgres
