package schema

import "strings"

// HintMark separates the name of a relation from a hint.
const HintMark = "!"

// AllRelations is the view of trusted code.
func AllRelations(*Relation) bool { return true }

// Relation returns the relation with a name: the snake_case name of a field, the name
// of the target table, or the column or constraint of the foreign key
// (table_column_fkey). All but the first must identify one relation. A hint after an
// exclamation mark distinguishes relations to the same table: the column, the
// constraint or the junction table, as in "people!tasks_author_id_fkey".
//
// In a table with relations to itself the table name means the referring rows, and the
// column or constraint of the foreign key the referenced row.
//
// Relation returns nil if there is none or more than one.
func (t *Table) Relation(name string) *Relation {
	r, _ := t.Resolve(name, AllRelations)
	return r
}

// Resolve finds the relation that a name means among those that are visible.
// Others neither are found nor make a name mean more than one. Where there are
// several, it returns them instead.
func (t *Table) Resolve(written string, visible func(*Relation) bool) (one *Relation, several []*Relation) {
	name, hint, hinted := strings.Cut(written, HintMark)
	for _, r := range t.Relations {
		if r.Name == name && (!hinted || r.hinted(hint)) && visible(r) {
			return r, nil
		}
	}
	for _, r := range t.Relations {
		if !r.called(name, hint, hinted) || !visible(r) {
			continue
		}
		switch {
		case one == nil && several == nil:
			one = r
		case several == nil:
			several = []*Relation{one, r}
		default:
			several = append(several, r)
		}
	}
	if several == nil {
		return one, nil
	}
	return referring(several)
}

// referring drops relations to a row that the row itself refers to from those
// that a name means, if others lead the other way in the same table.
func referring(found []*Relation) (one *Relation, several []*Relation) {
	reversed := false
	for _, r := range found {
		reversed = reversed || r.Source == r.Target && r.Junction == nil && !r.BelongsTo
	}
	for _, r := range found {
		if !reversed || !r.BelongsTo {
			several = append(several, r)
		}
	}
	if len(several) == 1 {
		return several[0], nil
	}
	return nil, several
}

// called reports whether a relation has a name that others can have too.
func (r *Relation) called(name, hint string, hinted bool) bool {
	if hinted {
		return r.Target.Name == name && r.hinted(hint)
	}
	if r.Target.Name == name || r.BelongsTo && r.hinted(name) {
		return true
	}
	// In a table related to itself the constraint means the row that is referred to.
	return r.Junction == nil && r.Source != r.Target && ForeignKeyName(r.ForeignKey()) == name
}

// hinted reports whether a hint fits the relation.
func (r *Relation) hinted(hint string) bool {
	if r.Junction != nil {
		return r.Junction.Table.Name == hint
	}
	key := r.ForeignKey()
	return len(key) == 1 && key[0].Name == hint || ForeignKeyName(key) == hint
}

// Choice returns a name that distinguishes the relation from others.
func (r *Relation) Choice(others []*Relation) string {
	hint := ""
	if r.Junction != nil {
		hint = r.Junction.Table.Name
	} else {
		hint = ForeignKeyName(r.ForeignKey())
	}
	for _, o := range others {
		if o != r && o.hinted(hint) {
			return r.Name
		}
	}
	return r.Target.Name + HintMark + hint
}

// Alternatives returns the names of visible relations that could be meant by a
// name that fits none.
func (t *Table) Alternatives(written string, visible func(*Relation) bool) []string {
	name, _, hinted := strings.Cut(written, HintMark)
	var names, hints []string
	for _, r := range t.Relations {
		if !visible(r) {
			continue
		}
		names = append(names, r.Name, r.Target.Name)
		if hinted && (r.Name == name || r.Target.Name == name) {
			hints = append(hints, r.Choice(nil))
		}
	}
	if hints != nil {
		return hints
	}
	return names
}
