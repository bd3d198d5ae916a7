// Package driver defines the interface between package store and its engines,
// store/sqlite and store/postgres. Applications do not need it.
//
// The store compiles a statement for the driver's [Dialect] and describes its rows with
// a [Shape]. The driver binds the values, runs the statement and appends the rows as
// JSON. It maps errors of the database to the errors of this package.
package driver

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/store/fault"

	"github.com/uptrace/bun"
)

// Driver runs statements on one database. It is safe for concurrent use.
type Driver interface {
	// Dialect returns the SQL dialect of the engine.
	Dialect() Dialect

	// Bun returns the Bun database over the same pools. Its reads go to
	// readers.
	Bun() *bun.DB

	// Query runs a statement that returns rows and appends them to r. A nil conn means
	// the pool; a statement that writes is then its own transaction.
	Query(ctx context.Context, conn Conn, s *Statement, r *Result) error

	// Exec runs a statement without rows and returns how many rows it
	// changed.
	Exec(ctx context.Context, conn Conn, s *Statement) (int64, error)

	// Begin opens a transaction on its own connection. A writing transaction on an
	// engine with one writer waits for it until ctx ends. The driver may send BEGIN
	// with the first statement if the start time of the transaction does not matter.
	Begin(ctx context.Context, opts TxOptions) (Conn, error)

	// Ping checks that the database answers. It uses a dedicated or reserved
	// connection, so it works when all others are in use.
	Ping(ctx context.Context) error

	// Stats returns the figures of the pools. It sends no statement and is cheap.
	Stats() []PoolStats

	// Close closes the pools.
	Close() error
}

// Conn is an open transaction. It is used by one goroutine at a time. Commit
// or Rollback must be called; Rollback after Commit does nothing.
type Conn interface {
	Commit(ctx context.Context) error
	Rollback() error

	// SQL returns the transaction for libraries that want database/sql.
	SQL() *sql.Tx
}

// TxOptions are the options of a transaction.
type TxOptions struct {
	// ReadOnly promises not to write; on SQLite a reader's connection
	// serves it.
	ReadOnly bool

	// Isolation is the level on PostgreSQL: LevelDefault is the database's,
	// LevelSerializable the store's default for application code. SQLite is
	// always serializable.
	Isolation sql.IsolationLevel

	// LockTimeout is how long a statement waits for a lock before it fails with
	// [ErrRetry]. It is shorter than the time the database needs to detect a deadlock.
	// Zero means the engine's settings. SQLite, with one writer, has no deadlocks.
	LockTimeout time.Duration

	// Caller says that the transaction is a caller's and not the application's own. An
	// engine with one writer limits its duration, because all other writers wait.
	Caller bool
}

// Dialect describes the SQL of an engine.
type Dialect struct {
	// Name is "sqlite" or "postgres".
	Name string

	// Fold is the expression that folds the case of %s with Unicode's simple case
	// mapping. PostgreSQL only.
	Fold string

	// TextSearch lists the text search configurations that statements can
	// name. PostgreSQL only.
	TextSearch []string
}

// Postgres reports whether the dialect is PostgreSQL's.
func (d Dialect) Postgres() bool { return d.Name == "postgres" }

// Statement is compiled SQL. Placeholders are $1, $2, ... on PostgreSQL and
// ?1, ?2, ... on SQLite.
type Statement struct {
	SQL string

	// Table is the table of the statement and Op its operation, "select", "insert",
	// "update" or "delete", for tracers. If they are empty, tracers take the operation
	// from the text.
	Table, Op string

	// Args are bound values, each in the Go form of its kind (see [Kind]),
	// nil for NULL, []string for a list.
	Args []any

	// Shape describes the rows. Nil means the statement returns none.
	Shape *Shape

	// Write says that the statement changes rows. Without a transaction it runs in its
	// own, on SQLite on the writer.
	Write bool

	// Caller has the meaning of TxOptions.Caller, for a statement without a
	// transaction.
	Caller bool

	// Timeout ends the statement with [ErrTimeout] if it is shorter than the driver's
	// own limit. Zero means the driver's limit.
	Timeout time.Duration

	// MaxRows limits the rows to read. Result.More is set if there were more. Zero sets
	// no limit.
	MaxRows int

	// MaxBytes limits the bytes that Query appends; more is [ErrTooLarge]. With a
	// Budget a single row is limited to the [RowShare]-th part of it. Zero sets no
	// limit.
	MaxBytes int

	// Budget limits the rows of the answer, counting the rows of the root and of every
	// array of embedded rows. More is [ErrTooManyRows]. Zero sets no limit. On SQLite
	// the compiler counts with the function pl_took, which takes a [RowCounter]; on
	// PostgreSQL the shape has a Stream.
	Budget int
}

// RowShare is the divisor of MaxBytes that limits one row of a statement with a Budget.
// An engine may hold several copies of a row while it builds the row.
const RowShare = 4

// RowCounter is a bound value that stands for the counter of a statement's
// Budget. SQLite only.
type RowCounter struct{}

// Shape describes the rows of a statement: the members of a row's JSON object, and
// extra values outside the object.
//
// On PostgreSQL a row has one column for each member, plain for a kind, a record for an
// embedded row, an array of records for embedded rows. On SQLite it has one text column
// with the whole object, built by the database, or no column if there are no members.
// The extra columns follow, plain on both.
type Shape struct {
	// Counted says that two columns precede all others: a total as int64 and whether
	// the row exists. A row that does not exist only carries the total.
	Counted bool

	Members []Member

	// Extra lists the kinds of the extra values.
	Extra []Kind

	// Shared holds for each extra value the index of the member with the same value, or
	// -1 if it has its own column. Nil means all have their own. PostgreSQL only.
	Shared []int

	// EachExtra requests the extra values of every row. Otherwise only those of the
	// last row are kept.
	EachExtra bool

	// Fields holds for each member the index of its column or record field, or -1 for
	// an array of a Stream. Members that select the same value share one. Nil means all
	// have their own, in order. PostgreSQL only.
	Fields []int

	// Stream makes each embedded row of an array a row of the statement. The first
	// column, after those of Counted, is the index of the row's shape in Stream. The
	// rows are ordered depth first: the rows of an array follow their parent, in the
	// order of the JSON. The root is Stream[0]. PostgreSQL only.
	Stream []*Shape

	// Node is the index of the shape in the Stream of its root.
	Node int

	// ExtraFields are the columns of the extra values of a Stream.
	ExtraFields []int
}

// Member is one member of a row's object.
type Member struct {
	// Key is the member's name as a JSON string, followed by a colon.
	Key string

	// Kind is the kind of the value; zero for an embedded row.
	Kind Kind

	// Quoted requests the value as a JSON string, for a cast to text.
	Quoted bool

	// Embed is the shape of the embedded row or rows.
	Embed *Shape

	// Many says that Embed is an array.
	Many bool
}

// Result collects the rows of a statement. It can be used again after Reset.
type Result struct {
	// Body holds the rows as JSON objects with commas between them.
	Body []byte

	// Rows counts the rows in Body.
	Rows int

	// All counts the rows of all levels of a statement with a Budget.
	All int

	// More says that the statement had more than MaxRows rows.
	More bool

	// Total is the total of a counted shape.
	Total int64

	// Extra holds the extra values as a JSON array, "[1,"a"]": of the last
	// row, or of every row with commas between the arrays.
	Extra []byte
}

// Reset empties the result and keeps its memory.
func (r *Result) Reset() {
	r.Body, r.Extra = r.Body[:0], r.Extra[:0]
	r.Rows, r.All, r.More, r.Total = 0, 0, false, 0
}

// Errors a driver reports besides [Violation]. They wrap the database's error, which is
// for logs only.
var (
	// ErrRetry reports a transaction that conflicted with another one and may succeed
	// when retried: serialization failure, deadlock, busy.
	ErrRetry = errors.New("driver: transaction must be retried")

	// ErrUnavailable reports that the database cannot be reached, is shutting
	// down or takes no more connections.
	ErrUnavailable = errors.New("driver: database unavailable")

	// ErrBusy reports that no connection came free in time.
	ErrBusy error = busyError{}

	// ErrTimeout reports that the statement ran longer than allowed.
	ErrTimeout = errors.New("driver: statement timeout")

	// ErrTooLarge reports an answer larger than Statement.MaxBytes. The result has the
	// rows up to the one that exceeded it.
	ErrTooLarge = errors.New("driver: answer too large")

	// ErrTooManyRows reports an answer of more rows than Statement.Budget.
	ErrTooManyRows = errors.New("driver: answer of too many rows")

	// ErrRaised reports a check that the statement itself raised; see
	// [Raised].
	ErrRaised = errors.New("driver: check failed")

	// ErrTxAborted reports a statement in a transaction that has failed
	// before.
	ErrTxAborted = errors.New("driver: transaction is aborted")

	// ErrReadOnly reports a write on a read-only connection or server.
	ErrReadOnly = errors.New("driver: database is read-only")

	// ErrValue reports a value the database could not convert or that is out
	// of range, although the store had accepted it.
	ErrValue = errors.New("driver: value refused")

	// ErrFull reports that the disk is full.
	ErrFull = errors.New("driver: disk full")
)

// busyError is the type of [ErrBusy]. It wraps the store's error because Bun's statements
// bypass the store.
type busyError struct{}

func (busyError) Error() string { return "driver: no connection came free in time" }

func (busyError) Unwrap() error { return fault.ErrBusy }

// Raised is a failed check inside a statement, made by RaisePrefix. It matches
// [ErrRaised].
type Raised struct {
	// Check is the name of the check.
	Check string
}

// Error names the check.
func (e *Raised) Error() string { return "driver: check " + e.Check + " failed" }

// Is matches ErrRaised.
func (e *Raised) Is(target error) bool { return target == ErrRaised }

// RaisePrefix marks the text a PostgreSQL statement casts to integer in order to
// fail with the name of a check: "plinth.check:" and the name.
const RaisePrefix = "plinth.check:"

// Violation reports a violated constraint.
type Violation struct {
	Kind ViolationKind

	// Constraint is the name of the constraint, if the database reports it.
	Constraint string

	// Table and Columns are those of the constraint, if the database reports them.
	Table   string
	Columns []string

	// Err is the database's error.
	Err error
}

// ViolationKind is the kind of a violated constraint.
type ViolationKind uint8

// The kinds of constraints.
const (
	Unique ViolationKind = iota + 1
	ForeignKey
	NotNull
	Check
)

// Error returns the database's text.
func (v *Violation) Error() string { return v.Err.Error() }

// Unwrap returns the database's error.
func (v *Violation) Unwrap() error { return v.Err }

// Kind is the type of a column's values. A kind has one Go representation, one
// JSON form and one order on both engines.
type Kind uint8

// The kinds of columns. The second column is the Go type a value of the kind is
// bound as, the third its JSON form.
const (
	// KindText is string, a JSON string, ordered by bytes.
	KindText Kind = iota + 1
	// KindBool is bool, true or false.
	KindBool
	// KindInt is int64, a JSON number.
	KindInt
	// KindFloat is float64, a JSON number; NaN and infinities are rejected.
	KindFloat
	// KindDecimal is string, a JSON number that keeps its scale.
	KindDecimal
	// KindTimestamp is time.Time in UTC, cut to microseconds, as
	// "2006-01-02T15:04:05.000000+00:00".
	KindTimestamp
	// KindDate is string, as "2006-01-02".
	KindDate
	// KindUUID is string, lower-case and with dashes.
	KindUUID
	// KindBytes is []byte, as "\x" and lower-case hexadecimal digits.
	KindBytes
	// KindJSON is string, a document in canonical form, sent as it is.
	KindJSON
	// KindTextArray is []string, a JSON array of strings.
	KindTextArray
)

// String returns the name of the kind as error messages use it.
func (k Kind) String() string {
	switch k {
	case KindText:
		return "text"
	case KindBool:
		return "boolean"
	case KindInt:
		return "integer"
	case KindFloat:
		return "float"
	case KindDecimal:
		return "decimal"
	case KindTimestamp:
		return "timestamp"
	case KindDate:
		return "date"
	case KindUUID:
		return "uuid"
	case KindBytes:
		return "bytes"
	case KindJSON:
		return "json"
	case KindTextArray:
		return "text array"
	}
	return "unknown"
}

// Ordered reports whether values of the kind can be compared by less and
// greater, sorted by, and used in a keyset cursor.
func (k Kind) Ordered() bool {
	return k != KindJSON && k != KindTextArray && k != 0
}

// large is the size from which the memory of a Body is not kept for the next rows.
const large = 1 << 20

// Room grows Body for n more bytes, in few steps. A driver calls it before each row. Body
// does not grow beyond what is needed or beyond most bytes, unless most is zero.
func (r *Result) Room(n, most int) {
	if most > 0 {
		n = min(n, most-len(r.Body))
	}
	if cap(r.Body)-len(r.Body) >= n {
		return
	}
	size := 2 * (len(r.Body) + n)
	if most > 0 {
		size = max(len(r.Body)+n, min(size, most))
	}
	r.Body = append(make([]byte, 0, size), r.Body...)
}

// Free releases the memory of a large Body. A small Body is kept for the next rows of this
// result. Body must not be used afterwards.
func (r *Result) Free() {
	if cap(r.Body) >= large {
		r.Body = nil
	}
}
