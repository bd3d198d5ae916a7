package store

import (
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// readOptions says what a read brings besides the members of the query.
type readOptions struct {
	extra []*Column // extra columns of the row, before those of a cursor
	each  bool      // extras of every row
	// version asks for the version of the row as the first extra value, if the scope
	// may read it.
	version bool
	// page asks for the values of the order keys as extras, to continue
	// behind the last row.
	page bool
	// blank says that there is nothing to select; the statement selects 1 for each row.
	blank bool
	// single says that there is one row at most, and nothing to sort.
	single bool
	// groups says that rows may be grouped.
	groups bool
}

// read compiles a query on a table into c and returns the shape of its rows.
//
// The page is selected in a subquery and embeds are computed outside it, so that
// skipped rows compute no embeds.
func (b *builder) read(t *Table, q *Query, opts readOptions) (*driver.Shape, error) {
	root, err := b.enter(t)
	if err != nil {
		return nil, err
	}
	if opts.version {
		opts.extra = versionColumn(t, root.guard)
		b.versioned = len(opts.extra) > 0
	}
	if q.Offset < 0 || q.Limit != nil && *q.Limit < 0 {
		return nil, &fault.QueryError{Kind: fault.QueryNegativeRange, Reason: "limit and offset must not be negative"}
	}
	plan, err := b.plan(root, q)
	if err != nil {
		return nil, err
	}
	if plan.groups != nil {
		if !opts.groups {
			return nil, errGroupsOfRow
		}
		return &driver.Shape{Members: plan.members, Counted: q.Count}, b.groupRead(root, q, plan)
	}
	var keys []query.OrderKey
	if !opts.single {
		if keys, err = b.orderKeys(root, q, plan); err != nil {
			return nil, err
		}
	}
	shape := b.newShape(plan, keys, opts)
	shape.Counted = q.Count
	b.keys = keys
	if !plan.texts() {
		b.budget = 0 // the rows of the root have a limit of their own
	}
	if b.dialect.streams(b, plan) {
		return shape, b.streamRead(root, q, plan, keys, opts)
	}
	opts.blank = len(shape.Members)+len(shape.Extra) == 0
	if opts.blank {
		shape.Extra, shape.Shared = []Kind{KindInt}, nil
	}
	if b.flat(q, plan, keys) {
		return shape, b.flatRead(root, q, plan, keys, opts)
	}
	return shape, b.pagedRead(root, q, plan, keys, opts)
}

// newShape returns the shape of the root: its members and the extra values that opts
// requests. PostgreSQL sends a value that is both only once.
func (b *builder) newShape(plan *rowPlan, keys []query.OrderKey, opts readOptions) *driver.Shape {
	b.shape = driver.Shape{Members: plan.members, Extra: b.extra[:0], EachExtra: opts.each}
	if b.words.records {
		b.shape.Shared = b.shared[:0]
	}
	for _, col := range opts.extra {
		b.addExtra(plan, col)
	}
	if opts.page {
		for _, k := range keys {
			if k.Relation != nil {
				b.addExtra(nil, k.Column)
				continue
			}
			b.addExtra(plan, k.Column)
		}
	}
	return &b.shape
}

// addExtra adds a column as an extra value of a plan.
func (b *builder) addExtra(plan *rowPlan, col *Column) {
	b.shape.Extra = append(b.shape.Extra, col.Kind)
	if b.words.records {
		b.shape.Shared = append(b.shape.Shared, plan.memberOf(col))
	}
}

// shares reports whether an extra value is one of a member's.
func (b *builder) shares(extra int) bool { return b.words.records && b.shape.Shared[extra] >= 0 }

// flat reports whether the rows can be selected by one plain SELECT: nothing is
// embedded or counted. SQLite writes a row's JSON before it sorts, so there a
// sorted list is paged too, unless it is read by key.
func (b *builder) flat(q *Query, plan *rowPlan, keys []query.OrderKey) bool {
	if q.Count || len(plan.embeds) > 0 {
		return false
	}
	return b.words.records || len(keys) == 0 || len(q.Order) == 0 && !keys[0].Column.Table.View
}

func (b *builder) flatRead(root source, q *Query, plan *rowPlan, keys []query.OrderKey, opts readOptions) error {
	b.write("select ")
	if err := b.dialect.rowColumns(b, root, plan, false); err != nil {
		return err
	}
	if err := b.extras(root, keys, opts, false); err != nil {
		return err
	}
	b.write(" from ", root.table.SQLName, " ", root.alias)
	if err := b.where(root, q, keys); err != nil {
		return err
	}
	if err := b.orderBy(root, keys, false); err != nil {
		return err
	}
	b.page(q)
	return nil
}

// pagedRead selects the page in a subquery under the alias of the root, with
// the order keys beside it, see keyName, and the row around it.
func (b *builder) pagedRead(root source, q *Query, plan *rowPlan, keys []query.OrderKey, opts readOptions) error {
	b.write("select ")
	if q.Count {
		b.write("c.n, ", root.alias, ".", presentName, " is not null")
		if len(plan.members) > 0 {
			b.write(", ")
		}
	}
	if err := b.dialect.rowColumns(b, root, plan, q.Count); err != nil {
		return err
	}
	if err := b.extras(root, keys, opts, true); err != nil {
		return err
	}
	b.write(" from ")
	if q.Count {
		if err := b.countSource(root, q); err != nil {
			return err
		}
		b.write(" left join ")
	}
	if err := b.pageSource(root, q, keys); err != nil {
		return err
	}
	if q.Count {
		b.write(" on ", b.words.yes)
	}
	return b.dialect.pageOrder(b, root, q.Limit != nil, keys)
}

// countSource writes the total as the derived table c.
func (b *builder) countSource(root source, q *Query) error {
	s := root.as(b.alias())
	b.write("(select count(*) as n from ", s.table.SQLName, " ", s.alias)
	start := len(b.sql)
	if err := b.filter(s, q); err != nil {
		return err
	}
	b.whereFrom(start)
	b.write(") c")
	return nil
}

// where writes WHERE: the filter of a query and the position of its cursor.
func (b *builder) where(s source, q *Query, keys []query.OrderKey) error {
	start := len(b.sql)
	if err := b.filter(s, q); err != nil {
		return err
	}
	if q.After != "" {
		values, err := b.cursors.open(keys, q.After)
		if err != nil {
			return err
		}
		bound, rest := after(keys, values)
		for _, cond := range [...]Cond{bound, rest} {
			if cond.IsZero() {
				continue
			}
			b.write(" and ")
			if err := b.cond(s, cond.Node()); err != nil {
				return err
			}
		}
	}
	b.whereFrom(start)
	return nil
}

// filter writes the rule of the table and then the query's conditions, joined by " and
// ". A client's condition therefore cannot be combined with a rule in any other way.
func (c *conds) filter(s source, q *Query) error {
	if err := c.limits(s); err != nil {
		return err
	}
	return c.asked(s, q)
}

// asked writes the conditions of a query after the rule: those of inner embeds and the
// query's own, each preceded by " and ".
func (c *conds) asked(s source, q *Query) error {
	for i := range q.With {
		if q.With[i].Inner {
			c.write(" and ")
			if err := c.innerEmbed(s, &q.With[i]); err != nil {
				return err
			}
		}
	}
	if q.Where.IsZero() {
		return nil
	}
	c.write(" and ")
	return c.cond(s, q.Where.Node())
}

// whereFrom turns the first " and " written since start into " where ".
func (t *text) whereFrom(start int) {
	const and, where = " and ", " where "
	if len(t.sql) == start {
		return
	}
	t.sql = append(t.sql, "  "...)
	copy(t.sql[start+len(where):], t.sql[start+len(and):len(t.sql)-2])
	copy(t.sql[start:], where)
}

// innerEmbed writes exists(...) for an embed that filters its parents.
func (c *conds) innerEmbed(s source, e *Embed) error {
	rel, target, err := c.follow(s, e.Relation, nil)
	if err != nil {
		return err
	}
	c.write("exists (select 1 from ")
	if err := c.joinedFrom(s, rel, target); err != nil {
		return err
	}
	if err := c.asked(target, &e.Query); err != nil {
		return err
	}
	c.write(")")
	return nil
}

// page writes LIMIT and OFFSET. The limit is in the text, because with a placeholder
// PostgreSQL's generic plan expects a tenth of the table.
func (b *builder) page(q *Query) {
	if q.Limit != nil {
		b.write(" limit ")
		b.int(*q.Limit)
	} else if q.Offset > 0 {
		b.write(b.words.unlimited)
	}
	if q.Offset > 0 {
		b.write(" offset ")
		b.bind(KindInt, int64(q.Offset))
	}
}

// extras writes the columns of extra values.
func (b *builder) extras(root source, keys []query.OrderKey, opts readOptions, paged bool) error {
	if opts.blank {
		b.separate()
		b.write("1", b.words.casts[KindInt])
	}
	for i, col := range opts.extra {
		if b.shares(i) {
			continue
		}
		b.separate()
		b.column(root, col)
	}
	if !opts.page {
		return nil
	}
	for i, k := range keys {
		if b.shares(len(opts.extra) + i) {
			continue
		}
		b.separate()
		if paged {
			b.keyName(root.alias+".", i)
			continue
		}
		if err := b.orderValue(root, k); err != nil {
			return err
		}
	}
	return nil
}

// separate writes a comma unless the select list just began.
func (t *text) separate() {
	const start = "select "
	if n := len(t.sql); n >= len(start) && string(t.sql[n-len(start):]) == start {
		return
	}
	if n := len(t.sql); n >= 2 && string(t.sql[n-2:]) == ", " {
		return
	}
	t.write(", ")
}

// pageSource writes the page of a read as a subquery under the alias of the root, with
// the order keys as further columns, see keyName.
func (b *builder) pageSource(root source, q *Query, keys []query.OrderKey) error {
	inner := root.as(b.alias())
	b.write("(select ", inner.alias, ".*, 1 as ", presentName)
	for i, k := range keys {
		b.write(", ")
		if err := b.orderValue(inner, k); err != nil {
			return err
		}
		b.keyName(" as ", i)
	}
	b.write(" from ", root.table.SQLName, " ", inner.alias)
	if err := b.where(inner, q, keys); err != nil {
		return err
	}
	if err := b.orderBy(inner, keys, false); err != nil {
		return err
	}
	b.page(q)
	b.write(") ", root.alias)
	return nil
}

// versionColumn returns the version column as a list. The list is empty if there is none
// or if the guard does not allow reading it, because an entity tag and If-Match would
// reveal it.
func versionColumn(t *schema.Table, guard *query.Guard) []*schema.Column {
	if t.Version == nil || guard != nil && !guard.Readable.Has(t.Version) {
		return nil
	}
	return t.Columns[t.Version.Index : t.Version.Index+1]
}
