package store

import (
	"errors"

	"github.com/seed-7694ebf6/plinth/internal/seed"
)

// related writes exists(...) for a relation.
func (c *compiler) related(s source, n *node, trusted trust) error {
	rel, target, err := c.enter(s, n.name, n.relation, trusted, seed.Embed)
	if err != nil {
		return err
	}
	c.write("exists (select 1 from ")
	if err := c.joinedFrom(s, rel, target, trusted); err != nil {
		return err
	}
	if len(n.kids) == 1 {
		c.write(" and ")
		if err := c.cond(target, n.kids[0], trusted); err != nil {
			return err
		}
	}
	c.write(")")
	return nil
}

// enter resolves a relation. In the untrusted part of a scoped statement its
// target, and its junction, must be exposed, else the relation does not exist.
func (c *compiler) enter(s source, name string, known *Relation, trusted trust, part seed.Part) (*Relation, source, error) {
	rel := known
	if rel == nil {
		rel = s.table.Relation(name)
	}
	unknown := &UnknownRelationError{Table: s.table.Name, Relation: name}
	if rel == nil {
		return nil, source{}, unknown
	}
	target := source{table: rel.Target, alias: c.alias()}
	if trusted {
		return rel, target, nil
	}
	guard, err := c.guarded(rel.Target, part)
	if errors.Is(err, errNotExposed) || !c.keysReadable(s, rel, guard) {
		return nil, source{}, unknown
	}
	target.guard = guard
	return rel, target, nil
}

// keysReadable reports whether the scope may read the columns that hold a
// relation's foreign keys: to follow the relation tells their values.
func (c *compiler) keysReadable(s source, rel *Relation, target *Guard) bool {
	if rel.Junction != nil {
		guard, err := c.guarded(rel.Junction.Table, seed.Junction)
		return err == nil && rel.Junction.keysReadable(guard)
	}
	return rel.keysReadable(s.guard, target)
}

func (g *Guard) reads(columns []*Column) bool {
	for _, col := range columns {
		if !g.Readable.Has(col) {
			return false
		}
	}
	return true
}

// joinedFrom writes the related rows of s as FROM and WHERE: target [join
// junction] where the keys match, with standing predicates and, in an untrusted
// part, the guards of both tables.
func (c *compiler) joinedFrom(s source, rel *Relation, target source, trusted trust) error {
	c.write(rel.Target.sqlName, " ", target.alias)
	if rel.Junction == nil {
		c.write(" where ")
		c.equalKeys(target, rel.TargetKeys, s, rel.SourceKeys)
		return c.limits(target, trusted)
	}
	j := source{table: rel.Junction.Table, alias: c.alias()}
	c.write(" join ", j.table.sqlName, " ", j.alias, " on ")
	c.equalKeys(j, rel.Junction.TargetKeys, target, rel.TargetKeys)
	c.write(" where ")
	c.equalKeys(j, rel.Junction.SourceKeys, s, rel.SourceKeys)
	if !trusted {
		guard, err := c.guarded(j.table, seed.Junction)
		if err != nil {
			return err
		}
		j.guard = guard
	}
	if err := c.limits(j, trusted); err != nil {
		return err
	}
	return c.limits(target, trusted)
}

// limits writes what limits a source besides any filter: standing predicates,
// and the read rule where a guard applies.
func (c *compiler) limits(s source, trusted trust) error {
	if err := c.standing(s); err != nil {
		return err
	}
	if trusted || s.guard == nil {
		return nil
	}
	return c.rule(s, s.guard.Read)
}

func (c *compiler) equalKeys(a source, as []*Column, b source, bs []*Column) {
	for i := range as {
		if i > 0 {
			c.write(" and ")
		}
		c.column(a, as[i])
		c.write(" = ")
		c.column(b, bs[i])
	}
}
