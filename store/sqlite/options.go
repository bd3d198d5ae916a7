package sqlite

import (
	"cmp"
	"fmt"
	"runtime"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// Synchronous says when a commit has reached the disk.
type Synchronous uint8

const (
	// SynchronousFull waits for the disk at every commit: what was
	// acknowledged survives a power failure.
	SynchronousFull Synchronous = iota

	// SynchronousNormal waits at checkpoints only. A power failure may lose the last
	// commits but does not corrupt the file. A crash of the process loses nothing.
	SynchronousNormal

	// SynchronousOff never waits. A power failure may corrupt the file. It is meant for
	// tests.
	SynchronousOff
)

// Options tunes [Open]. The zero value is ready to use.
type Options struct {
	// Store tunes the store over the database.
	Store store.Options

	// AcquireTimeout is how long a statement waits for a connection, and a write for the
	// one writer, before it fails with [store.ErrBusy]. The API then responds 503 with
	// Retry-After. It applies to Bun's statements too. Negative sets no limit.
	//
	// Defaults to 2 seconds.
	AcquireTimeout time.Duration

	// Readers is the number of reading connections.
	//
	// Defaults to twice GOMAXPROCS, at least 2 and at most 8.
	Readers int

	// Synchronous says when a commit has reached the disk.
	//
	// Defaults to SynchronousFull.
	Synchronous Synchronous

	// BusyTimeout is how long a statement waits for the lock of another process before it
	// fails with [store.ErrBusy]. The wait does not end with the context.
	//
	// Defaults to 2 seconds.
	BusyTimeout time.Duration

	// StatementTimeout is the time after which a statement fails with
	// [store.ErrTimeout]. It applies to Go code and service keys; a [store.Scope] may
	// have a shorter one. Negative sets no limit.
	//
	// Defaults to 30 seconds.
	StatementTimeout time.Duration

	// WriterTimeout is how long a caller ([store.Scope.Caller]) may hold the one
	// writer, by a write or by a whole transaction. The statement that runs then fails
	// with [store.ErrTimeout], and so do later ones of the transaction. All other
	// writes wait while the writer is held, up to AcquireTimeout.
	//
	// The application's own statements and service keys are limited by StatementTimeout
	// instead. Raise WriterTimeout and AcquireTimeout together for callers with long
	// writes, such as imports. Negative sets no limit.
	//
	// Defaults to four fifths of AcquireTimeout, or to no limit if AcquireTimeout has
	// none.
	WriterTimeout time.Duration

	// StatementCache is the number of prepared statements a connection keeps.
	//
	// Defaults to 256.
	StatementCache int
}

// Validate returns the mistakes that [Open] would report. Nil is valid.
func (o *Options) Validate() error {
	_, err := o.withDefaults()
	return err
}

// withDefaults returns the options to use; o may be nil and is not changed.
func (o *Options) withDefaults() (Options, error) {
	var opts Options
	if o != nil {
		opts = *o
	}
	if opts.Readers < 0 || opts.StatementCache < 0 || opts.BusyTimeout < 0 {
		return opts, fmt.Errorf("sqlite: negative Readers, StatementCache or BusyTimeout")
	}
	if opts.Synchronous > SynchronousOff {
		return opts, fmt.Errorf("sqlite: unknown Synchronous %d", opts.Synchronous)
	}
	opts.Readers = cmp.Or(opts.Readers, min(max(2, 2*runtime.GOMAXPROCS(0)), 8))
	opts.AcquireTimeout = cmp.Or(opts.AcquireTimeout, 2*time.Second)
	opts.BusyTimeout = cmp.Or(opts.BusyTimeout, 2*time.Second)
	if opts.WriterTimeout == 0 {
		opts.WriterTimeout = opts.AcquireTimeout / 5 * 4
		if opts.AcquireTimeout < 0 { // of which a fifth may be nothing
			opts.WriterTimeout = -1
		}
	}
	opts.StatementTimeout = cmp.Or(opts.StatementTimeout, 30*time.Second)
	opts.StatementCache = cmp.Or(opts.StatementCache, 256)
	return opts, nil
}
