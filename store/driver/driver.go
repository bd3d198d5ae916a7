// Package driver is the contract between package store and the packages that
// run its statements, store/sqlite and store/postgres. Applications do not need
// it.
//
// The store compiles a statement for the driver's [Dialect] and says with a
// [Shape] what its rows look like; the driver binds, runs and appends the rows
// as JSON, and turns what its database reports into the errors of this package.
package driver

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"
)

// Driver runs statements on one database. It is safe for concurrent use.
type Driver interface {
	// Dialect says how statements must be written.
	Dialect() Dialect

	// Bun returns the Bun database over the same pools. Its reads go to
	// readers.
	Bun() *bun.DB

	// Query runs a statement that returns rows and appends them to r. A nil
	// conn is the pool; a statement that writes then is its own transaction.
	Query(ctx context.Context, conn Conn, s *Statement, r *Result) error

	// Exec runs a statement without rows and returns how many rows it
	// changed.
	Exec(ctx context.Context, conn Conn, s *Statement) (int64, error)

	// Begin opens a transaction on a connection of its own. A writing one on
	// an engine with one writer waits for its turn or until ctx ends. Where
	// nothing depends on when it begins, the database may be told with the first
	// statement.
	Begin(ctx context.Context, opts TxOptions) (Conn, error)

	// Ping asks the database for an answer, on a connection that is kept for
	// it or in reserve: also when all others are in use.
	Ping(ctx context.Context) error

	// Stats returns the figures of the pools. It asks nobody and costs little.
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

// TxOptions says what kind of transaction to begin.
type TxOptions struct {
	// ReadOnly promises not to write; on SQLite a reader's connection
	// serves it.
	ReadOnly bool

	// Isolation is the level on PostgreSQL: LevelDefault is the database's,
	// LevelSerializable the store's default for application code. SQLite is
	// always serializable.
	Isolation sql.IsolationLevel

	// LockTimeout is how long a statement waits for a lock before the transaction is to
	// be run again, with [ErrRetry]: shorter than a deadlock takes to be found. Zero
	// leaves it to the engine's settings. SQLite, with one writer, has no deadlocks.
	LockTimeout time.Duration

	// Caller says that it is a caller's and not the application's own: an
	// engine with one writer ends it sooner, since everybody else waits.
	Caller bool
}

// Dialect says how the SQL of an engine differs.
type Dialect struct {
	// Name is "sqlite" or "postgres".
	Name string

	// Fold is the expression that folds the letters of %s as Unicode's simple case mapping does.
	// PostgreSQL only.
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

	// Table is the table the statement is about and Op what it does with it,
	// "select", "insert", "update" or "delete", for who watches. Where they are
	// empty the text tells.
	Table, Op string

	// Args are bound values, each in the Go form of its kind (see [Kind]),
	// nil for NULL, []string for a list.
	Args []any

	// Shape describes the rows. Nil: the statement has none.
	Shape *Shape

	// Write says that the statement changes rows: without a transaction it
	// runs as its own, on SQLite on the writer.
	Write bool

	// Caller is that of [TxOptions], for a statement without a transaction.
	Caller bool

	// Timeout ends the statement with [ErrTimeout] where that is sooner than the driver's
	// own limit. Zero is the driver's.
	Timeout time.Duration

	// MaxRows stops after as many rows and sets Result.More if there were
	// more. Zero reads all.
	MaxRows int

	// MaxBytes limits what Query appends; more is [ErrTooLarge]. With a Budget so
	// is one row of more than its [RowShare]-th part. Zero sets no limit.
	MaxBytes int

	// Budget limits the rows of the answer: those of the root and the elements of
	// every array of embedded rows. More is [ErrTooManyRows]. Zero sets no limit.
	// On SQLite the compiler counts with the function pl_took, which takes a
	// [RowCounter]; on PostgreSQL the shape has a Stream.
	Budget int
}

// RowShare is which part of an answer one row of a statement with a Budget may be,
// since an engine may hold a row several times while it makes it.
const RowShare = 4

// RowCounter is a bound value that stands for the counter of a statement's
// Budget. SQLite only.
type RowCounter struct{}

// Shape describes the rows of a statement: the members of the JSON object that
// stands for a row, and values beside it.
//
// On PostgreSQL a row has one column for each member, plain for a kind, a
// record for an embedded row, an array of records for embedded rows. On SQLite
// it has one text column with the whole object, written by the database, no
// column if there are no members. Then follow the extra columns, plain on both.
type Shape struct {
	// Counted says that two columns stand before all others: a total as
	// int64 and whether the row exists. A row that does not exist only
	// brings the total.
	Counted bool

	Members []Member

	// Extra lists the kinds of the extra values.
	Extra []Kind

	// Shared says for each extra value the index of the member that has the
	// same, or -1 for one with a column of its own. Nil: all have their own.
	// Only PostgreSQL's members have columns to share.
	Shared []int

	// EachExtra asks for the extra values of every row; else only those of
	// the last row are kept.
	EachExtra bool

	// Fields says for each member the column, or field of a record, that has its
	// value, or -1 for an array of a Stream. Members that select the same value
	// share one. Nil: all have their own, in order. PostgreSQL only.
	Fields []int

	// Stream makes each embedded row of an array a row of the statement. The
	// first column, behind those of Counted, says which shape of Stream a row
	// has. The rows come depth first: those of an array follow the row they
	// belong to, in the order of the JSON. The root is Stream[0]. PostgreSQL only.
	Stream []*Shape

	// Node is the index of the shape in the Stream of its root.
	Node int

	// ExtraFields are the columns of the extra values of a Stream.
	ExtraFields []int
}

// Member is one member of a row's object.
type Member struct {
	// Key is the member's name as JSON string with the colon behind it.
	Key string

	// Kind is the kind of the value; zero for an embedded row.
	Kind Kind

	// Quoted asks for the value as JSON string: a cast to text.
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

// Errors a driver reports beside [Violation]. They are wrapped around the
// database's own error, which is for logs only.
var (
	// ErrRetry reports a transaction that lost against another one and may
	// succeed when it is run again: serialization failure, deadlock, busy.
	ErrRetry = errors.New("driver: transaction must be retried")

	// ErrUnavailable reports that the database cannot be reached, is shutting
	// down or takes no more connections.
	ErrUnavailable = errors.New("driver: database unavailable")

	// ErrBusy reports that no connection came free in time.
	ErrBusy error = busyError{}

	// ErrTimeout reports that the statement ran longer than allowed.
	ErrTimeout = errors.New("driver: statement timeout")

	// ErrTooLarge reports an answer larger than Statement.MaxBytes. The
	// result has the rows up to the one that made it so.
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

// busyError is the type of [ErrBusy]. It has a code of its own because Bun's
// statements do not pass the store.
type busyError struct{}

func (busyError) Error() string { return "driver: no connection came free in time" }

// Problem returns the code of the error on the wire.
func (busyError) Problem() string { return "PL503" }

// ProblemRetryAfter returns the wait of the header Retry-After.
func (busyError) ProblemRetryAfter() time.Duration { return time.Second }

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

	// Constraint is the name of the constraint where the database tells it.
	Constraint string

	// Table and Columns are those of the constraint where the database tells
	// them.
	Table   string
	Columns []string

	// Err is the database's error.
	Err error
}

// ViolationKind tells the kinds of constraints apart.
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
