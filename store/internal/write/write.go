// Package write is the write path: every insert, update, delete, restore and upsert prepares
// its rows in Go, is judged by the rules of its scope, and runs as one statement or in
// steps.
package write

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// request is what a write is asked to do.
type request struct {
	read.Reader
	actor    string       // for the change log
	origin   query.Origin // for the change log of a table with store.History
	logLimit int          // bytes of the log for the transaction, 0: any number
	guard    *query.Guard // nil for trusted code
	op       query.WriteOp
	now      time.Time

	rows            [][]any              // insert: every column, absent where the database decides
	missingRequired [][]fault.FieldError // insert with hooks: for each row, what is required and was not given
	given           schema.ColumnSet     // insert: columns the caller gave
	sets            []Assignment
	where           query.Cond
	version         []*schema.Column // of the rows, as the scope may read it
	versions        []int64          // of which the row must have one, if there are any
	upsert          *upsert
	ret             *query.Query // nil: only the number of rows
	hardDelete      bool         // delete rows of a table with SoftDelete for good
	exactlyOne      bool         // exactly one row, else CardinalityError
	maxRows         *int         // at most as many rows, else MaxAffectedError
	maxTotalRows    int          // the rows of the answer on all levels; 0: any
	maxBytes        int          // the size of the answer, else ErrTooLarge; 0: any
	exactly         int          // as many rows, else none; 0: any number
	byKey           bool         // one row by its key, else the reason why not
	cascade         bool         // a row that it refers to is deleted
	cascaded        *int         // rows that were written because of one delete, see countCascade
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
	keys       []*schema.Column
	ignore     bool
	mustInsert bool             // no row may exist, else ErrStale
	mustUpdate bool             // every row has to exist, else ErrStale
	sets       schema.ColumnSet // columns written to a row that exists
}

// maxWrite is the largest number of rows one write may touch.
const maxWrite = 10000

// newWrite checks what can be checked of a write before its rows and columns are known.
func newWrite(ctx context.Context, r read.Reader, op query.WriteOp, opts query.WriteOptions) (*write, error) {
	if err := r.CheckScope(); err != nil {
		return nil, err
	}
	w := new(write)
	w.request = request{
		Reader: r, op: op, actor: query.ActorOf(ctx, r.Scope), origin: query.OriginOf(ctx, r.Scope), logLimit: logLimit(ctx, r), now: value.StoredTime(r.Session.DB.Options.Now()),
		ret: opts.Return, exactlyOne: opts.Single, maxRows: opts.Most, maxBytes: opts.MaxBytes, maxTotalRows: opts.Budget, versions: opts.Versions, byKey: opts.ByKey,
	}
	if r.Table.View {
		return nil, fault.ErrReadOnlyTable
	}
	if r.Session.Tx != nil && r.Session.Tx.ReadOnly {
		return nil, fault.ErrReadOnly
	}
	if err := value.CheckText(w.actor); err != nil {
		return nil, &fault.ValueError{Column: "actor", Kind: fault.ValueBadCharacter, Reason: err.Error()}
	}
	guard, ok := r.Scope.Enter(r.Table)
	if !ok {
		return nil, r.TableError(sqlgen.ErrNotExposed)
	}
	w.guard, w.version = guard, sqlgen.VersionColumn(r.Table, guard)
	return w, nil
}

// logLimit returns how many bytes a write may log: only requests are bounded.
func logLimit(ctx context.Context, r read.Reader) int {
	if r.Scope == nil && query.ScopeFrom(ctx) == nil {
		return 0
	}
	return max(r.Session.DB.Options.MaxLogBytes, 0)
}
