package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/uptrace/bun/schema"
)

// Relation relates the rows of one table to rows of another.
type Relation struct {
	// Name is the snake_case name of the struct field.
	Name string

	// Source is the table that declares the relation, Target the table it
	// leads to.
	Source, Target *Table

	// Many reports whether a row can have more than one related row.
	Many bool

	// SourceKeys equal TargetKeys in related rows; with a junction they equal
	// its SourceKeys, and TargetKeys its TargetKeys.
	SourceKeys, TargetKeys []*Column

	// Junction is the table of a relation many to many, else nil.
	Junction *Junction

	field     *schema.Field
	BelongsTo bool // the foreign key is in Source: a belongs-to relation
}

// Junction is the table in the middle of a relation many to many.
type Junction struct {
	Table                  *Table
	SourceKeys, TargetKeys []*Column
}

// ForeignKey returns the columns that hold the keys of a relation without a
// junction.
func (r *Relation) ForeignKey() []*Column {
	if r.BelongsTo {
		return r.SourceKeys
	}
	return r.TargetKeys
}

// ForeignKeyName returns the name of the foreign key on columns of one table.
func ForeignKeyName(columns []*Column) string {
	return columns[0].Table.Name + "_" + JoinNames(columns, "_") + "_fkey"
}

// JoinNames joins the names of columns.
func JoinNames(columns []*Column, separator string) string {
	return strings.Join(ColumnNames(columns), separator)
}

// ColumnNames returns the names of columns.
func ColumnNames(columns []*Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

// readRelations resolves the bun relations of t; every table they lead to is
// registered. It returns all mistakes.
func (t *Table) readRelations(bt *schema.Table, tables func(*schema.Table) (*Table, error)) (errs []error) {
	for _, name := range slices.Sorted(maps.Keys(bt.Relations)) {
		br := bt.Relations[name]
		r, err := t.newRelation(br, tables)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		t.Relations = append(t.Relations, r)
		if br.Type == schema.BelongsToRelation {
			if err := t.addReference(r, br); err != nil {
				errs = append(errs, err)
			}
		}
	}
	sortRelations(t.Relations)
	sortReferences(t.ForeignKeys)
	return errs
}

func (t *Table) newRelation(br *schema.Relation, tables func(*schema.Table) (*Table, error)) (*Relation, error) {
	where := fmt.Sprintf("store: %s.%s", t.goType, br.Field.GoName)
	if br.PolymorphicField != nil || len(br.Condition) > 0 {
		return nil, fmt.Errorf("%s: polymorphic relations and join_on are not supported; use two foreign keys, or a filter", where)
	}
	if err := refuseRelationTag(br.Field); err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	target, err := tables(br.JoinTable)
	if err != nil {
		return nil, err
	}
	r := &Relation{
		Name: value.Underscore(br.Field.GoName), Source: t, Target: target, field: br.Field,
		Many:       br.Type == schema.HasManyRelation || br.Type == schema.ManyToManyRelation,
		BelongsTo:  br.Type == schema.BelongsToRelation,
		SourceKeys: columnsOf(t, br.BasePKs), TargetKeys: columnsOf(target, br.JoinPKs),
	}
	if br.Type == schema.ManyToManyRelation {
		junction, err := tables(br.M2MTable)
		if err != nil {
			return nil, err
		}
		r.Junction = &Junction{
			Table:      junction,
			SourceKeys: columnsOf(junction, br.M2MBasePKs), TargetKeys: columnsOf(junction, br.M2MJoinPKs),
		}
	}
	if r.SourceKeys == nil || r.TargetKeys == nil || r.Junction != nil && (r.Junction.SourceKeys == nil || r.Junction.TargetKeys == nil) {
		return nil, fmt.Errorf("%s: the relation has no keys to join on", where)
	}
	for i, c := range r.SourceKeys {
		if r.Junction == nil && c.Kind != r.TargetKeys[i].Kind {
			return nil, fmt.Errorf("%s: %s is %s and %s.%s is %s", where, c.Name, c.Kind, target.Name, r.TargetKeys[i].Name, r.TargetKeys[i].Kind)
		}
	}
	return r, nil
}

// addReference records the foreign key of a belongs-to relation. No foreign key can
// refer to a view.
func (t *Table) addReference(r *Relation, br *schema.Relation) error {
	if r.Target.View {
		return nil
	}
	ref := &Reference{Name: ForeignKeyName(r.SourceKeys), Columns: r.SourceKeys, Target: r.Target, Keys: r.TargetKeys}
	switch strings.TrimPrefix(strings.ToUpper(br.OnDelete), "ON DELETE ") {
	case "", "NO ACTION", "RESTRICT":
	case "CASCADE":
		ref.OnDelete = Cascade
	case "SET NULL":
		ref.OnDelete = SetNull
	default:
		return fmt.Errorf("store: %s.%s: on_delete %q is not supported: want restrict, cascade or set null", t.goType, br.Field.GoName, br.OnDelete)
	}
	for _, other := range t.ForeignKeys {
		if other.Name == ref.Name {
			return nil // two relations over one key
		}
	}
	t.ForeignKeys = append(t.ForeignKeys, ref)
	return nil
}

func columnsOf(t *Table, fields []*schema.Field) []*Column {
	cols := make([]*Column, 0, len(fields))
	for _, f := range fields {
		c := t.byName[f.Name]
		if c == nil {
			return nil
		}
		cols = append(cols, c)
	}
	if len(cols) == 0 {
		return nil
	}
	return cols
}

// AddColumns adds the columns of a table to the set by which the relation leads on, and
// those by which rows on its way may be out of sight.
func (r *Relation) AddColumns(t *Table, set *ColumnSet) {
	read := slices.Concat(r.SourceKeys, r.TargetKeys, []*Column{r.Target.DeletedAt, r.Target.Tenant})
	view := r.Target.View
	if j := r.Junction; j != nil {
		read = slices.Concat(read, j.SourceKeys, j.TargetKeys, []*Column{j.Table.DeletedAt, j.Table.Tenant})
		view = view || j.Table.View
	}
	if view {
		set.Fill()
	}
	for _, c := range read {
		if c != nil && c.Table == t {
			set.Add(c)
		}
	}
}

// Cardinality says how many rows each side of the relation has.
func (r *Relation) Cardinality() string {
	switch {
	case r.Junction != nil:
		return "many-to-many"
	case r.Many:
		return "one-to-many"
	case r.BelongsTo && !r.Source.unique(r.SourceKeys):
		return "many-to-one"
	}
	return "one-to-one"
}

// unique reports whether no two rows have the same values in the columns.
func (t *Table) unique(columns []*Column) bool {
	same := func(key []*Column) bool { return slices.Equal(key, columns) }
	return same(t.PrimaryKey) || slices.ContainsFunc(t.UniqueKeys, same)
}
