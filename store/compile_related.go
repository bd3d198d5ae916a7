package store

import (
	"fmt"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// related writes exists(...) for a relation.
func (c *conds) related(s source, n *query.Node) error {
	rel, target, err := c.follow(s, n.Name, n.Relation)
	if err != nil {
		return err
	}
	c.write("exists (select 1 from ")
	if err := c.joinedFrom(s, rel, target); err != nil {
		return err
	}
	if len(n.Kids) == 1 {
		c.write(" and ")
		if err := c.cond(target, n.Kids[0]); err != nil {
			return err
		}
	}
	c.write(")")
	return nil
}

// follow resolves a relation of a source and enters its target. Under a guard, a relation
// that the scope may not know does not exist.
func (c *conds) follow(s source, name string, known *Relation) (*Relation, source, error) {
	visible := schema.AllRelations
	if !s.trusted {
		visible = func(r *Relation) bool { return c.knows(s, r) }
	}
	rel := known
	if rel == nil {
		var several []*Relation
		if rel, several = s.table.Resolve(name, visible); rel == nil {
			return nil, source{}, c.unresolved(s, name, several, visible)
		}
	} else if !visible(rel) {
		return nil, source{}, &UnknownRelationError{Table: s.table.Name, Relation: name}
	}
	target, err := c.beside(s, rel.Target)
	return rel, target, err
}

// knows reports whether the scope may know a relation: its target and its junction are
// exposed, and it may read the columns that hold the foreign keys, since following the
// relation reveals their values.
func (c *conds) knows(s source, rel *Relation) bool {
	target, ok := c.scope.Enter(rel.Target)
	if !ok {
		return false
	}
	if rel.Junction != nil {
		guard, ok := c.scope.Enter(rel.Junction.Table)
		return ok && query.JunctionReadable(rel.Junction, guard)
	}
	return query.KeysReadable(rel, s.guard, target)
}

// joinedFrom writes the related rows of s as FROM and WHERE: target [join
// junction] where the keys match, with the limits of both tables.
func (c *conds) joinedFrom(s source, rel *Relation, target source) error {
	c.write(rel.Target.SQLName, " ", target.alias)
	if rel.Junction == nil {
		c.write(" where ")
		c.equalKeys(target, rel.TargetKeys, s, rel.SourceKeys)
		return c.limits(target)
	}
	j, err := c.beside(s, rel.Junction.Table)
	if err != nil {
		return err
	}
	c.write(" join ", j.table.SQLName, " ", j.alias, " on ")
	c.equalKeys(j, rel.Junction.TargetKeys, target, rel.TargetKeys)
	c.write(" where ")
	c.equalKeys(j, rel.Junction.SourceKeys, s, rel.SourceKeys)
	if err := c.limits(j); err != nil {
		return err
	}
	return c.limits(target)
}

// unresolved is the error for a name that means no relation of s, or several.
func (c *conds) unresolved(s source, name string, several []*Relation, visible func(*Relation) bool) error {
	if several == nil {
		near := value.Nearest(name, s.table.Alternatives(name, visible))
		return &UnknownRelationError{Table: s.table.Name, Relation: name, Near: near}
	}
	e := &AmbiguousRelationError{Table: s.table.Name, Relation: name}
	for _, r := range several {
		e.Candidates = append(e.Candidates, RelationCandidate{
			Cardinality: r.Cardinality(), Embedding: r.Source.Name + " with " + r.Target.Name,
			Relationship: c.relationship(s, r), Name: r.Choice(several),
		})
	}
	return e
}

// relationship names the foreign keys of a relation that the scope knows.
func (c *conds) relationship(s source, r *Relation) string {
	if j := r.Junction; j != nil {
		return fmt.Sprintf("%s using %s(%s) and %s(%s)", j.Table.Name,
			schema.ForeignKeyName(j.SourceKeys), schema.JoinNames(j.SourceKeys, ", "), schema.ForeignKeyName(j.TargetKeys), schema.JoinNames(j.TargetKeys, ", "))
	}
	target := c.scope.GuardOf(r.Target)
	return schema.ForeignKeyName(r.ForeignKey()) + " using " + keyText(s.guard, r.SourceKeys) + " and " + keyText(target, r.TargetKeys)
}

// keyText names the columns of a table, if the guard lets them be read.
func keyText(g *query.Guard, columns []*schema.Column) string {
	table := columns[0].Table.Name
	if slices.ContainsFunc(columns, func(c *schema.Column) bool { return g != nil && !g.Readable.Has(c) }) {
		return table
	}
	return table + "(" + schema.JoinNames(columns, ", ") + ")"
}
