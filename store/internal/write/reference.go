package write

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// fail turns an error of a writing statement into one of package fault.
func (w *judged) fail(ctx context.Context, err error) error {
	if errors.Is(err, fault.ErrTxFailed) {
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

// violated fills in a constraint error. SQLite does not report which foreign key
// failed. The error of a row that is still referenced does not name the referring
// table.
func (w *judged) violated(ctx context.Context, v *driver.Violation) error {
	e := schema.Violated(w.Table, v)
	if v.Kind != driver.ForeignKey || e.Columns != nil && !w.deletesRows() {
		return e
	}
	e.Columns = nil
	if w.deletesRows() {
		return e
	}
	refs := slices.DeleteFunc(slices.Clone(w.Table.ForeignKeys), func(ref *schema.Reference) bool { return len(w.references(ref)) == 0 })
	for i, ref := range refs {
		if i == len(refs)-1 || w.dangling(ctx, ref) {
			e.Columns = schema.PublicNames(ref.Columns)
			break
		}
	}
	return e
}

// withoutHidden takes out of an error what the scope cannot know: columns that it or the
// model hides, and the tables a delete leads to.
func (w *judged) withoutHidden(err error) error {
	if w.guard == nil {
		return err
	}
	// What a hook makes of a validation error is the answer it wants.
	if invalid, ok := fault.Deciding(err).(*fault.ValidationError); ok {
		return w.withoutHiddenFields(invalid)
	}
	violated, ok := errors.AsType[*fault.ConstraintError](err)
	if !ok {
		return err
	}
	if violated.Table != w.Table.Name {
		return &fault.ConstraintError{Kind: fault.ForeignKey, Table: w.Table.Name}
	}
	known := *violated
	known.Columns = slices.DeleteFunc(slices.Clone(violated.Columns), func(name string) bool {
		c := w.Table.Column(name)
		return c == nil || !w.guard.Knows(c)
	})
	return &known
}

// withoutHiddenFields removes the columns that the scope cannot know from a validation
// error. A hook may have written to another table, with other columns hidden. A name
// that is not a column was chosen by a hook for the reader of the error, so it stays.
func (w *judged) withoutHiddenFields(invalid *fault.ValidationError) error {
	table, guard := w.Table, w.guard
	if other := w.Session.DB.Registry.Named(invalid.Table); other != nil && other != table {
		table, guard = other, w.Scope.GuardOf(other)
	}
	known := *invalid
	if guard == nil {
		known.Table = w.Table.Name
	}
	known.Fields, known.Unknown = nil, slices.Clone(invalid.Unknown)
	for _, f := range invalid.Fields {
		c := table.Column(f.Column)
		if c == nil || guard != nil && c.Mode < schema.Hidden && guard.Knows(c) {
			known.Fields = append(known.Fields, f)
		} else {
			known.Unknown = append(known.Unknown, f)
		}
	}
	return &known
}

// dangling reports whether a foreign key of the write leads to no row. It only adds
// detail to an earlier failure, so it may read in a failed transaction, and treats its
// own error as false.
func (w *judged) dangling(ctx context.Context, ref *schema.Reference) bool {
	return slices.ContainsFunc(w.references(ref), func(key []any) bool {
		b := w.Session.NewBuilder(ctx, nil, sqlgen.Exemptions{})
		defer b.Free()
		s := b.Trusted(ref.Target)
		b.SelectTarget(s, ref, key)
		var r driver.Result
		err := w.Session.DB.Driver.Query(ctx, w.Session.Conn(), b.Statement(&driver.Shape{Extra: []driver.Kind{driver.KindInt}}), &r)
		return err == nil && r.Rows == 0
	})
}

// raised turns a check that a statement raised into its error.
func (w *judged) raised(name string) error {
	if name == logCheck {
		return w.logLimitError()
	}
	if i, err := strconv.Atoi(name); err == nil && i < len(w.Table.ForeignKeys) {
		return w.missingTarget(w.Table.ForeignKeys[i])
	}
	return fault.ErrDenied
}

// missingTarget is the answer for a foreign key to a row that does not exist or
// must not be known.
func (w *judged) missingTarget(ref *schema.Reference) error {
	return schema.Violated(w.Table, &driver.Violation{Kind: driver.ForeignKey, Constraint: ref.Name})
}
