package jobs

import (
	"errors"
	"fmt"
	"time"
)

// MaxArgs is the largest size of the arguments of a job, in bytes of JSON.
const MaxArgs = 64 << 10

// Errors that callers branch on with errors.Is.
var (
	// ErrArgsTooLarge reports arguments of more than [MaxArgs] bytes. Store the data in
	// a table and enqueue its key.
	ErrArgsTooLarge = errors.New("jobs: the arguments of a job are larger than 64 KiB")

	// ErrLeaseLost reports a job whose lease has expired or was handed back: another
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

// Cancel returns an error for a handler whose job must not be retried. The job is dead
// at once. errors.Is finds err.
func Cancel(err error) error { return &cancelError{err} }

type cancelError struct{ err error }

// Error is the text of the reason.
func (e *cancelError) Error() string { return fmt.Sprintf("canceled: %v", e.err) }

// Unwrap returns the reason.
func (e *cancelError) Unwrap() error { return e.err }
