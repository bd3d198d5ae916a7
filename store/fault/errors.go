// Package fault holds the errors of the store. Package store repeats them under the same
// names; code below it and tools use this package.
package fault

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
)

// coded is an error that knows its code on the wire (see internal/problem).
type coded struct {
	text, code string
}

// Coded returns an error with a text and a code on the wire.
func Coded(text, code string) error { return &coded{text, code} }

func (e *coded) Error() string { return e.text }

// Problem returns the code of the error on the wire.
func (e *coded) Problem() string { return e.code }

// busyError is the type of [ErrBusy].
type busyError struct{}

func (*busyError) Error() string { return "store: no database connection came free in time" }

// Problem returns the code of the error on the wire.
func (*busyError) Problem() string { return "PL503" }

// ProblemRetryAfter returns the wait of the header Retry-After.
func (*busyError) ProblemRetryAfter() time.Duration { return time.Second }

// Is matches ErrUnavailable.
func (*busyError) Is(target error) bool { return target == ErrUnavailable }

// Errors that callers branch on with errors.Is.
var (
	// ErrNotFound reports that no row matched, or none the scope may see.
	ErrNotFound = Coded("store: not found", "PL404")

	// ErrConflict reports a transaction that lost against others ten times.
	ErrConflict = Coded("store: conflict, try again", "40001")

	// ErrStale reports that the row's version is not the expected one.
	ErrStale = Coded("store: the row has changed since it was read", "PL412")

	// ErrDenied reports that the scope may not do this.
	ErrDenied = Coded("store: denied", "42501")

	// ErrNoScope reports a store.Repo.As or store.NewGate with a nil scope: code that wanted
	// the caller's scope, in a context that has none. Trusted access is
	// store.Repo.Unscoped and store.UnscopedGate.
	ErrNoScope = Coded("store: no scope: As and NewGate need the scope of a caller, and ScopeFrom found none in the context", "XX000")

	// ErrNoTenant reports trusted code that uses a table with store.Tenant
	// without store.WithTenant.
	ErrNoTenant = Coded("store: no tenant in the context", "XX000")

	// ErrInTx reports the use of the pool inside a transaction of the same
	// context: use the Tx.
	ErrInTx = Coded("store: the context is inside a transaction; use its Tx", "XX000")

	// ErrTxFailed reports a transaction in which a write failed before: only
	// rollback is left, or a savepoint around the write.
	ErrTxFailed = Coded("store: the transaction failed earlier", "XX000")

	// ErrReadOnly reports a write in a transaction that only reads.
	ErrReadOnly = Coded("store: the transaction is read-only", "XX000")

	// ErrUnavailable reports a database that cannot be reached.
	ErrUnavailable = Coded("store: database unavailable", "PGRST001")

	// ErrBusy reports that no connection became free within AcquireTimeout, of all or of the
	// caller's half. It is an [ErrUnavailable] too.
	ErrBusy error = &busyError{}

	// ErrTimeout reports a statement that ran too long.
	ErrTimeout = Coded("store: statement timeout", "57014")

	// ErrTooLarge reports an answer larger than the limit.
	ErrTooLarge = Coded("store: the answer is too large; ask for fewer rows or columns", "PL001")

	// ErrReadOnlyTable reports a write to a table without a primary key or to
	// a view.
	ErrReadOnlyTable = Coded("store: table is read-only", "PGRST117")
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
	Table   string
	Columns []string // of the constraint; nil if not known

	// Unmapped is a column that must not be NULL and that the model does not have.
	Unmapped string
}

// Error describes the constraint.
func (e *ConstraintError) Error() string {
	what := [...]string{"constraint", "unique constraint", "foreign key", "not-null constraint", "check constraint"}[min(int(e.Kind), 4)]
	if e.Unmapped != "" {
		return fmt.Sprintf("store: %s of %s (%s) violated, and the model has no field for the column", what, e.Table, e.Unmapped)
	}
	return fmt.Sprintf("store: %s of %s (%s) violated", what, e.Table, strings.Join(e.Columns, ", "))
}

// Problem returns the code of the error on the wire.
func (e *ConstraintError) Problem() string {
	switch e.Kind {
	case Unique:
		return "23505"
	case ForeignKey:
		return "23503"
	case NotNull:
		return "23502"
	}
	return "23514"
}

// ProblemText returns message, details and hint for a client.
func (e *ConstraintError) ProblemText() (message, details, hint string) {
	cols := strings.Join(e.Columns, ", ")
	switch e.Kind {
	case Unique:
		return "duplicate key value violates a unique constraint", orEmpty(cols, "Key (%s) already exists."), ""
	case ForeignKey:
		details = orEmpty(cols, "Key (%s) has no matching row, or is still referenced.")
		// The error of a delete names neither a column nor the referring tables.
		return "insert, update or delete violates a foreign key", cmp.Or(details, "The row is still referenced, or has no matching row."), ""
	case NotNull:
		if e.Unmapped != "" {
			return "null value violates a not-null constraint", orEmpty(e.Unmapped, "Column %s must not be null, and the model has no field for it."),
				"The command \"migrate diff\" prints the SQL that mends the table."
		}
		return "null value violates a not-null constraint", orEmpty(cols, "Column %s must not be null."), ""
	}
	return "new row violates a check constraint", "", ""
}

func orEmpty(value, format string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf(format, value)
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

// Problem returns the code of the error on the wire.
func (e *UnknownColumnError) Problem() string {
	if e.Payload {
		return "PGRST204"
	}
	return "42703"
}

// ProblemText returns message, details and hint for a client.
func (e *UnknownColumnError) ProblemText() (message, details, hint string) {
	if e.Near != "" {
		hint = fmt.Sprintf("Perhaps you meant to reference the column \"%s.%s\".", e.Table, e.Near)
	}
	if e.Payload {
		return fmt.Sprintf("Could not find the '%s' column of '%s' in the schema cache", errtext.Quote(e.Column), e.Table), "", hint
	}
	return fmt.Sprintf("column %s.%s does not exist", e.Table, errtext.Quote(e.Column)), "", hint
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

// Problem returns the code of the error on the wire.
func (e *UnknownTableError) Problem() string { return "PGRST205" }

// ProblemText returns message, details and hint for a client.
func (e *UnknownTableError) ProblemText() (message, details, hint string) {
	if e.Near != "" {
		hint = fmt.Sprintf("Perhaps you meant the table 'public.%s'", e.Near)
	}
	return fmt.Sprintf("Could not find the table 'public.%s' in the schema cache", e.Table), "", hint
}

// ValueError reports a value that cannot be read in the kind of its column, or
// an operator the kind does not have.
type ValueError struct {
	Column string
	Code   string // SQLSTATE: 22P02 unless said otherwise
	Reason string // for the client; holds no secret, may quote the value shortened
}

// Error describes the value.
func (e *ValueError) Error() string { return fmt.Sprintf("store: %s: %s", e.Column, e.Reason) }

// Problem returns the code of the error on the wire.
func (e *ValueError) Problem() string {
	if e.Code == "" {
		return "22P02"
	}
	return e.Code
}

// ProblemText returns message, details and hint for a client.
func (e *ValueError) ProblemText() (message, details, hint string) {
	return fmt.Sprintf("%s: %s", e.Column, e.Reason), "", ""
}

// FieldError is one failed rule of one column.
type FieldError struct {
	Column string `json:"column"`
	Rule   string `json:"rule"`
	Text   string `json:"message"`
}

// ValidationError reports the columns of a row that break the validation rules of the
// model. A hook may return one for a rule over several columns, see store.Before. The
// client gets status 400 with the code PL002 and a text for all columns. A problem
// document lists the Fields as its member errors.
type ValidationError struct {
	Table string

	// Fields lists those that the scope of the write can know; there may be none.
	Fields []FieldError

	// Unknown lists the others. They are for logs, not for the client.
	Unknown []FieldError
}

// Error lists all columns, for a log: it is not meant for the scope of the write.
func (e *ValidationError) Error() string {
	return "store: " + e.Table + ": " + joinFields(slices.Concat(e.Fields, e.Unknown))
}

// Problem returns the code of the error on the wire.
func (e *ValidationError) Problem() string { return "PL002" }

// ProblemText returns message, details and hint for a client.
func (e *ValidationError) ProblemText() (message, details, hint string) {
	return "the row does not pass validation", joinFields(e.Fields), ""
}

func joinFields(fields []FieldError) string {
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.Column + ": " + f.Text)
	}
	return b.String()
}

// ProblemErrors returns the columns, for forms. They are those of the details.
func (e *ValidationError) ProblemErrors() json.RawMessage {
	if len(e.Fields) == 0 {
		return nil
	}
	list, err := json.Marshal(e.Fields)
	if err != nil {
		return nil // there are only strings
	}
	return list
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

// Problem returns the code of the error on the wire.
func (e *CardinalityError) Problem() string { return "PGRST116" }

// ProblemText returns message, details and hint for a client.
func (e *CardinalityError) ProblemText() (message, details, hint string) {
	return "Cannot coerce the result to a single JSON object", fmt.Sprintf("The result contains %d rows", e.Rows), ""
}

// MaxAffectedError reports a write that would touch more rows than
// store.WriteOptions.Most allows. It is rolled back.
type MaxAffectedError struct {
	Rows int
}

// Error says how many rows there were.
func (e *MaxAffectedError) Error() string {
	return fmt.Sprintf("store: %d rows are more than the write may touch", e.Rows)
}

// Problem returns the code of the error on the wire.
func (e *MaxAffectedError) Problem() string { return "PGRST124" }

// ProblemText returns message, details and hint for a client.
func (e *MaxAffectedError) ProblemText() (message, details, hint string) {
	return "Query result exceeds max-affected preference constraint", fmt.Sprintf("The query affects %d rows", e.Rows), ""
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

// Problem returns the code of the error on the wire.
func (e *ReadOnlyColumnError) Problem() string {
	if e.Preset {
		return "42501"
	}
	return "PL003"
}

// ProblemText returns message, details and hint for a client.
func (e *ReadOnlyColumnError) ProblemText() (message, details, hint string) {
	if e.Preset {
		return fmt.Sprintf("column %s is set from the caller and must not have another value", e.Column), "", "Leave the column out."
	}
	return fmt.Sprintf("column %s cannot be written", e.Column), "", "Leave the column out."
}

// QueryError reports a query that is well formed but cannot be answered: an
// order by a relation to many, a cursor for another order.
type QueryError struct {
	Code   string
	Reason string
}

// Error describes the mistake.
func (e *QueryError) Error() string { return "store: " + e.Reason }

// Problem returns the code of the error on the wire.
func (e *QueryError) Problem() string { return e.Code }

// ProblemText returns message, details and hint for a client.
func (e *QueryError) ProblemText() (message, details, hint string) { return e.Reason, "", "" }
