package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
)

// differ compares models with what a database has.
type differ struct {
	work
	have map[string]*found

	// pieces are those of search indexes, by name.
	pieces map[string]piece

	// What can be added, in the order in which it can be.
	tables, columns, indexes, constraints []string

	// manual is what a person must do, problems what is wrong now.
	manual, problems []string
}

// diff compares all tables.
func diff(ctx context.Context, w work, tables []*store.Table) (*differ, error) {
	if err := check(tables); err != nil {
		return nil, err
	}
	have, err := w.engine.inspect(ctx, w)
	if err != nil {
		return nil, fmt.Errorf("migrate: read the schema: %w", err)
	}
	d := &differ{work: w, have: have}
	if err := d.readPieces(ctx); err != nil {
		return nil, err
	}
	if err := d.createTables(tables); err != nil {
		return nil, err
	}
	for _, t := range tables {
		switch f := have[t.Name]; {
		case t.View:
			d.compareView(t, f)
		case f != nil && f.view:
			d.person(true, t.Name+" is a view and its model describes a table", "embed store.View in the model or drop the view")
		case f != nil:
			if err := d.compareTable(ctx, t, f); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

func (d *differ) statements() []string {
	return slices.Concat(d.tables, d.columns, d.indexes, d.constraints)
}

// person notes what only a person can do. A breaking difference keeps a
// production program from starting.
func (d *differ) person(breaking bool, problem, advice string) {
	d.manual = append(d.manual, problem+": "+advice)
	if breaking {
		d.problems = append(d.problems, problem)
	}
}

func (d *differ) createTables(tables []*store.Table) error {
	var missing []*store.Table
	for _, t := range tables {
		if !t.View && d.have[t.Name] == nil {
			missing = append(missing, t)
		}
	}
	created := map[*store.Table]bool{}
	exists := func(t *store.Table) bool { return created[t] || d.have[t.Name] != nil }
	for _, t := range inOrder(missing) {
		text, later, err := createTable(d.engine, t, exists)
		if err != nil {
			return err
		}
		d.tables = append(d.tables, text)
		d.constraints = append(d.constraints, later...)
		for _, ix := range wantedIndexes(t) {
			d.indexes = append(d.indexes, createIndex(d.engine, t, ix))
		}
		for _, c := range searchable(t) {
			d.searchIndex(c, false)
		}
		d.problems = append(d.problems, "table "+t.Name+" is missing")
		created[t] = true
	}
	return nil
}

func (d *differ) compareView(t *store.Table, f *found) {
	if f == nil {
		d.person(true, "view "+t.Name+" is missing", "write a migration that creates it")
		return
	}
	for _, c := range t.Columns {
		have := f.column(c.Name)
		switch {
		case have == nil:
			d.person(true, fmt.Sprintf("%s.%s is missing in the view", t.Name, c.Name), "write a migration that replaces the view")
		case have.typ != "": // an expression on SQLite has none
			if why := d.engine.misfit(c.Kind, *have); why != "" {
				d.person(true, fmt.Sprintf("%s.%s %s", t.Name, c.Name, why), "write a migration that replaces the view")
			}
		}
	}
}

func (d *differ) compareTable(ctx context.Context, t *store.Table, f *found) error {
	e := &existing{differ: d, table: t, found: f, added: map[string]bool{}, absent: map[string]bool{}}
	f.readConditions(t)
	if !sameSet(names(t.PrimaryKey), f.primaryKey) {
		d.person(true, fmt.Sprintf("%s has the primary key (%s), want (%s)", t.Name, strings.Join(f.primaryKey, ", "), strings.Join(names(t.PrimaryKey), ", ")),
			"rebuild the table")
	}
	for _, c := range t.Columns {
		if err := e.column(ctx, c); err != nil {
			return err
		}
	}
	e.staleSearches()
	e.extraColumns()
	if err := e.compareChecks(ctx); err != nil {
		return err
	}
	if err := e.compareIndexes(ctx); err != nil {
		return err
	}
	for _, c := range searchable(t) {
		if !e.absent[c.Name] {
			e.searchIndex(c, true)
		}
	}
	return e.compareForeignKeys(ctx)
}
