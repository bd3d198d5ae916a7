package sqlgen

import (
	"fmt"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// related writes exists(...) for a relation.
func (c *CondWriter) related(s Source, n *query.Node) error {
	rel, target, err := c.follow(s, n.Name, n.Relation)
	if err != nil {
		return err
	}
	c.Write("exists (select 1 from ")
	if err := c.joinedFrom(s, rel, target); err != nil {
		return err
	}
	if len(n.Kids) == 1 {
		c.Write(" and ")
		if err := c.Cond(target, n.Kids[0]); err != nil {
			return err
		}
	}
	c.Write(")")
	return nil
}

// follow resolves a relation of a source and enters its target. Under a guard, a relation
// that the scope may not know does not exist.
func (c *CondWriter) follow(s Source, name string, known *schema.Relation) (*schema.Relation, Source, error) {
	visible := schema.AllRelations
	if !s.Trusted {
		visible = func(r *schema.Relation) bool { return c.knows(s, r) }
	}
	rel := known
	if rel == nil {
		var several []*schema.Relation
		if rel, several = s.Table.Resolve(name, visible); rel == nil {
			return nil, Source{}, c.unresolved(s, name, several, visible)
		}
	} else if !visible(rel) {
		return nil, Source{}, &fault.UnknownRelationError{Table: s.Table.Name, Relation: name}
	}
	target, err := c.beside(s, rel.Target)
	return rel, target, err
}

// knows reports whether the scope may know a relation: its target and its junction are
// exposed, and it may read the columns that hold the foreign keys, since following the
// relation reveals their values.
func (c *CondWriter) knows(s Source, rel *schema.Relation) bool {
	target, ok := c.scope.Enter(rel.Target)
	if !ok {
		return false
	}
	if rel.Junction != nil {
		guard, ok := c.scope.Enter(rel.Junction.Table)
		return ok && query.JunctionReadable(rel.Junction, guard)
	}
	return query.KeysReadable(rel, s.Guard, target)
}

// joinedFrom writes the related rows of s as FROM and WHERE: target [join
// junction] where the keys match, with the limits of both tables.
func (c *CondWriter) joinedFrom(s Source, rel *schema.Relation, target Source) error {
	c.Write(rel.Target.SQLName, " ", target.Alias)
	if rel.Junction == nil {
		c.Write(" where ")
		c.EqualKeys(target, rel.TargetKeys, s, rel.SourceKeys)
		return c.Limits(target)
	}
	j, err := c.beside(s, rel.Junction.Table)
	if err != nil {
		return err
	}
	c.Write(" join ", j.Table.SQLName, " ", j.Alias, " on ")
	c.EqualKeys(j, rel.Junction.TargetKeys, target, rel.TargetKeys)
	c.Write(" where ")
	c.EqualKeys(j, rel.Junction.SourceKeys, s, rel.SourceKeys)
	if err := c.Limits(j); err != nil {
		return err
	}
	return c.Limits(target)
}

// unresolved is the error for a name that means no relation of s, or several.
func (c *CondWriter) unresolved(s Source, name string, several []*schema.Relation, visible func(*schema.Relation) bool) error {
	if several == nil {
		near := value.Nearest(name, s.Table.Alternatives(name, visible))
		return &fault.UnknownRelationError{Table: s.Table.Name, Relation: name, Near: near}
	}
	e := &fault.AmbiguousRelationError{Table: s.Table.Name, Relation: name}
	for _, r := range several {
		e.Candidates = append(e.Candidates, fault.RelationCandidate{
			Cardinality: r.Cardinality(), Embedding: r.Source.Name + " with " + r.Target.Name,
			Relationship: c.relationship(s, r), Name: r.Choice(several),
		})
	}
	return e
}

// relationship names the foreign keys of a relation that the scope knows.
func (c *CondWriter) relationship(s Source, r *schema.Relation) string {
	if j := r.Junction; j != nil {
		return fmt.Sprintf("%s using %s(%s) and %s(%s)", j.Table.Name,
			schema.ForeignKeyName(j.SourceKeys), schema.JoinNames(j.SourceKeys, ", "), schema.ForeignKeyName(j.TargetKeys), schema.JoinNames(j.TargetKeys, ", "))
	}
	target := c.scope.GuardOf(r.Target)
	return schema.ForeignKeyName(r.ForeignKey()) + " using " + keyText(s.Guard, r.SourceKeys) + " and " + keyText(target, r.TargetKeys)
}

// keyText names the columns of a table, if the guard lets them be read.
func keyText(g *query.Guard, columns []*schema.Column) string {
	table := columns[0].Table.Name
	if slices.ContainsFunc(columns, func(c *schema.Column) bool { return g != nil && !g.Readable.Has(c) }) {
		return table
	}
	return table + "(" + schema.JoinNames(columns, ", ") + ")"
}
