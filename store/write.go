package store

import (
	"context"
	"slices"
	"time"
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
		reader: r, op: op, actor: actorOf(ctx, r.scope), logLimit: r.logLimit(ctx), now: storedTime(r.s.db.options.Now()),
		ret: opts.Return, single: opts.Single, most: opts.Most, maxBytes: opts.MaxBytes, budget: opts.Budget, versions: opts.Versions, byKey: opts.ByKey,
	}
	if r.table.View {
		return nil, ErrReadOnlyTable
	}
	if r.s.tx != nil && r.s.tx.readOnly {
		return nil, ErrReadOnly
	}
	if err := checkText(w.actor); err != nil {
		return nil, &ValueError{Column: "actor", Code: "22021", Reason: err.Error()}
	}
	guard, err := r.scope.enter(r.table)
	if err != nil {
		return nil, r.unknown(err)
	}
	w.guard, w.version = guard, versionColumn(r.table, guard)
	return w, nil
}

func covers(set *ColumnSet, cols []*Column) bool {
	for _, c := range cols {
		if !set.Has(c) {
			return false
		}
	}
	return true
}

// run is the one write path: it prepares the rows in Go and then writes either
// by one statement or step by step in a transaction. Both ways do the same.
func (w *write) run(ctx context.Context, out *Rows) error {
	if w.guard != nil && w.upsert == nil && w.actionRule().IsZero() {
		return ErrDenied // before any row is matched: an empty match would look like success
	}
	if err := w.prepare(); err != nil {
		return w.narrowed(err)
	}
	if err := w.checkCondition(ctx); err != nil {
		return err
	}
	out.result.Reset()
	out.take()
	if w.op == OpInsert && len(w.rows) == 0 {
		return w.cardinality(out)
	}
	written := w.runSteps
	if w.direct() {
		written = w.runDirect
	}
	if err := written(ctx, out); err != nil {
		w.s.fail(err)
		return w.narrowed(err)
	}
	if w.byKey && out.touched == 0 {
		return w.missed(ctx)
	}
	return nil
}

// missed returns why a write by key matched no row.
func (w *write) missed(ctx context.Context) error {
	var out Rows
	q, opts := &Query{Select: []Selected{}, Where: w.where}, ReadOptions{Single: true}
	if err := w.read(ctx, q, w.readOptions(q, opts), opts, &out); err != nil {
		return err
	}
	switch {
	case out.Count == 0:
		return ErrNotFound
	case len(w.versions) > 0 && (len(w.version) == 0 || !slices.Contains(w.versions, out.Version)):
		return ErrStale
	case w.scope != nil && w.op != OpRestore:
		return ErrDenied
	}
	return ErrNotFound // a row that is there is none to restore
}

// direct reports whether one statement suffices: no hook runs, and nothing else must be
// read or written with it or after it. Without PostgreSQL's WITH it also requires that
// nothing must be checked or logged.
func (w *write) direct() bool {
	if w.table.HasHooks() || w.upsert != nil || w.readsBack() || w.showsAnew() {
		return false
	}
	if w.deletesRows() && w.table.hasActions() {
		return false
	}
	return w.op != OpUpdate || len(w.sets) > 0
}

// hasActions reports whether deleting a row deletes or changes others.
func (t *Table) hasActions() bool {
	for _, ref := range t.referrers() {
		if ref.OnDelete != Restrict {
			return true
		}
	}
	return false
}

// counted reports whether the number of rows may roll back the write.
func (w *request) counted() bool { return w.single || w.most != nil }

// large reports whether the answer of one statement may be too large, because its rows
// are not counted or columns repeat. Other answers are as large as the input and need
// no transaction that can be rolled back.
func (w *request) large() bool {
	if w.ret == nil || w.maxBytes == 0 {
		return false
	}
	if w.op != OpInsert && !pinned(w.table, w.where) {
		return true
	}
	for i, sel := range w.ret.Select {
		if slices.ContainsFunc(w.ret.Select[:i], func(other Selected) bool { return other.Column == sel.Column }) {
			return true
		}
	}
	return false
}

func (w *request) cardinality(out *Rows) error {
	if w.most != nil && out.touched > *w.most {
		return &MaxAffectedError{Rows: out.touched}
	}
	if w.single && (out.touched != 1 || out.Count != 1) {
		return &CardinalityError{Rows: max(out.touched, out.Count)}
	}
	return nil
}

// source is the table of the write under an alias, with the guard of the write.
func (w *request) source(alias string) source {
	return source{table: w.table, alias: alias, guard: w.guard, trusted: w.guard == nil}
}
