package store

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// request is what a write is asked to do.
type request struct {
	reader
	actor    string // for the change log
	logLimit int    // bytes of the log for the transaction, 0: any number
	guard    *Guard // nil for trusted code
	op       WriteOp
	now      time.Time

	rows     [][]any        // insert: every column, absent where the database decides
	gaps     [][]FieldError // insert with hooks: for each row, what is required and was not given
	given    ColumnSet      // insert: columns the caller gave
	sets     []assignment
	where    Cond
	version  []*Column // of the rows, as the scope may read it
	versions []int64   // of which the row must have one, if there are any
	upsert   *upsert
	ret      *Query // nil: only the number of rows
	erase    bool   // delete rows of a table with SoftDelete for good
	single   bool   // exactly one row, else CardinalityError
	most     *int   // at most as many rows, else MaxAffectedError
	budget   int    // the rows of the answer on all levels; 0: any
	maxBytes int    // the size of the answer, else ErrTooLarge; 0: any
	exactly  int    // as many rows, else none; 0: any number
	byKey    bool   // one row by its key, else the reason why not
	tallied  *int   // rows that were written because of one delete, see tally
}

// prepared completes and validates what is written, in Go.
type prepared struct{ request }

// judged decides whether the scope may write it, and which errors it may see.
type judged struct{ prepared }

// statement writes by one statement.
type statement struct{ judged }

// steps writes row by row.
type steps struct{ statement }

// write is one write of the library: every insert, update, delete, restore and
// upsert is one of these and runs through [write.run]. Each of the types above is a layer
// of it, and uses the ones before.
type write struct{ steps }

// upsert says what an insert does about rows that exist.
type upsert struct {
	keys   []*Column
	ignore bool
	fresh  bool      // no row may exist, else ErrStale
	known  bool      // every row has to exist, else ErrStale
	sets   ColumnSet // columns written to a row that exists
}

// maxWrite is the largest number of rows one write may touch.
const maxWrite = 10000

// WriteOptions tunes a write through a [Gate]. The zero value answers only the
// number of rows.
type WriteOptions struct {
	// Return requests the written rows, with the columns, relations and order of the
	// query. Its filter is checked but not applied. Rows that the scope may not read
	// are left out.
	Return *Query

	// Single rolls the write back with a [CardinalityError] unless exactly one row was
	// written.
	Single bool

	// Most is the largest number of rows the write may touch; more roll it back with a
	// [MaxAffectedError]. Nil leaves only the limit that holds for every write.
	Most *int

	// MaxBytes rolls the write back with [ErrTooLarge] when the answer is larger; zero
	// sets no limit. Rows that are inserted or written by key are exempt if each column
	// is returned once, because they are as large as the input.
	MaxBytes int

	// Budget rolls the write back with a [LimitError] when the answer has more rows,
	// including the rows of every array of embedded rows. Zero sets no limit.
	Budget int

	// Exactly is the number of rows an update must select. With another number no row
	// is written, which is not an error. Zero allows any number. See
	// [Repo.PatchExactly].
	Exactly int

	// Versions are the accepted versions of the written row; another one is [ErrStale].
	// If the scope may not read the version, no version matches. Empty accepts any
	// version.
	Versions []int64

	// ByKey says that the condition is for one row by its key. If no row is written the
	// error is [ErrStale] for another version, [ErrDenied] if the scope can see the
	// row, and otherwise [ErrNotFound].
	ByKey bool
}

// newWrite checks what can be checked of a write before its rows and columns are known.
func newWrite(ctx context.Context, r reader, op WriteOp, opts WriteOptions) (*write, error) {
	if err := r.checkScope(); err != nil {
		return nil, err
	}
	w := new(write)
	w.request = request{
		reader: r, op: op, actor: query.ActorOf(ctx, r.scope), logLimit: logLimit(ctx, r), now: value.StoredTime(r.s.DB.Options.Now()),
		ret: opts.Return, single: opts.Single, most: opts.Most, maxBytes: opts.MaxBytes, budget: opts.Budget, versions: opts.Versions, byKey: opts.ByKey,
	}
	if r.table.View {
		return nil, ErrReadOnlyTable
	}
	if r.s.Tx != nil && r.s.Tx.ReadOnly {
		return nil, ErrReadOnly
	}
	if err := value.CheckText(w.actor); err != nil {
		return nil, &fault.ValueError{Column: "actor", Kind: fault.ValueBadCharacter, Reason: err.Error()}
	}
	guard, ok := r.scope.Enter(r.table)
	if !ok {
		return nil, r.unknown(sqlgen.ErrNotExposed)
	}
	w.guard, w.version = guard, sqlgen.VersionColumn(r.table, guard)
	return w, nil
}

// logLimit returns how many bytes a write may log: only requests are bounded.
func logLimit(ctx context.Context, r reader) int {
	if r.scope == nil && ScopeFrom(ctx) == nil {
		return 0
	}
	return max(r.s.DB.Options.MaxLogBytes, 0)
}
