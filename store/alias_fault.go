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

	// ErrReadOnly reports a write in a transaction that only reads.
	ErrReadOnly = fault.ErrReadOnly

	// ErrUnavailable reports a database that cannot be reached.
	ErrUnavailable = fault.ErrUnavailable

	// ErrBusy reports that no connection became free within AcquireTimeout, of all or of
	// the caller's half.
	ErrBusy = fault.ErrBusy

	// ErrTimeout reports a statement that ran too long.
	ErrTimeout = fault.ErrTimeout

	// ErrTooLarge reports an answer larger than the limit.
	ErrTooLarge = fault.ErrTooLarge

	// ErrReadOnlyTable reports a write to a table without a primary key or to a view.
	ErrReadOnlyTable = fault.ErrReadOnlyTable
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

// UnknownColumnError reports a name that is not a column of the table or is hidden from
// the scope.
type UnknownColumnError = fault.UnknownColumnError

// UnknownTableError reports a table that does not exist, or that the scope may not know
// of.
type UnknownTableError = fault.UnknownTableError

// ValueError reports a value that cannot be read in the kind of its column, or an
// operator the kind does not have.
type ValueError = fault.ValueError

// FieldError is one failed rule of one column.
type FieldError = fault.FieldError

// ValidationError reports the columns of a row that break the validation rules of the
// model.
type ValidationError = fault.ValidationError

// CardinalityError reports that a single row was asked for and another number was
// found.
type CardinalityError = fault.CardinalityError

// MaxAffectedError reports a write that would touch more rows than [WriteOptions].Most
// allows.
type MaxAffectedError = fault.MaxAffectedError

// ReadOnlyColumnError reports a write to a column the model or the scope keeps from
// being written, or a preset column with another value.
type ReadOnlyColumnError = fault.ReadOnlyColumnError

// QueryError reports a query that is well formed but cannot be answered: an order by a
// relation to many, a cursor for another order.
type QueryError = fault.QueryError

// BodyError reports a body that can be read but is no row or rows.
type BodyError = fault.BodyError

// LimitError reports a limit that a request exceeds, on the wire 400 PL001.
type LimitError = fault.LimitError

// UnknownRelationError reports a name that is not a relation of the table or is hidden
// from the scope.
type UnknownRelationError = fault.UnknownRelationError

// AmbiguousRelationError reports a name that several relations of a table have.
type AmbiguousRelationError = fault.AmbiguousRelationError

// RelationCandidate describes one of the relations that a name could mean.
type RelationCandidate = fault.RelationCandidate

// ErrTxDone reports the use of a transaction after its function returned.
var ErrTxDone = fault.ErrTxDone
