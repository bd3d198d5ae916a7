package store

import (
	"context"
	"errors"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// fail turns an error of a writing statement into one of this package.
func (w *write) fail(ctx context.Context, err error) error {
	if errors.Is(err, ErrTxFailed) {
		return err // it wraps the failure of before
	}
	var v *driver.Violation
	if errors.As(err, &v) {
		return w.violated(ctx, v)
	}
	var raised *driver.Raised
	if errors.As(err, &raised) {
		return w.raised(raised.Check)
	}
	return err
}

// violated fills a constraint error. SQLite does not tell which foreign key it
// was; for a row that is still referred to, nobody says by which.
func (w *write) violated(ctx context.Context, v *driver.Violation) error {
	e := constraintError(w.table, v)
	if v.Kind != driver.ForeignKey || e.Columns != nil && !w.deletesRows() {
		return e
	}
	e.Columns = nil
	if w.deletesRows() {
		return e
	}
	refs := slices.DeleteFunc(slices.Clone(w.table.ForeignKeys), func(ref *Reference) bool { return len(w.references(ref)) == 0 })
	for i, ref := range refs {
		if i == len(refs)-1 || w.dangling(ctx, ref) {
			e.Columns = publicNames(ref.Columns)
			break
		}
	}
	return e
}

// narrowed takes out of a constraint error what the scope cannot know: columns
// its policy hides, and the tables a delete leads to.
func (w *write) narrowed(err error) error {
	violated, ok := errors.AsType[*ConstraintError](err)
	if !ok || w.guard == nil {
		return err
	}
	if violated.Table != w.table.Name {
		return &ConstraintError{Kind: ForeignKey, Table: w.table.Name}
	}
	known := *violated
	known.Columns = slices.DeleteFunc(slices.Clone(violated.Columns), func(name string) bool {
		c, g := w.table.byName[name], w.guard
		return c == nil || !g.Readable.Has(c) && !g.Creatable.Has(c) && !g.Updatable.Has(c)
	})
	return &known
}

// references returns the values the write puts into a foreign key, one list for
// each row, without those that have a NULL.
func (w *write) references(ref *Reference) [][]any {
	var keys [][]any
	for _, row := range w.givenRows() {
		if key, whole := writtenKey(ref, row); whole {
			keys = append(keys, key)
		}
	}
	return keys
}

// dangling reports whether a foreign key of the write leads to no row. It only
// names what has failed already, so it also reads in a transaction that is lost,
// and an error of its own is no.
func (w *write) dangling(ctx context.Context, ref *Reference) bool {
	for _, key := range w.references(ref) {
		c := w.s.newCompiler(ctx, nil, access{})
		s := source{table: ref.Target, alias: c.alias()}
		c.selectTarget(s, ref, key)
		var r driver.Result
		err := w.s.db.driver.Query(ctx, w.s.conn(), c.statement(&driver.Shape{Extra: []Kind{KindInt}}), &r)
		if err == nil && r.Rows == 0 {
			return true
		}
	}
	return false
}
