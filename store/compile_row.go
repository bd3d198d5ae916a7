package store

import "slices"

// member writes the value of a member of a row.
func (b *builder) member(s source, p *rowPlan, member int) error {
	if member < len(p.columns) {
		b.dialect.value(b, s, p.columns[member])
		return nil
	}
	e, lifted := p.embedOf(member)
	if e.embed.Spread {
		return b.lifted(s, e, lifted)
	}
	return b.dialect.embed(b, s, e)
}

// lifted writes a member of a spread related row as a separate subquery. It is NULL
// without a row. An array is empty then.
func (b *builder) lifted(s source, e *planEmbed, member int) error {
	b.write("(select ")
	if err := b.member(e.target, e.plan, member); err != nil {
		return err
	}
	b.write(" from ")
	if err := b.embedRows(s, e, false); err != nil {
		return err
	}
	b.write(")")
	return nil
}

// embedRows writes FROM, WHERE, ORDER and LIMIT of an embed.
func (b *builder) embedRows(s source, e *planEmbed, inSubquery bool) error {
	if e.plan.groups != nil {
		return b.embedGroups(s, e)
	}
	target := e.target
	// SQLite does not keep what is JSON through a sort, so it sorts before it builds
	// JSON. The limit of the query around keeps it from merging the two.
	sorted := !b.words.records && !e.relation.Many && !toKey(e.relation)
	inSubquery = inSubquery || sorted
	if inSubquery {
		target.alias = b.alias()
		b.write("(select ", target.alias, ".* from ")
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
			b.write(" limit 1")
		}
	}
	if inSubquery {
		b.write(") ", e.target.alias)
	}
	if sorted {
		b.write(" limit 1")
	}
	return nil
}

// embedFrom writes FROM and WHERE of an embed.
func (b *builder) embedFrom(s source, e *planEmbed, target source) error {
	if err := b.joinedFrom(s, e.relation, target); err != nil {
		return err
	}
	return b.asked(target, &e.embed.Query)
}

// toKey reports whether the relation leads to the one row of a primary key, so
// that there is nothing to sort or to cut. The key of a view is not enforced.
func toKey(r *Relation) bool {
	return !r.Many && !r.Target.View && slices.Equal(r.TargetKeys, r.Target.PrimaryKey)
}

func (t *text) wrapped(before string, s source, col *Column, after string) {
	t.write(before)
	t.column(s, col)
	t.write(after)
}
