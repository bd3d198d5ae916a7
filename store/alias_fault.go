package store

import "github.com/seed-7694ebf6/plinth/store/fault"

// Errors that callers branch on with errors.Is.
var (
	// ErrNotFound reports that no row matched, or none the scope may see.
	ErrNotFound = fault.ErrNotFound

	// ErrConflict reports a transaction that lost against others ten times.
	ErrConflict = fault.ErrConflict

	// ErrStale reports that the row's version is not the expected one.
	ErrStale = fault.ErrStale

	// ErrDenied reports that the scope may not do this.
	ErrDenied = fault.ErrDenied

	// ErrNoScope reports a [Repo.As] or access.New with a nil scope: code that wanted the
	// caller's scope, in a context that has none. Trusted access is [Repo.Unscoped] and
	// access.Trusted.
	ErrNoScope = fault.ErrNoScope

	// ErrNoTenant reports trusted code that uses a table with [Tenant] without
	// [WithTenant].
	ErrNoTenant = fault.ErrNoTenant

	// ErrInTx reports the use of the pool inside a transaction of the same context: use
	// the Tx.
	ErrInTx = fault.ErrInTx

	// ErrTxFailed reports a transaction in which a write failed before: only rollback is
	// left, or a savepoint around the write.
	ErrTxFailed = fault.ErrTxFailed

	// ErrUnavailable reports a database that cannot be reached.
	ErrUnavailable = fault.ErrUnavailable

	// ErrBusy reports that no connection became free within AcquireTimeout, of all or of
	// the caller's half.
	ErrBusy = fault.ErrBusy

	// ErrTimeout reports a statement that ran too long.
	ErrTimeout = fault.ErrTimeout
)

// ConstraintKind is the kind of a constraint.
type ConstraintKind = fault.ConstraintKind

// The kinds of constraints.
const (
	Unique     = fault.Unique
	ForeignKey = fault.ForeignKey
	NotNull    = fault.NotNull
	Check      = fault.Check
)

// ConstraintError reports a write that violates a constraint of the schema.
type ConstraintError = fault.ConstraintError

// FieldError is one failed rule of one column.
type FieldError = fault.FieldError

// ValidationError reports the columns of a row that break the validation rules of the
// model.
type ValidationError = fault.ValidationError
