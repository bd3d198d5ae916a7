package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// found is a table or view as the database has it.
type found struct {
	view        bool
	columns     []foundColumn
	primaryKey  []string
	indexes     []index
	foreignKeys []foreignKey
	checks      []foundCheck
}

// foundCheck is a check as the database has it.
type foundCheck struct {
	name, text string
	// condition is text as far as it is in the language of tags, else nil.
	condition *schema.Condition
}

// foundColumn is a column as the database has it.
type foundColumn struct {
	name string
	// typ is PostgreSQL's internal name of the type, without domains, or the
	// type as declared on SQLite.
	typ        string
	notNull    bool
	hasDefault bool
	// generated: the database assigns a number to a row without one.
	generated bool
	// computed: an expression over other columns.
	computed bool
	// bytewise: text compares by its bytes. PostgreSQL only.
	bytewise bool
}

// index is an index, other than that of the primary key.
type index struct {
	name    string
	columns []string
	unique  bool
	// text is the condition of a partial index in the database, where what it means; nil
	// if it is not in the language of tags.
	text  string
	where *schema.Condition
	// tagged: a plinth tag asks for it.
	tagged bool
}

// partial reports whether the index leaves out rows.
func (ix index) partial() bool { return ix.text != "" || ix.where != nil }

// foreignKey is a foreign key as the database has it.
type foreignKey struct {
	name          string
	columns, keys []string
	target        string
	// keeps: a row that is referred to cannot be deleted.
	keeps bool
}

func (f *found) column(name string) *foundColumn {
	i := slices.IndexFunc(f.columns, func(c foundColumn) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return &f.columns[i]
}

// wantedIndexes returns the indexes a model requires: unique ones, those of tags, and
// plain ones for foreign keys and the tenant unless another index begins with their columns.
func wantedIndexes(t *store.Table) []index {
	var list []index
	pk := index{columns: names(t.PrimaryKey), unique: true}
	for _, key := range t.UniqueKeys {
		list = append(list, index{name: schema.UniqueName(t, key), columns: names(key), unique: true, where: alive(t, nil)})
	}
	for _, ix := range t.Indexes {
		want := index{name: ix.Name, columns: names(ix.Columns), unique: ix.Unique, where: ix.Where}
		if ix.Unique {
			want.where = alive(t, ix.Where)
		}
		want.tagged = true
		list = append(list, want)
	}
	add := func(columns []string) {
		covers := func(ix index) bool { return ix.covers(columns) }
		if !pk.covers(columns) && !slices.ContainsFunc(list, covers) {
			list = append(list, index{name: t.Name + "_" + strings.Join(columns, "_") + "_idx", columns: columns})
		}
	}
	if t.Tenant != nil {
		// In key order, as a list without order is.
		columns := []string{t.Tenant.Name}
		for _, c := range t.PrimaryKey {
			if c != t.Tenant {
				columns = append(columns, c.Name)
			}
		}
		add(columns)
	}
	for _, ref := range t.ForeignKeys {
		add(names(ref.Columns))
	}
	return list
}

// alive returns the condition of a unique index: rows that are deleted have no part in it.
func alive(t *store.Table, where *schema.Condition) *schema.Condition {
	if t.DeletedAt == nil {
		return where
	}
	deleted := &schema.Condition{Op: schema.IsNull, Column: t.DeletedAt}
	if where == nil {
		return deleted
	}
	return schema.AllOf(deleted, where)
}

// covers reports whether the index finds rows by the columns.
func (ix index) covers(columns []string) bool {
	return !ix.partial() && len(ix.columns) >= len(columns) && sameSet(ix.columns[:len(columns)], columns)
}

// serves reports whether the index does what a plain one is wanted for. That of a tag also
// sorts.
func (ix index) serves(want index) bool {
	if !want.tagged {
		return ix.covers(want.columns)
	}
	return ix.sameRows(want) && len(ix.columns) >= len(want.columns) && slices.Equal(ix.columns[:len(want.columns)], want.columns)
}

// same reports whether two indexes promise the same.
func (ix index) same(other index) bool {
	return ix.unique == other.unique && ix.sameRows(other) && sameSet(ix.columns, other.columns)
}

// sameRows reports whether two indexes hold the same rows.
func (ix index) sameRows(other index) bool {
	return ix.partial() == other.partial() && ix.where.Same(other.where)
}

// check rejects models that cannot have a table on both engines.
func check(tables []*store.Table) error {
	taken := map[string]string{}
	claim := func(t *store.Table, what, name string) error {
		if other, ok := taken[name]; ok {
			return fmt.Errorf("migrate: tables %s and %s both need an index %s", other, t.Name, name)
		}
		taken[name] = t.Name
		return fits(t, what, name)
	}
	for _, t := range tables {
		if t.View {
			continue
		}
		for _, c := range t.Columns {
			if c.Generated && (len(t.PrimaryKey) != 1 || !c.Key || c.Kind != store.KindInt) {
				return fmt.Errorf("migrate: %s.%s: only an integer that alone is the primary key can be assigned by the database", t.Name, c.Name)
			}
		}
		for _, ix := range wantedIndexes(t) {
			if err := claim(t, "index", ix.name); err != nil {
				return err
			}
		}
		for _, c := range t.Checks {
			if err := fits(t, "check", c.Name); err != nil {
				return err
			}
		}
		for _, c := range searchable(t) {
			if err := claim(t, "search index", schema.SearchName(c)); err != nil {
				return err
			}
		}
		for _, ref := range t.ForeignKeys {
			if err := fits(t, "foreign key", ref.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// fits rejects a name that is longer.
func fits(t *store.Table, what, name string) error {
	if len(name) > schema.MaxName {
		return fmt.Errorf("migrate: table %s: the name of %s %s is longer than %d bytes", t.Name, what, name, schema.MaxName)
	}
	return nil
}

func names(columns []*store.Column) []string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.Name
	}
	return list
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
