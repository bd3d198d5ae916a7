package sqlgen

import (
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// StatementOptions says what a read brings besides the members of the query.
type StatementOptions struct {
	Extra []*schema.Column // extra columns of the row, before those of a cursor
	Each  bool             // extras of every row
	// Version asks for the version of the row as the first extra value, if the scope
	// may read it.
	Version bool
	// Page asks for the values of the order keys as extras, to continue
	// behind the last row.
	Page bool
	// blank says that there is nothing to select; the statement selects 1 for each row.
	blank bool
	// Single says that there is one row at most, and nothing to sort.
	Single bool
	// Groups says that rows may be grouped.
	Groups bool
}

// Read compiles a query on a table and returns the shape of its rows.
//
// The page is selected in a subquery and embeds are computed outside it, so that
// skipped rows compute no embeds.
func (b *Builder) Read(t *schema.Table, q *query.Query, opts StatementOptions) (*driver.Shape, error) {
	root, err := b.Enter(t)
	if err != nil {
		return nil, err
	}
	if opts.Version {
		opts.Extra = VersionColumn(t, root.Guard)
		b.Versioned = len(opts.Extra) > 0
	}
	if q.Offset < 0 || q.Limit != nil && *q.Limit < 0 {
		return nil, &fault.QueryError{Kind: fault.QueryNegativeRange, Reason: "limit and offset must not be negative"}
	}
	plan, err := b.Plan(root, q)
	if err != nil {
		return nil, err
	}
	if plan.Groups != nil {
		if !opts.Groups {
			return nil, ErrGroupsOfRow
		}
		return &driver.Shape{Members: plan.Members, Counted: q.Count}, b.groupRead(root, q, plan)
	}
	var keys []query.OrderKey
	if !opts.Single {
		if keys, err = b.orderKeys(root, q, plan); err != nil {
			return nil, err
		}
	}
	shape := b.NewShape(plan, keys, opts)
	shape.Counted = q.Count
	b.Keys = keys
	if !plan.texts() {
		b.Budget = 0 // the rows of the root have a limit of their own
	}
	if b.Dialect.streams(b, plan) {
		return shape, b.streamRead(root, q, plan, keys, opts)
	}
	opts.blank = len(shape.Members)+len(shape.Extra) == 0
	if opts.blank {
		shape.Extra, shape.Shared = []driver.Kind{driver.KindInt}, nil
	}
	if b.flat(q, plan, keys) {
		return shape, b.flatRead(root, q, plan, keys, opts)
	}
	return shape, b.pagedRead(root, q, plan, keys, opts)
}

// NewShape returns the shape of the root: its members and the extra values that opts
// requests. PostgreSQL sends a value that is both only once.
func (b *Builder) NewShape(plan *RowPlan, keys []query.OrderKey, opts StatementOptions) *driver.Shape {
	b.shape = driver.Shape{Members: plan.Members, Extra: b.extra[:0], EachExtra: opts.Each}
	if b.Syntax.records {
		b.shape.Shared = b.shared[:0]
	}
	for _, col := range opts.Extra {
		b.addExtra(plan, col)
	}
	if opts.Page {
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
func (b *Builder) addExtra(plan *RowPlan, col *schema.Column) {
	b.shape.Extra = append(b.shape.Extra, col.Kind)
	if b.Syntax.records {
		b.shape.Shared = append(b.shape.Shared, plan.memberOf(col))
	}
}

// Shares reports whether an extra value is one of a member's.
func (b *Builder) Shares(extra int) bool { return b.Syntax.records && b.shape.Shared[extra] >= 0 }

// flat reports whether the rows can be selected by one plain SELECT: nothing is
// embedded or counted. SQLite writes a row's JSON before it sorts, so there a
// sorted list is paged too, unless it is read by key.
func (b *Builder) flat(q *query.Query, plan *RowPlan, keys []query.OrderKey) bool {
	if q.Count || len(plan.embeds) > 0 {
		return false
	}
	return b.Syntax.records || len(keys) == 0 || len(q.Order) == 0 && !keys[0].Column.Table.View
}

func (b *Builder) flatRead(root Source, q *query.Query, plan *RowPlan, keys []query.OrderKey, opts StatementOptions) error {
	b.Write("select ")
	if err := b.Dialect.RowColumns(b, root, plan, false); err != nil {
		return err
	}
	if err := b.extras(root, keys, opts, false); err != nil {
		return err
	}
	b.Write(" from ", root.Table.SQLName, " ", root.Alias)
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
func (b *Builder) pagedRead(root Source, q *query.Query, plan *RowPlan, keys []query.OrderKey, opts StatementOptions) error {
	b.Write("select ")
	if q.Count {
		b.Write("c.n, ", root.Alias, ".", presentName, " is not null")
		if len(plan.Members) > 0 {
			b.Write(", ")
		}
	}
	if err := b.Dialect.RowColumns(b, root, plan, q.Count); err != nil {
		return err
	}
	if err := b.extras(root, keys, opts, true); err != nil {
		return err
	}
	b.Write(" from ")
	if q.Count {
		if err := b.countSource(root, q); err != nil {
			return err
		}
		b.Write(" left join ")
	}
	if err := b.pageSource(root, q, keys); err != nil {
		return err
	}
	if q.Count {
		b.Write(" on ", b.Syntax.yes)
	}
	return b.Dialect.pageOrder(b, root, q.Limit != nil, keys)
}

// countSource writes the total as the derived table c.
func (b *Builder) countSource(root Source, q *query.Query) error {
	s := root.as(b.Alias())
	b.Write("(select count(*) as n from ", s.Table.SQLName, " ", s.Alias)
	start := len(b.SQL)
	if err := b.filter(s, q); err != nil {
		return err
	}
	b.WhereFrom(start)
	b.Write(") c")
	return nil
}

// where writes WHERE: the filter of a query and the position of its cursor.
func (b *Builder) where(s Source, q *query.Query, keys []query.OrderKey) error {
	start := len(b.SQL)
	if err := b.filter(s, q); err != nil {
		return err
	}
	if q.After != "" {
		values, err := b.Cursors.open(keys, q.After)
		if err != nil {
			return err
		}
		bound, rest := after(keys, values)
		for _, cond := range [...]query.Cond{bound, rest} {
			if cond.IsZero() {
				continue
			}
			b.Write(" and ")
			if err := b.Cond(s, cond.Node()); err != nil {
				return err
			}
		}
	}
	b.WhereFrom(start)
	return nil
}

// filter writes the rule of the table and then the query's conditions, joined by " and
// ". A client's condition therefore cannot be combined with a rule in any other way.
func (c *CondWriter) filter(s Source, q *query.Query) error {
	if err := c.Limits(s); err != nil {
		return err
	}
	return c.asked(s, q)
}

// asked writes the conditions of a query after the rule: those of inner embeds and the
// query's own, each preceded by " and ".
func (c *CondWriter) asked(s Source, q *query.Query) error {
	for i := range q.With {
		if q.With[i].Inner {
			c.Write(" and ")
			if err := c.innerEmbed(s, &q.With[i]); err != nil {
				return err
			}
		}
	}
	if q.Where.IsZero() {
		return nil
	}
	c.Write(" and ")
	return c.Cond(s, q.Where.Node())
}

// WhereFrom turns the first " and " written since start into " where ".
func (t *Writer) WhereFrom(start int) {
	const and, where = " and ", " where "
	if len(t.SQL) == start {
		return
	}
	t.SQL = append(t.SQL, "  "...)
	copy(t.SQL[start+len(where):], t.SQL[start+len(and):len(t.SQL)-2])
	copy(t.SQL[start:], where)
}

// innerEmbed writes exists(...) for an embed that filters its parents.
func (c *CondWriter) innerEmbed(s Source, e *query.Embed) error {
	rel, target, err := c.follow(s, e.Relation, nil)
	if err != nil {
		return err
	}
	c.Write("exists (select 1 from ")
	if err := c.joinedFrom(s, rel, target); err != nil {
		return err
	}
	if err := c.asked(target, &e.Query); err != nil {
		return err
	}
	c.Write(")")
	return nil
}

// page writes LIMIT and OFFSET. The limit is in the text, because with a placeholder
// PostgreSQL's generic plan expects a tenth of the table.
func (b *Builder) page(q *query.Query) {
	if q.Limit != nil {
		b.Write(" limit ")
		b.Int(*q.Limit)
	} else if q.Offset > 0 {
		b.Write(b.Syntax.unlimited)
	}
	if q.Offset > 0 {
		b.Write(" offset ")
		b.Bind(driver.KindInt, int64(q.Offset))
	}
}

// extras writes the columns of extra values.
func (b *Builder) extras(root Source, keys []query.OrderKey, opts StatementOptions, paged bool) error {
	if opts.blank {
		b.separate()
		b.Write("1", b.Syntax.casts[driver.KindInt])
	}
	for i, col := range opts.Extra {
		if b.Shares(i) {
			continue
		}
		b.separate()
		b.Column(root, col)
	}
	if !opts.Page {
		return nil
	}
	for i, k := range keys {
		if b.Shares(len(opts.Extra) + i) {
			continue
		}
		b.separate()
		if paged {
			b.keyName(root.Alias+".", i)
			continue
		}
		if err := b.orderValue(root, k); err != nil {
			return err
		}
	}
	return nil
}

// separate writes a comma unless the select list just began.
func (t *Writer) separate() {
	const start = "select "
	if n := len(t.SQL); n >= len(start) && string(t.SQL[n-len(start):]) == start {
		return
	}
	if n := len(t.SQL); n >= 2 && string(t.SQL[n-2:]) == ", " {
		return
	}
	t.Write(", ")
}

// pageSource writes the page of a read as a subquery under the alias of the root, with
// the order keys as further columns, see keyName.
func (b *Builder) pageSource(root Source, q *query.Query, keys []query.OrderKey) error {
	inner := root.as(b.Alias())
	b.Write("(select ", inner.Alias, ".*, 1 as ", presentName)
	for i, k := range keys {
		b.Write(", ")
		if err := b.orderValue(inner, k); err != nil {
			return err
		}
		b.keyName(" as ", i)
	}
	b.Write(" from ", root.Table.SQLName, " ", inner.Alias)
	if err := b.where(inner, q, keys); err != nil {
		return err
	}
	if err := b.orderBy(inner, keys, false); err != nil {
		return err
	}
	b.page(q)
	b.Write(") ", root.Alias)
	return nil
}

// VersionColumn returns the version column as a list. The list is empty if there is none
// or if the guard does not allow reading it, because an entity tag and If-Match would
// reveal it.
func VersionColumn(t *schema.Table, guard *query.Guard) []*schema.Column {
	if t.Version == nil || guard != nil && !guard.Readable.Has(t.Version) {
		return nil
	}
	return t.Columns[t.Version.Index : t.Version.Index+1]
}
