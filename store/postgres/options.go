package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/seed-7694ebf6/plinth/store"
)

// Options tunes a database. The zero value is ready to use.
type Options struct {
	// AcquireTimeout is how long a statement waits for a connection before it fails with
	// [store.ErrBusy]. The API then responds 503 with Retry-After. It applies to Bun's
	// statements too. Negative sets no limit.
	//
	// Defaults to 2 seconds.
	AcquireTimeout time.Duration

	// ConnMaxIdleTime is the idle time after which a connection is closed. Lower it if
	// a firewall or load balancer drops idle connections sooner. Negative sets no
	// limit.
	//
	// Defaults to five minutes.
	ConnMaxIdleTime time.Duration

	// ConnMaxLifetime is the age at which a connection is closed, so that connections
	// spread over the servers again after a failover. Negative sets no limit.
	//
	// Defaults to one hour.
	ConnMaxLifetime time.Duration

	// LockTimeout is how long a statement waits for a lock before it fails with
	// [store.ErrBusy]. The API then responds 503 with Retry-After. It applies to Bun's
	// statements too, and not to migrations. A transaction that may wait longer runs
	// "set local lock_timeout". A lock_timeout in the URL takes precedence. Negative
	// uses the server's configuration. Behind a pooler it is not set.
	//
	// Defaults to 2 seconds.
	LockTimeout time.Duration

	// MaxConns is the number of connections this process may hold. All
	// processes together must stay below the server's max_connections.
	//
	// Defaults to 20.
	MaxConns int

	// OpenTimeout is how long [Open] retries while no server takes connections, because
	// it is starting or has too many. Negative tries once.
	//
	// Defaults to 30 seconds.
	OpenTimeout time.Duration

	// Pooler says that a pooler before the server may switch sessions between
	// transactions, as PgBouncer does in transaction mode. Statements are not prepared
	// then. The time limit is enforced by this process and applies to the store's
	// statements only.
	Pooler bool

	// Reserve is the number of connections kept for urgent statements: those of
	// [store.DB.Ping] and under [store.WithReserve]. A negative Reserve or a MaxConns
	// of 1 keeps none.
	//
	// Defaults to 1.
	Reserve int

	// StatementTimeout is how long a statement may run before the server ends it with
	// [store.ErrTimeout], waiting for locks included. It applies to Go code, Bun's
	// statements and service keys; a [store.Scope] may have a shorter one. A
	// statement_timeout in the URL takes precedence. Negative uses the server's
	// configuration.
	//
	// Defaults to 30 seconds.
	StatementTimeout time.Duration

	// Store tunes the store over the database. Its Logger also receives the driver's
	// retries. It never receives values.
	Store store.Options
}

// Validate returns the mistakes that [Open] would report. Nil is valid.
func (o *Options) Validate() error {
	_, err := o.withDefaults()
	return err
}

func (o *Options) withDefaults() (Options, error) {
	var out Options
	if o != nil {
		out = *o
	}
	if out.MaxConns < 0 || out.MaxConns > math.MaxInt32 {
		return out, errors.New("postgres: MaxConns is negative or too large")
	}
	out.AcquireTimeout = cmp.Or(out.AcquireTimeout, 2*time.Second)
	out.ConnMaxIdleTime = cmp.Or(out.ConnMaxIdleTime, 5*time.Minute)
	out.ConnMaxLifetime = cmp.Or(out.ConnMaxLifetime, time.Hour)
	out.LockTimeout = cmp.Or(out.LockTimeout, 2*time.Second)
	out.MaxConns = cmp.Or(out.MaxConns, 20)
	out.OpenTimeout = cmp.Or(out.OpenTimeout, 30*time.Second)
	out.Reserve = cmp.Or(out.Reserve, 1)
	out.StatementTimeout = cmp.Or(out.StatementTimeout, 30*time.Second)
	if out.Store.Logger == nil {
		out.Store.Logger = slog.New(slog.DiscardHandler)
	}
	return out, nil
}

// reserve is the number of connections that are kept: one at least is for all.
func (o *Options) reserve() int { return max(0, min(o.Reserve, o.MaxConns-1)) }

// statementCache is the number of prepared statements of a connection. Each takes
// memory of the server on every connection.
const statementCache = 128

// config reads the URL and fixes what the package relies on.
func (o *Options) config(url string) (*pgxpool.Config, error) {
	pool, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("postgres: open: %w", err) // pgx leaves passwords out
	}
	pool.MaxConns, pool.MinConns, pool.MinIdleConns = int32(o.MaxConns), 0, 0
	pool.MaxConnIdleTime, pool.MaxConnLifetime = orNever(o.ConnMaxIdleTime), orNever(o.ConnMaxLifetime)
	// Jitter keeps connections from expiring all at once.
	pool.MaxConnLifetimeJitter = max(0, o.ConnMaxLifetime/10)
	c := pool.ConnConfig
	c.AfterConnect = checkSession
	dialBy(&c.Config)
	// Bun writes values into its text, so preparing would create a statement for each
	// value. The store's statements select another mode individually.
	c.DefaultQueryExecMode = pgx.QueryExecModeExec
	c.StatementCacheCapacity = statementCache
	c.DescriptionCacheCapacity = statementCache

	set := c.RuntimeParams
	set["timezone"] = "UTC"
	set["client_encoding"] = "UTF8"
	// What the role or the database may have set otherwise, pgx cannot read.
	set["datestyle"] = "ISO, MDY"
	set["standard_conforming_strings"] = "on"
	if set["application_name"] == "" {
		set["application_name"] = "plinth"
	}
	if o.Pooler {
		c.StatementCacheCapacity = 0
	} else {
		o.sessionConfig(set)
	}
	if len(c.Fallbacks) > 0 && c.ValidateConnect == nil && hasManyHosts(&c.Config) {
		// Of several servers use the writable one, because the change log must not be
		// read on a standby.
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	return pool, nil
}

// orNever turns a negative duration into the largest one.
func orNever(d time.Duration) time.Duration {
	if d < 0 {
		return math.MaxInt64
	}
	return d
}

// sessionConfig sets the parameters that poolers reject.
func (o *Options) sessionConfig(set map[string]string) {
	// The planner estimates a high cost for statements with embedded rows and would
	// start the JIT compiler, which takes far longer than the statement.
	if _, ok := set["jit"]; !ok {
		set["jit"] = "off"
	}
	for name, limit := range map[string]time.Duration{"statement_timeout": o.StatementTimeout, "lock_timeout": o.LockTimeout} {
		if _, ok := set[name]; !ok && limit > 0 {
			set[name] = strconv.FormatInt(max(1, limit.Milliseconds()), 10)
			set["plinth."+name] = "on" // package migrate lifts what this package has set
		}
	}
}

// hasManyHosts reports whether the URL names several servers. One server can
// have fallbacks too: without TLS, or its other addresses.
func hasManyHosts(c *pgconn.Config) bool {
	for _, f := range c.Fallbacks {
		if f.Host != c.Host || f.Port != c.Port {
			return true
		}
	}
	return false
}
