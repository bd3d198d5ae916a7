package schema

import (
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
)

// Violated fills a constraint error from the schema of the written
// table. Constraints of other tables are not named.
func Violated(t *Table, v *driver.Violation) *fault.ConstraintError {
	e := &fault.ConstraintError{Kind: fault.ConstraintKind(v.Kind), Table: t.Name}
	if v.Kind == driver.ForeignKey {
		for _, ref := range t.ForeignKeys {
			if ref.Name == v.Constraint {
				e.Columns = PublicNames(ref.Columns)
			}
		}
		return e
	}
	if v.Table != "" && v.Table != t.Name {
		return e
	}
	if c := t.checkOf(v.Constraint); c != nil && v.Kind == driver.Check {
		e.Columns = PublicNames(c.Columns)
		return e
	}
	for _, name := range v.Columns {
		switch c := t.byName[name]; {
		case c == nil && v.Kind == driver.NotNull:
			e.Unmapped = name // such as the old name of a renamed field
		case c != nil && c.Mode < Hidden:
			e.Columns = append(e.Columns, name)
		}
	}
	if e.Columns == nil && v.Kind == driver.Unique {
		e.Columns = t.uniqueColumns(v.Constraint)
	}
	return e
}

// uniqueColumns returns the public columns of a unique constraint by the names
// constraints have.
func (t *Table) uniqueColumns(constraint string) []string {
	keys := append([][]*Column{t.PrimaryKey}, t.UniqueKeys...)
	for i, key := range keys {
		if i == 0 && constraint == t.Name+"_pkey" || constraint == UniqueName(t, key) {
			return PublicNames(key)
		}
	}
	for _, ix := range t.Indexes {
		if ix.Unique && ix.Name == constraint {
			return PublicNames(ix.Columns)
		}
	}
	return nil
}

// UniqueName returns the name of the unique index over columns of a table, of at most
// [MaxName] bytes.
func UniqueName(t *Table, columns []*Column) string {
	return shortName(t.Name + "_" + JoinNames(columns, "_") + "_key")
}

// PublicNames returns the names of the columns a client may know.
func PublicNames(columns []*Column) []string {
	var names []string
	for _, c := range columns {
		if c.Mode < Hidden {
			names = append(names, c.Name)
		}
	}
	return names
}
