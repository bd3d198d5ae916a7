package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// Job is a claimed job, as its handler gets it.
type Job[T any] struct {
	// ID identifies the job in all its attempts. Give it to other services as
	// idempotency key.
	ID store.ID

	// Args are the arguments.
	Args T

	// Attempt counts the attempts, from 1 on.
	Attempt int

	// EnqueuedAt is when the job was enqueued, by the clock of the database.
	EnqueuedAt time.Time

	attempt *attempt
}

// Complete completes the job in a transaction of the handler, so that its writes happen
// exactly once. It fails with [ErrLeaseLost] if another worker may run the job; return
// that error to roll back. After the commit the handler's result is only logged.
func (j Job[T]) Complete(ctx context.Context, tx *store.Tx) error { return j.attempt.complete(ctx, tx) }

// Progress stores how far the job is, for lists: a percentage and a text of at most 200
// bytes. It is a statement of its own; call it every few seconds. It fails with
// [ErrLeaseLost] if another worker may run the job.
func (j Job[T]) Progress(ctx context.Context, percent int, text string) error {
	return j.attempt.progress(ctx, percent, text)
}

// attempt is one claim of a job by this process.
type attempt struct {
	js         *Jobs
	kind       *kind
	queue      string
	id         store.ID
	fence      int64
	args       string
	sealed     bool
	attempts   int
	max        int
	enqueuedAt time.Time
	priority   int64
	due        time.Time
	actor      string
	tenant     string
	trace      string

	stop      context.CancelCauseFunc // ends the handler's context
	begun     time.Time               // of the handler, by the local clock
	held      time.Time               // when the lease was last known to be held; under Jobs.mu
	row       string                  // where the row was stored last, on PostgreSQL; under Jobs.mu
	completed atomic.Bool             // in a transaction of the handler
	ended     atomic.Bool             // the handler has returned
}

// MaxArgs is the largest size of the arguments of a job, in bytes of JSON.
const MaxArgs = 64 << 10

// Errors that callers branch on with errors.Is.
var (
	// ErrArgsTooLarge reports arguments of more than [MaxArgs] bytes. Store the data in
	// a table and enqueue its key.
	ErrArgsTooLarge = errors.New("jobs: the arguments of a job are larger than 64 KiB")

	// ErrLeaseLost reports a job with a lease that has expired or was handed back: another
	// worker may run it. It is the cause of the handler's context, and the error of
	// [Job.Complete] and [Job.Progress].
	ErrLeaseLost = errors.New("jobs: the lease of the job is lost")
)

// Snooze returns an error for a handler that wants to run again after d. The attempt
// does not count.
func Snooze(d time.Duration) error { return &snoozeError{d} }

type snoozeError struct{ d time.Duration }

// Error names the pause.
func (e *snoozeError) Error() string { return "jobs: snoozed for " + e.d.String() }

// Cancel returns an error for a handler if its job must not be retried. The job is dead
// at once. errors.Is finds err.
func Cancel(err error) error { return &cancelError{err} }

type cancelError struct{ err error }

// Error is the text of the reason.
func (e *cancelError) Error() string { return fmt.Sprintf("canceled: %v", e.err) }

// Unwrap returns the reason.
func (e *cancelError) Unwrap() error { return e.err }
