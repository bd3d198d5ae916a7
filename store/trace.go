package store

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// Tracer observes the start and the end of every statement, for logs of slow
// statements, metrics or spans. See [Options].Tracers. It must be safe for concurrent
// use and must not block, because it runs on the goroutine of the statement.
//
// A Tracer never sees values. The text of the store's statements has placeholders, and
// limits and offsets as its only numbers. Bun writes values into its text, so statements of
// [DB.Bun] have an operation and no text. Errors have a kind and no text, because a
// database's error repeats values.
//
// Begin, commit and rollback of a transaction are statements too, and so are
// savepoints. Statements that bypass both are not seen: those of [Tx.SQL], those on the
// *sql.DB below Bun, which package store/migrate uses, and Bun's own connection checks.
type Tracer interface {
	// Start is called before the statement waits for a connection. The
	// statement runs with the context it returns, which must be made of ctx.
	Start(ctx context.Context, s TracedStatement) context.Context

	// End is called after the statement, with the context that the Start of
	// the last Tracer has returned. Tracers end in the opposite order.
	End(ctx context.Context, s TracedStatement, o TraceOutcome)
}

// TracedStatement is a statement as a [Tracer] sees it.
type TracedStatement struct {
	// Engine is "sqlite" or "postgres".
	Engine string

	// Operation is what the statement does, in lower case: "select", "insert",
	// "update", "delete", "begin", "commit", "rollback", "savepoint", "release",
	// or the first word of any other.
	Operation string

	// Table is the table that the statement writes, or the first one that it reads.
	// Empty if there is none, and for statements of Bun.
	Table string

	// SQL is the text of the statement without values. Empty for statements of Bun.
	SQL string

	// InTx reports that it runs inside a transaction of [DB.Tx].
	InTx bool

	// Bun reports a statement of [DB.Bun].
	Bun bool
}

// TraceOutcome is what a statement came to.
type TraceOutcome struct {
	// Duration is the time it took, the wait for a connection included.
	Duration time.Duration

	// Rows is the number of rows returned or, if it returns none, written.
	Rows int64

	// Error is the kind of its error, empty if it succeeded.
	Error ErrorKind
}

// ErrorKind is the cause of a failed statement, as a metric label.
type ErrorKind string

// The kinds of errors of statements.
const (
	// ErrorCanceled is the end of the caller's context: its client is gone.
	ErrorCanceled ErrorKind = "canceled"
	// ErrorDeadline is the deadline of the caller's context.
	ErrorDeadline ErrorKind = "deadline"
	// ErrorBusy means that no connection came free in time.
	ErrorBusy ErrorKind = "busy"
	// ErrorUnavailable means that the database could not be reached, or its connection
	// was lost.
	ErrorUnavailable ErrorKind = "unavailable"
	// ErrorTimeout is the time limit of statements, or of waiting for a lock.
	ErrorTimeout ErrorKind = "timeout"
	// ErrorConflict means a conflict with another transaction.
	ErrorConflict ErrorKind = "conflict"
	// ErrorConstraint is a violated constraint of the schema.
	ErrorConstraint ErrorKind = "constraint"
	// ErrorRefused is a rule that a written row does not pass, raised by the
	// statement itself.
	ErrorRefused ErrorKind = "refused"
	// ErrorValue is a value that the database rejects.
	ErrorValue ErrorKind = "value"
	// ErrorTooLarge is an answer that exceeds the limit of bytes.
	ErrorTooLarge ErrorKind = "too_large"
	// ErrorAborted means that the transaction had already failed or ended.
	ErrorAborted ErrorKind = "aborted"
	// ErrorReadOnly is a write to a read-only database.
	ErrorReadOnly ErrorKind = "read_only"
	// ErrorFull is a full disk.
	ErrorFull ErrorKind = "full"
	// ErrorOther is everything else, and most errors of Bun's statements.
	ErrorOther ErrorKind = "other"
)

// errorKinds are the kinds of the errors of drivers, of which the first counts that fits:
// what says that a limit of time has passed may wrap the end of a context.
var errorKinds = []struct {
	err  error
	kind ErrorKind
}{
	{driver.ErrBusy, ErrorBusy},
	{driver.ErrTimeout, ErrorTimeout},
	{context.Canceled, ErrorCanceled},
	{context.DeadlineExceeded, ErrorDeadline},
	{driver.ErrRetry, ErrorConflict},
	{driver.ErrUnavailable, ErrorUnavailable},
	{driver.ErrRaised, ErrorRefused},
	{driver.ErrValue, ErrorValue},
	{driver.ErrTooLarge, ErrorTooLarge},
	{driver.ErrTxAborted, ErrorAborted},
	{ErrInTx, ErrorAborted},
	{driver.ErrReadOnly, ErrorReadOnly},
	{driver.ErrFull, ErrorFull},
}

// kindOf returns the kind of an error of a driver.
func kindOf(err error) ErrorKind {
	if err == nil {
		return ""
	}
	for _, k := range errorKinds {
		if errors.Is(err, k.err) {
			return k.kind
		}
	}
	if _, ok := errors.AsType[*driver.Violation](err); ok {
		return ErrorConstraint
	}
	return ErrorOther
}
