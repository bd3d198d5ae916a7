// Package changelog reads the change log, in which every write to a tracked table has an
// entry, committed with the write.
package changelog

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/logging"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Change is one entry of the change log: one row that was written.
type Change struct {
	// Seq is the position in the log. Changes of one row have ascending Seq. Across
	// rows on PostgreSQL, a long transaction is delivered late and then has smaller
	// numbers than earlier deliveries.
	Seq int64

	// ID identifies the change for consumers that may get it twice. It stays
	// the same however often the change is delivered, and is not given again
	// in a database restored from a copy.
	ID string

	// At is the time of the write by the database's clock.
	At time.Time

	// Table is the name of the table and Op what happened to the row.
	Table string
	Op    query.WriteOp

	// Key is a JSON array of the values of the primary key.
	Key json.RawMessage

	// Old and New are the row before and after the change, as JSON objects in canonical
	// form. Columns have the order of the model; columns that the model lacks follow.
	// Hidden columns are included, secret ones are not.
	//
	// Old is nil for an insert, New for a row removed from the table. A delete that
	// marks a row (see store.SoftDelete) has both. Read them as structs with
	// [Rows]; encoding/json does not know the names of columns.
	Old, New json.RawMessage

	// Actor is the principal of the request or the name given to [query.WithActor]. Writes of
	// trusted code within a request carry its principal too. Tenant is the tenant of
	// the row. Both are empty if there is none.
	Actor, Tenant string

	// RequestID is the id of the request and Address the IP address of its client, both of
	// tables with store.History only. They are empty if there is none.
	RequestID, Address string
}

// Func processes a batch of changes. It runs in the transaction that also
// advances the reader, so its writes through tx happen exactly once. Other effects may
// be repeated; see [Change.ID].
type Func func(ctx context.Context, tx *store.Tx, batch []Change) error

// Start is the position at which a new reader begins.
type Start uint8

const (
	// FromNow begins with the commits after the reader's first query.
	FromNow Start = iota
	// FromStart begins with the oldest change the log still has.
	FromStart
)

// Options tunes a reader of the change log.
type Options struct {
	// Start is the position at which a new reader begins. A reader with a stored
	// position continues there.
	//
	// Defaults to FromNow.
	Start Start

	// Tables are the names of the tables to read changes of. The database filters out
	// the others. A name that is added later takes effect from the reader's current
	// position.
	//
	// Defaults to all tables.
	Tables []string

	// BatchSize is the largest number of changes of one call, which is one
	// transaction. A batch of very large rows is smaller.
	//
	// Defaults to 500.
	BatchSize int

	// Poll is the polling interval of the reader. Commits of this process wake it at
	// once. Commits of other processes do too if [Notify] runs in both. Polling
	// finds commits with a lost signal.
	//
	// Defaults to one second.
	Poll time.Duration

	// OnResync is called when changes are lost for this reader. This happens when it
	// was away for longer than the log is kept, when the database was restored from a
	// copy, and after a failover of PostgreSQL. A promoted standby may lack
	// transactions that the reader has seen.
	//
	// OnResync should rebuild the state that the reader derives from the tables,
	// through tx. The reader then continues from now. A change committed while OnResync
	// runs may be delivered afterwards although the tables already showed it.
	//
	// If OnResync is nil the reader ends with [ErrResync] and does not advance until it
	// has one. After a failover a reader with a name continues instead, because its
	// position and its writes through tx were lost together.
	OnResync func(ctx context.Context, tx *store.Tx) error
}

// Errors of readers of the change log.
var (
	// ErrResync reports a reader for which changes are lost.
	ErrResync = fault.Sentinel("store: changes are lost for this reader; it must start over")

	// ErrReaderBusy reports that another process, or another [Reader], reads
	// under the same name at this moment.
	ErrReaderBusy = fault.Sentinel("store: another process runs this reader")

	// ErrStandby reports a connection to a standby server. The log cannot be
	// read there: a standby does not know which transactions are open.
	ErrStandby = fault.Sentinel("store: the change log must be read on the primary server")
)

// Reader is a reader of the change log. It is safe for concurrent use.
type Reader struct {
	db   *store.DB
	name string
	opts Options

	turn  chan struct{} // holds a token while a step runs
	own   *position     // of a reader without a name
	saved time.Time     // when the position was last written
}

// Open returns a reader of the change log. The database stores its position under
// its name. Only one reader of a name runs at a time, across all processes.
//
// A reader without a name keeps its position in memory. In each process it gets every
// change from the moment it starts. Its transactions are read-only.
//
// Every change is delivered once. Changes of one row come in the order in which they
// were made, also if transactions overlap. Nil opts are the defaults.
func Open(db *store.DB, name string, opts *Options) *Reader {
	c := &Reader{db: db, name: name, turn: make(chan struct{}, 1)}
	if opts != nil {
		c.opts = *opts
	}
	c.opts.BatchSize = cmp.Or(max(c.opts.BatchSize, 0), 500)
	c.opts.Poll = cmp.Or(max(c.opts.Poll, 0), time.Second)
	return c
}

// Run delivers changes as they are committed until ctx ends, and then returns nil. It
// returns the error if fn fails, and on [ErrResync] and [ErrStandby]. The batch is
// rolled back then and Run can be called again. Transient errors (an unavailable
// database, a timeout, a conflict) are logged and retried with exponential backoff.
//
// fn is called again if its transaction conflicts with another one.
func (c *Reader) Run(ctx context.Context, fn Func) error {
	return inLoop(ctx, core.SessionOf(c.db).DB, c.name, c.opts.Poll, func() (more bool, err error) {
		_, more, err = c.step(ctx, fn)
		return more, err
	})
}

// inLoop checks the epoch and calls step until ctx ends, again at once if there may be more,
// and else after a commit or poll. Transient errors are retried with growing pauses, others end the loop.
func inLoop(ctx context.Context, db *core.DB, name string, poll time.Duration, step func() (more bool, err error)) error {
	failures, checked := 0, false
	for ctx.Err() == nil {
		wake := db.Wake.Readers.Wait()
		more, err := false, error(nil)
		if !checked {
			err = checkEpoch(ctx, db)
			checked = err == nil
		}
		if err == nil {
			more, err = step()
		}
		pause := poll
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			failures = 0
			if more {
				continue
			}
		case errors.Is(err, ErrReaderBusy):
		case isTransient(err):
			failures++
			pause, wake = backoff(failures), nil
			db.Options.Logger.WarnContext(ctx, "store: reader of the change log failed, trying again",
				slog.String("reader", name), logging.Milliseconds("pause_ms", pause), slog.Any("error", err))
		default:
			return err
		}
		sleep(ctx, pause, wake)
	}
	return nil
}

// Drain delivers what is in the log now and returns how many changes that were. The
// first Drain of a new reader that starts from now only records the position. It fails
// with [ErrReaderBusy] if the reader is already running in this or another process.
// Other errors are those of Run, but Drain does not retry.
func (c *Reader) Drain(ctx context.Context, fn Func) (int, error) {
	if err := checkEpoch(ctx, core.SessionOf(c.db).DB); err != nil {
		return 0, err
	}
	total := 0
	for {
		n, more, err := c.step(ctx, fn)
		if err != nil {
			return total, err
		}
		total += n
		if !more {
			return total, nil
		}
	}
}

// backoff is the pause after a number of failures in a row: around 100 ms, 200
// ms, ... 25 s.
func backoff(failures int) time.Duration {
	d := 100 * time.Millisecond << min(failures-1, 8)
	return d/2 + rand.N(d)
}

// sleep waits for d, for the end of ctx or for wake, which may be nil.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
	}
}
