package migrate

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// hasRows reports whether the table has rows at all.
func (e *existing) hasRows(ctx context.Context) (bool, error) {
	if e.filled == nil {
		filled, err := e.exists(ctx, `select 1 from `+quote(e.table.Name))
		if err != nil {
			return false, err
		}
		e.filled = &filled
	}
	return *e.filled, nil
}

// violates reports whether rows have the same values in the columns of a unique
// index to be. Columns that were just added are the same in all rows unless
// they are NULL.
func (e *existing) violates(ctx context.Context, ix index) (bool, error) {
	var old, conditions []string
	for _, name := range ix.columns {
		switch c := e.table.Column(name); {
		case !e.added[name]:
			old = append(old, quote(name))
			conditions = append(conditions, quote(name)+" is not null")
		case c.Nullable && c.Default == "":
			return false, nil
		}
	}
	if ix.where != nil {
		conditions = append(conditions, e.conditionSQL(ix.where))
	}
	query := `select count(*) from ` + quote(e.table.Name)
	if len(conditions) > 0 {
		query += " where " + strings.Join(conditions, " and ")
	}
	if len(old) > 0 {
		query += " group by " + strings.Join(old, ", ")
	}
	return e.exists(ctx, query+" having count(*) > 1")
}

// breaks reports whether rows break a check to be.
func (e *existing) breaks(ctx context.Context, c *schema.Check) (bool, error) {
	if filled, err := e.hasRows(ctx); err != nil || !filled {
		return false, err
	}
	return e.exists(ctx, `select 1 from `+quote(e.table.Name)+` where not (`+e.conditionSQL(c.Condition)+`)`)
}

// conditionSQL writes a condition on the rows as they will be: columns that are added have
// the value that existing rows get.
func (e *existing) conditionSQL(c *schema.Condition) string {
	return c.Render(func(c *store.Column) string {
		if e.found.column(c.Name) != nil {
			return quote(c.Name)
		}
		return e.engine.typed(c.Kind, e.initial(c))
	}, func(c *store.Column, text string) string { return e.engine.literal(constant{kind: c.Kind, text: text}) })
}

// initial writes the value that existing rows get in a column that is added.
func (e *existing) initial(c *store.Column) string {
	d, err := defaultOf(c)
	switch {
	case err != nil, d == nil && c.Nullable:
		return "null"
	case d == nil:
		zero := zeroOf(c.Kind)
		d = &zero
	}
	return e.engine.literal(*d)
}

// orphans reports whether rows refer to nothing by a foreign key to be.
func (e *existing) orphans(ctx context.Context, ref *schema.Reference) (bool, error) {
	conditions := make([]string, 0, len(ref.Columns))
	matches := make([]string, 0, len(ref.Columns))
	for i, c := range ref.Columns {
		if e.added[c.Name] {
			return false, nil // NULL in all rows, or there are none
		}
		conditions = append(conditions, "r."+quote(c.Name)+" is not null")
		matches = append(matches, "t."+quote(ref.Keys[i].Name)+" = r."+quote(c.Name))
	}
	query := `select 1 from ` + quote(e.table.Name) + ` r where ` + strings.Join(conditions, " and ")
	if e.have[ref.Target.Name] != nil {
		query += ` and not exists (select 1 from ` + quote(ref.Target.Name) + ` t where ` + strings.Join(matches, " and ") + `)`
	}
	return e.exists(ctx, query)
}

func (e *existing) exists(ctx context.Context, query string) (found bool, err error) {
	if err := e.QueryRowContext(ctx, `select exists (`+query+`)`).Scan(&found); err != nil {
		return false, fmt.Errorf("migrate: look at the rows of %s: %w", e.table.Name, err)
	}
	return found, nil
}
