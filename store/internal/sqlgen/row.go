package sqlgen

import (
	"slices"

	"github.com/seed-7694ebf6/plinth/store/schema"
)

// member writes the value of a member of a row.
func (b *Builder) member(s Source, p *RowPlan, member int) error {
	if member < len(p.Columns) {
		b.Dialect.value(b, s, p.Columns[member])
		return nil
	}
	e, lifted := p.embedOf(member)
	if e.embed.Spread {
		return b.lifted(s, e, lifted)
	}
	return b.Dialect.embed(b, s, e)
}

// lifted writes a member of a spread related row as a separate subquery. It is NULL
// without a row. An array is empty then.
func (b *Builder) lifted(s Source, e *planEmbed, member int) error {
	b.Write("(select ")
	if err := b.member(e.target, e.plan, member); err != nil {
		return err
	}
	b.Write(" from ")
	if err := b.embedRows(s, e, false); err != nil {
		return err
	}
	b.Write(")")
	return nil
}

// embedRows writes FROM, WHERE, ORDER and LIMIT of an embed.
func (b *Builder) embedRows(s Source, e *planEmbed, inSubquery bool) error {
	if e.plan.Groups != nil {
		return b.embedGroups(s, e)
	}
	target := e.target
	// SQLite does not keep what is JSON through a sort, so it sorts before it builds
	// JSON. The limit of the query around keeps it from merging the two.
	sorted := !b.Syntax.records && !e.relation.Many && !toKey(e.relation)
	inSubquery = inSubquery || sorted
	if inSubquery {
		target.Alias = b.Alias()
		b.Write("(select ", target.Alias, ".* from ")
	}
	q := &e.embed.Query
	if err := b.embedFrom(s, e, target); err != nil {
		return err
	}
	if !toKey(e.relation) {
		if err := b.orderBy(target, e.keys, false); err != nil {
			return err
		}
		if e.relation.Many {
			b.page(q)
		} else {
			b.Write(" limit 1")
		}
	}
	if inSubquery {
		b.Write(") ", e.target.Alias)
	}
	if sorted {
		b.Write(" limit 1")
	}
	return nil
}

// embedFrom writes FROM and WHERE of an embed.
func (b *Builder) embedFrom(s Source, e *planEmbed, target Source) error {
	if err := b.joinedFrom(s, e.relation, target); err != nil {
		return err
	}
	return b.asked(target, &e.embed.Query)
}

// toKey reports whether the relation leads to the one row of a primary key, so
// that there is nothing to sort or to cut. The key of a view is not enforced.
func toKey(r *schema.Relation) bool {
	return !r.Many && !r.Target.View && slices.Equal(r.TargetKeys, r.Target.PrimaryKey)
}

func (t *Writer) wrapped(before string, s Source, col *schema.Column, after string) {
	t.Write(before)
	t.Column(s, col)
	t.Write(after)
}
