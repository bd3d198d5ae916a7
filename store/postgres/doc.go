// Package postgres opens a PostgreSQL database for package store.
//
//	db, err := postgres.Open(ctx, "postgres://app:secret@db.internal/app", nil)
//
// The URL is that of libpq and pgx, environment variables included. Beyond one's
// own machine it should say sslmode=verify-full: the default, prefer, goes on
// without TLS where the server has none. The server must be PostgreSQL 13 or
// newer with a database in UTF-8; Open says what is missing.
//
// # One pool
//
// Bun and the store share one pool. It opens in a mode in which nothing is
// prepared, because Bun writes values into its text. The store's own statements
// bind their values and are prepared once on each connection. If one of them
// turns out slow with the plan the server has cached for it, and fast when it
// is planned with its values, it is planned from then on.
//
// Rows come in binary form and are appended as JSON without a detour: the
// database builds no JSON, and nothing is scanned.
//
// # Failure
//
// A statement that only reads and finds its connection dead runs again on
// another one, once. After a connection was found dead, every other is tried
// before it is used, so that a restart of the server fails what was under way
// and nothing after it. In a transaction only the first statement is repeated,
// with what begins it: nothing of it can have been committed.
//
// A connection whose other side acknowledges nothing for six seconds is given up
// (on Linux; elsewhere only one that is silent), and one that was not used for a
// second is pinged before it is used: without an answer in three seconds all
// connections are opened anew. A new one may take ten seconds, or what
// connect_timeout says in the URL.
//
// # Limits
//
// If the URL names several servers, only one that can be written is used. A
// number or time PostgreSQL knows and JSON does not (NaN, infinity) is null; the
// store never writes one.
package postgres
