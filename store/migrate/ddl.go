package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// createTable returns the statement that creates a table, and those that add
// the foreign keys it must not have yet.
func createTable(e engine, t *store.Table, exists func(*store.Table) bool) (text string, later []string, err error) {
	var lines []string
	keyed := false
	for _, c := range t.Columns {
		line, err := newColumn(e, c)
		if err != nil {
			return "", nil, err
		}
		keyed = keyed || c.Generated && e.ddl().generatedIsKey
		lines = append(lines, line)
	}
	if !keyed {
		lines = append(lines, "primary key ("+quoteAll(names(t.PrimaryKey))+")")
	}
	for _, c := range t.Checks {
		lines = append(lines, checkClause(e, c))
	}
	for _, ref := range t.ForeignKeys {
		if !e.ddl().addsConstraints || (ref.Target == t || exists(ref.Target)) && toPrimaryKey(ref) {
			lines = append(lines, foreignKeyClause(ref))
			continue
		}
		later = append(later, addForeignKey(t, ref))
	}
	return "create table " + quote(t.Name) + " (\n\t" + strings.Join(lines, ",\n\t") + "\n)", later, nil
}

// newColumn writes a column of a new table.
func newColumn(e engine, c *store.Column) (string, error) {
	if c.Generated {
		return quote(c.Name) + " " + e.ddl().generated, nil
	}
	d, err := defaultOf(c)
	if err != nil {
		return "", err
	}
	return column(e, c, d), nil
}

// column writes a column with a default, if there is one.
func column(e engine, c *store.Column, d *constant) string {
	text := quote(c.Name) + " " + e.columnType(c.Kind)
	if !c.Nullable {
		text += " not null"
	}
	if d != nil {
		text += " default " + e.literal(*d)
	}
	return text
}

func foreignKeyClause(ref *schema.Reference) string {
	return fmt.Sprintf("constraint %s foreign key (%s) %s", quote(ref.Name), quoteAll(names(ref.Columns)), references(ref))
}

func references(ref *schema.Reference) string {
	return fmt.Sprintf("references %s (%s) on delete restrict", quote(ref.Target.Name), quoteAll(names(ref.Keys)))
}

func addForeignKey(t *store.Table, ref *schema.Reference) string {
	return "alter table " + quote(t.Name) + " add " + foreignKeyClause(ref)
}

// checkClause writes a check of a table.
func checkClause(e engine, c *schema.Check) string {
	return "constraint " + quote(c.Name) + " check (" + conditionSQL(e, c.Condition) + ")"
}

// conditionSQL writes a condition in the SQL of an engine.
func conditionSQL(e engine, c *schema.Condition) string {
	return c.Render(func(c *store.Column) string { return quote(c.Name) }, func(c *store.Column, text string) string {
		return e.literal(constant{kind: c.Kind, text: text})
	})
}

func createIndex(e engine, t *store.Table, ix index) string {
	text := "create "
	if ix.unique {
		text += "unique "
	}
	text += fmt.Sprintf("index %s on %s (%s)", quote(ix.name), quote(t.Name), quoteAll(ix.columns))
	if ix.where != nil {
		text += " where " + conditionSQL(e, ix.where)
	}
	return text
}

func toPrimaryKey(ref *schema.Reference) bool { return slices.Equal(ref.Keys, ref.Target.PrimaryKey) }

// inOrder puts tables behind those they refer to, as far as that can be, and
// else keeps their order.
func inOrder(tables []*store.Table) []*store.Table {
	missing := map[*store.Table]bool{}
	for _, t := range tables {
		missing[t] = true
	}
	list := make([]*store.Table, 0, len(tables))
	var place func(*store.Table)
	place = func(t *store.Table) {
		if !missing[t] {
			return
		}
		delete(missing, t) // before its targets: cycles end here
		for _, ref := range t.ForeignKeys {
			place(ref.Target)
		}
		list = append(list, t)
	}
	for _, t := range tables {
		place(t)
	}
	return list
}

// quote quotes a name, which the store has checked to be plain.
func quote(name string) string { return `"` + name + `"` }

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}
