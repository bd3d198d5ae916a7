package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/turnstile"
)

// Open opens a database. It connects once and rejects a server with another encoding
// than UTF-8 or another time zone than UTC, because values would change their meaning.
// Open retries for [Options.OpenTimeout] while the server takes no connections, and
// then fails with [driver.ErrUnavailable]. Nil opts takes every default. Close the DB
// to close the connections.
func Open(ctx context.Context, url string, opts *Options) (*store.DB, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	d, err := open(ctx, url, o)
	if err != nil {
		return nil, err
	}
	return store.New(d, o.Store), nil
}

func open(ctx context.Context, url string, o Options) (*database, error) {
	config, err := o.config(url)
	if err != nil {
		return nil, err
	}
	d := &database{logger: o.Store.Logger, pooler: o.Pooler}
	if o.Pooler {
		d.timeout = max(0, o.StatementTimeout)
	}
	d.turns = turns{turnstile.New(o.MaxConns, o.reserve(), o.AcquireTimeout)}
	config.ConnConfig.Tracer = d.turns
	config.BeforeConnect = d.beforeConnect
	config.ShouldPing, config.PingTimeout = d.isDead, pingTimeout
	if d.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("postgres: open: %w", mapError(ctx, err))
	}
	pool := patientConnector{stdlib.GetPoolConnector(d.pool), d}
	d.sql, d.transactions = sql.OpenDB(pool), sql.OpenDB(connector{pool})
	d.sql.SetMaxIdleConns(0) // the pool keeps them
	d.transactions.SetMaxIdleConns(0)
	if d.dialect, err = d.inspect(ctx, o.OpenTimeout); err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: open: %w", mapError(ctx, err)), d.Close())
	}
	d.bun = bun.NewDB(d.sql, bunDialect{pgdialect.New()})
	return d, nil
}

// unfitError says what makes a server one that we cannot use.
type unfitError string

func (e unfitError) Error() string { return string(e) }

// checkSession rejects a session with settings that change the meaning of values. The
// server sends these settings at connect, so the check needs no round trip.
func checkSession(_ context.Context, c *pgconn.PgConn) error {
	for _, want := range [...]struct {
		name   string
		values []string
	}{
		{"server_encoding", []string{"UTF8"}},
		{"client_encoding", []string{"UTF8"}},
		{"TimeZone", []string{"UTC", "Etc/UTC"}},
		{"integer_datetimes", []string{"on"}},
		{"standard_conforming_strings", []string{"on"}},
	} {
		if got := c.ParameterStatus(want.name); !slices.Contains(want.values, got) {
			return unfitError(fmt.Sprintf("%s is %q, want %q", want.name, got, want.values[0]))
		}
	}
	return nil
}

// oldestVersion is the oldest release that the tests run on.
const oldestVersion = 140000

// readDialect reads what depends on the server.
func readDialect(ctx context.Context, pool *sql.DB) (driver.Dialect, error) {
	d := driver.Dialect{Name: "postgres"}
	if err := checkServer(ctx, pool); err != nil {
		return d, err
	}
	var version int
	if err := pool.QueryRowContext(ctx, "select current_setting('server_version_num')::int").Scan(&version); err != nil {
		return d, err
	}
	if version < oldestVersion {
		return d, fmt.Errorf("the server is PostgreSQL %d, want 14 or newer", version/10000)
	}
	var err error
	if d.Fold, err = foldExpression(ctx, pool); err != nil {
		return d, err
	}
	d.TextSearch, err = textSearch(ctx, pool)
	return d, err
}
