// Package fault holds the errors of the store. Package store repeats those that
// applications branch on under the same names.
package fault

import (
	"fmt"
	"slices"
	"strings"
)

// sentinel is an error without fields.
type sentinel struct{ text string }

// Sentinel returns an error that callers compare with errors.Is. Its text begins with "store: ".
func Sentinel(text string) error { return &sentinel{text} }

func (e *sentinel) Error() string { return e.text }

// Deciding returns the error that decides how a surface answers err, or nil: the first in
// its tree, in the order of [errors.As], that is one of this package or has a method
// Problem() string. By this method an application gives an error of its own a code.
func Deciding(err error) error {
	switch e := err.(type) {
	case *sentinel, *busyError, *ConstraintError, *UnknownColumnError, *UnknownTableError, *UnknownRelationError, *AmbiguousRelationError,
		*ValueError, *ValidationError, *CardinalityError, *MaxAffectedError, *ReadOnlyColumnError, *QueryError, *BodyError, *LimitError,
		interface{ Problem() string }:
		return err
	case interface{ Unwrap() error }:
		return Deciding(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			if found := Deciding(err); found != nil {
				return found
			}
		}
	}
	return nil
}

// busyError is the type of [ErrBusy].
type busyError struct{}

func (*busyError) Error() string { return "store: no database connection came free in time" }

// Is matches ErrUnavailable.
func (*busyError) Is(target error) bool { return target == ErrUnavailable }

// Errors that callers branch on with errors.Is.
var (
	// ErrNotFound reports that no row matched, or none the scope may see.
	ErrNotFound = Sentinel("store: not found")

	// ErrConflict reports a transaction that lost against others ten times.
	ErrConflict = Sentinel("store: conflict, try again")

	// ErrStale reports that the row's version is not the expected one.
	ErrStale = Sentinel("store: the row has changed since it was read")

	// ErrDenied reports that the scope may not do this.
	ErrDenied = Sentinel("store: denied")

	// ErrNoScope reports a store.Repo.As or access.New with a nil scope: code that wanted
	// the caller's scope, in a context that has none. Trusted access is
	// store.Repo.Unscoped and access.Trusted.
	ErrNoScope = Sentinel("store: no scope: As and access.New need the scope of a caller, and ScopeFrom found none in the context")

	// ErrNoTenant reports trusted code that uses a table with store.Tenant
	// without store.WithTenant.
	ErrNoTenant = Sentinel("store: no tenant in the context: rows of a table with store.Tenant need WithTenant, and AllTenants reads those of all")

	// ErrInTx reports the use of the pool inside a transaction of the same
	// context: use the Tx.
	ErrInTx = Sentinel("store: the context is inside a transaction; use its Tx")

	// ErrTxFailed reports a transaction in which a write failed before: only
	// rollback is left, or a savepoint around the write.
	ErrTxFailed = Sentinel("store: the transaction failed earlier")

	// ErrReadOnly reports a write in a transaction that only reads.
	ErrReadOnly = Sentinel("store: the transaction is read-only")

	// ErrUnavailable reports a database that cannot be reached.
	ErrUnavailable = Sentinel("store: database unavailable")

	// ErrBusy reports that no connection became free within AcquireTimeout, of all or of the
	// caller's half. It is an [ErrUnavailable] too.
	ErrBusy error = &busyError{}

	// ErrTimeout reports a statement that ran too long.
	ErrTimeout = Sentinel("store: statement timeout")

	// ErrTooLarge reports an answer larger than the limit.
	ErrTooLarge = Sentinel("store: the answer is too large; ask for fewer rows or columns")

	// ErrReadOnlyTable reports a write to a table without a primary key or to
	// a view.
	ErrReadOnlyTable = Sentinel("store: table is read-only")

	// ErrOutOfRange reports a value that the engine refused although its column took it,
	// for example an arithmetic overflow.
	ErrOutOfRange = Sentinel("store: a value is out of range")

	// ErrReceiptBusy reports that another transaction is about to write the receipt of a
	// request.
	ErrReceiptBusy = Sentinel("store: a request with this key is running")

	// ErrTxDone reports the use of a transaction after its function returned.
	ErrTxDone = Sentinel("store: the transaction is over")
)

// ConstraintKind is the kind of a constraint.
type ConstraintKind uint8

// The kinds of constraints.
const (
	Unique ConstraintKind = iota + 1
	ForeignKey
	NotNull
	Check
)

// ConstraintError reports a write that violates a constraint of the schema. It
// is filled from the schema, never from the driver's text, and is the same on
// both engines.
type ConstraintError struct {
	Kind    ConstraintKind
	Table   string   // empty for a deferred constraint, which is violated at commit
	Columns []string // of the constraint; nil if not known

	// Unmapped is a column that must not be NULL and that the model does not have.
	Unmapped string
}

// Error describes the constraint.
func (e *ConstraintError) Error() string {
	what := [...]string{"constraint", "unique constraint", "foreign key", "not-null constraint", "check constraint"}[min(int(e.Kind), 4)]
	if e.Table == "" {
		return fmt.Sprintf("store: %s violated at commit", what)
	}
	if e.Unmapped != "" {
		return fmt.Sprintf("store: %s of %s (%s) violated, and the model has no field for the column", what, e.Table, e.Unmapped)
	}
	return fmt.Sprintf("store: %s of %s (%s) violated", what, e.Table, strings.Join(e.Columns, ", "))
}

// UnknownColumnError reports a name that is not a column of the table or is hidden from
// the scope. The error does not distinguish the two.
type UnknownColumnError struct {
	Table, Column string
	Payload       bool // the name came in a row to be written

	// Near is a similar name of a column visible to the scope, or empty.
	Near string
}

// Error names the column.
func (e *UnknownColumnError) Error() string {
	return fmt.Sprintf("store: column %s.%s does not exist%s", e.Table, e.Column, didYouMean(e.Near))
}

// didYouMean ends the text of an error with a similar name, if there is one.
func didYouMean(near string) string {
	if near == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", near)
}

// UnknownTableError reports a table that does not exist, or that the scope may
// not know of.
type UnknownTableError struct {
	Table string

	// Near is a similar name of a table that the caller may know, or empty.
	Near string
}

// Error names the table.
func (e *UnknownTableError) Error() string {
	return "store: table " + e.Table + " does not exist" + didYouMean(e.Near)
}

// ValueErrorKind says why a value was rejected.
type ValueErrorKind uint8

// The reasons for which a value is rejected.
const (
	ValueMalformed     ValueErrorKind = iota // no value of the column's type
	ValueOutOfRange                          // of its type, but too small or too large
	ValueBadTime                             // no date or timestamp
	ValueTimeRange                           // a date or timestamp that the engines do not have
	ValueBadCharacter                        // text with a character that cannot be stored
	ValueWrongKind                           // the operator or function does not fit the column
	ValueBadPattern                          // a pattern of like that ends in its escape
	ValueBadRegexp                           // no regular expression
	ValueBadSearch                           // words that are no search
	ValueBadTSQuery                          // no query of PostgreSQL's full-text search
	ValueUnknownConfig                       // no text search configuration
)

// ValueError reports a value that cannot be read in the kind of its column, or
// an operator the kind does not have.
type ValueError struct {
	Column string
	Kind   ValueErrorKind
	Reason string // for the client; holds no secret, may quote the value shortened
}

// Error describes the value.
func (e *ValueError) Error() string { return fmt.Sprintf("store: %s: %s", e.Column, e.Reason) }

// FieldError is one failed rule of one column.
type FieldError struct {
	Column, Rule, Text string
}

// ValidationError reports the columns of a row that break the validation rules of the
// model. A hook may return one for a rule over several columns, see store.Before. The
// client gets a text for all columns. A problem document lists the Fields as its member
// errors.
type ValidationError struct {
	Table string

	// Fields lists those that the scope of the write can know; there may be none.
	Fields []FieldError

	// Unknown lists the others. They are for logs, not for the client.
	Unknown []FieldError
}

// Error lists all columns, for a log: it is not meant for the scope of the write.
func (e *ValidationError) Error() string {
	return "store: " + e.Table + ": " + DescribeFields(slices.Concat(e.Fields, e.Unknown))
}

// DescribeFields returns columns and texts as one line.
func DescribeFields(fields []FieldError) string {
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.Column + ": " + f.Text)
	}
	return b.String()
}

// CardinalityError reports that a single row was asked for and another number
// was found. A write is rolled back.
type CardinalityError struct {
	Rows int
}

// Error says how many rows there were.
func (e *CardinalityError) Error() string {
	return fmt.Sprintf("store: one row wanted, got %d", e.Rows)
}

// MaxAffectedError reports a write that would touch more rows than
// query.WriteOptions.Most allows. It is rolled back.
type MaxAffectedError struct {
	Rows int
}

// Error says how many rows there were.
func (e *MaxAffectedError) Error() string {
	return fmt.Sprintf("store: %d rows are more than the write may touch", e.Rows)
}

// ReadOnlyColumnError reports a write to a column the model or the scope keeps
// from being written, or a preset column with another value.
type ReadOnlyColumnError struct {
	Table, Column string
	Preset        bool
}

// Error names the column.
func (e *ReadOnlyColumnError) Error() string {
	return fmt.Sprintf("store: column %s.%s cannot be written", e.Table, e.Column)
}

// QueryErrorKind says why a query cannot be answered.
type QueryErrorKind uint8

// The reasons for which a query cannot be answered.
const (
	QueryMalformed     QueryErrorKind = iota // a part is missing or given twice
	QueryUnsupported                         // the store or the engine does not have this
	QueryNoAggregates                        // aggregates of the column are not allowed
	QueryNotGrouped                          // groups are sorted by a column that they do not have
	QueryUnknownType                         // a cast to a type that does not exist
	QueryNoCast                              // a cast that the column's type does not have
	QueryOrderToMany                         // order by a relation to many rows
	QueryNegativeRange                       // a negative limit or offset
	QueryBadCursor                           // a cursor of another query, or none
	QueryNoUnique                            // an upsert by columns without a unique constraint
	QueryRowTwice                            // an upsert that would change a row twice
)

// QueryError reports a query that is well formed but cannot be answered: an
// order by a relation to many, a cursor for another order.
type QueryError struct {
	Kind   QueryErrorKind
	Reason string
}

// Error describes the mistake.
func (e *QueryError) Error() string { return "store: " + e.Reason }
