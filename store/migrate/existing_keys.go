package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// compareIndexes adds the indexes that are missing.
func (e *existing) compareIndexes(ctx context.Context) error {
	pk := index{columns: e.found.primaryKey, unique: true}
	for _, want := range wantedIndexes(e.table) {
		switch {
		case slices.ContainsFunc(want.columns, func(c string) bool { return e.absent[c] }):
			continue // comes with the column
		case want.unique:
			if err := e.compareUnique(ctx, want, pk); err != nil {
				return err
			}
		case !pk.serves(want) && !slices.ContainsFunc(e.found.indexes, func(ix index) bool { return ix.serves(want) }):
			e.addIndex(want)
		}
	}
	return nil
}

func (e *existing) compareUnique(ctx context.Context, want, pk index) error {
	for _, ix := range e.found.indexes {
		if want.where != nil && !want.tagged && ix.unique && !ix.partial() && sameSet(ix.columns, want.columns) {
			e.person(true, fmt.Sprintf("unique index %s counts deleted rows of %s too", ix.name, e.table.Name), "drop index "+quote(ix.name))
		}
	}
	if pk.same(want) || slices.ContainsFunc(e.found.indexes, want.same) {
		return nil
	}
	violated, err := e.violates(ctx, want)
	if err != nil {
		return err
	}
	problem := fmt.Sprintf("%s has no unique index on (%s)", e.table.Name, strings.Join(want.columns, ", "))
	if want.tagged {
		problem += " where " + want.where.String()
	}
	if violated {
		e.person(true, problem, "rows have the same values: change them, then "+createIndex(e.engine, e.table, want))
		return nil
	}
	e.problems = append(e.problems, problem)
	e.addIndex(want)
	return nil
}

// addIndex adds an index, unless its name is taken.
func (e *existing) addIndex(ix index) {
	for table, f := range e.have {
		if slices.ContainsFunc(f.indexes, func(other index) bool { return other.name == ix.name }) {
			e.person(false, fmt.Sprintf("index %s of %s is not the one the model needs", ix.name, table),
				fmt.Sprintf("drop index %s, then %s", quote(ix.name), createIndex(e.engine, e.table, ix)))
			return
		}
	}
	e.indexes = append(e.indexes, createIndex(e.engine, e.table, ix))
}

// compareForeignKeys adds the foreign keys that are missing, where the engine
// can.
func (e *existing) compareForeignKeys(ctx context.Context) error {
	for _, ref := range e.table.ForeignKeys {
		if slices.ContainsFunc(ref.Columns, func(c *store.Column) bool { return e.absent[c.Name] }) {
			continue // comes with the column
		}
		i := slices.IndexFunc(e.found.foreignKeys, func(k foreignKey) bool { return k.is(ref) })
		switch {
		case i >= 0 && !e.found.foreignKeys[i].keeps:
			e.person(true, fmt.Sprintf("foreign key %s of %s deletes or changes rows without entries in the change log", e.found.foreignKeys[i].name, e.table.Name),
				"replace it by one on delete restrict")
		case i >= 0:
		case e.engine.ddl().addsConstraints:
			if err := e.addForeignKey(ctx, ref); err != nil {
				return err
			}
		case len(ref.Columns) == 1 && e.added[ref.Columns[0].Name]:
			// the statement that adds the column adds it too
		default:
			e.person(true, e.missingKey(ref), "rebuild the table (SQLite cannot add a foreign key)")
		}
	}
	return nil
}

func (e *existing) missingKey(ref *schema.Reference) string {
	return fmt.Sprintf("%s has no foreign key (%s) to %s", e.table.Name, strings.Join(names(ref.Columns), ", "), ref.Target.Name)
}

func (e *existing) addForeignKey(ctx context.Context, ref *schema.Reference) error {
	text := addForeignKey(e.table, ref)
	if slices.ContainsFunc(e.found.foreignKeys, func(k foreignKey) bool { return k.name == ref.Name }) {
		e.person(true, e.missingKey(ref), fmt.Sprintf("alter table %s drop constraint %s, then %s", quote(e.table.Name), quote(ref.Name), text))
		return nil
	}
	orphans, err := e.orphans(ctx, ref)
	switch {
	case err != nil:
		return err
	case orphans:
		e.person(true, e.missingKey(ref), "rows refer to nothing: change them, then "+text)
	default:
		e.problems = append(e.problems, e.missingKey(ref))
		e.constraints = append(e.constraints, text)
	}
	return nil
}

// is reports whether the key is the one of a model.
func (k foreignKey) is(ref *schema.Reference) bool {
	if k.target != ref.Target.Name || len(k.columns) != len(ref.Columns) {
		return false
	}
	for i, c := range ref.Columns {
		at := slices.Index(k.columns, c.Name)
		if at < 0 || k.keys[at] != ref.Keys[i].Name {
			return false
		}
	}
	return true
}
