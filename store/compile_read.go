package store

import (
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// readOptions says what a read brings besides the members of the query.
type readOptions struct {
	extra []*Column // extra columns of the row, before those of a cursor
	each  bool      // extras of every row
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

// orderKey is one resolved key of an order.
type orderKey struct {
	column   *Column
	relation *Relation // nil: a column of the table itself
	desc     bool
	first    bool // nulls first
	nullable bool
}

// read compiles a query on a table into c and returns the shape of its rows.
//
// The page is selected in a subquery and embeds are computed outside it, so that
// skipped rows compute no embeds.
func (c *compiler) read(t *Table, q *Query, opts readOptions) (*driver.Shape, error) {
	guard, err := c.guarded(t)
	if err != nil {
		return nil, err
	}
	root := source{table: t, alias: c.alias(), guard: guard}
	if q.Offset < 0 || q.Limit != nil && *q.Limit < 0 {
		return nil, &QueryError{Code: "2201W", Reason: "limit and offset must not be negative"}
	}
	plan, err := c.plan(root, q)
	if err != nil {
		return nil, err
	}
	if plan.groups != nil {
		if !opts.groups {
			return nil, errGroupsOfRow
		}
		return &driver.Shape{Members: plan.members, Counted: q.Count}, c.groupRead(root, q, plan)
	}
	var keys []orderKey
	if !opts.single {
		if keys, err = c.orderKeys(root, q, plan); err != nil {
			return nil, err
		}
	}
	shape := c.newShape(plan, keys, opts)
	shape.Counted = q.Count
	c.keys = keys
	if !plan.texts() {
		c.budget = 0 // the rows of the root have a limit of their own
	}
	stream := c.pg && c.budget > 0 && plan.many()
	if c.pg {
		plan.shareFields(shape, stream)
	}
	if stream {
		return shape, c.streamRead(root, q, plan, keys, opts)
	}
	opts.blank = len(shape.Members)+len(shape.Extra) == 0
	if opts.blank {
		shape.Extra, shape.Shared = []Kind{KindInt}, nil
	}
	if c.flat(q, plan, keys) {
		return shape, c.flatRead(root, q, plan, keys, opts)
	}
	return shape, c.pagedRead(root, q, plan, keys, opts)
}

// newShape returns the shape of the root: its members and the extra values that opts
// requests. PostgreSQL sends a value that is both only once.
func (c *compiler) newShape(plan *rowPlan, keys []orderKey, opts readOptions) *driver.Shape {
	c.shape = driver.Shape{Members: plan.members, Extra: c.extra[:0], EachExtra: opts.each}
	if c.pg {
		c.shape.Shared = c.shared[:0]
	}
	for _, col := range opts.extra {
		c.addExtra(plan, col)
	}
	if opts.page {
		for _, k := range keys {
			if k.relation != nil {
				c.addExtra(nil, k.column)
				continue
			}
			c.addExtra(plan, k.column)
		}
	}
	return &c.shape
}

// addExtra adds a column as an extra value of a plan.
func (c *compiler) addExtra(plan *rowPlan, col *Column) {
	c.shape.Extra = append(c.shape.Extra, col.Kind)
	if c.pg {
		c.shape.Shared = append(c.shape.Shared, plan.memberOf(col))
	}
}

// shares reports whether an extra value is one of a member's.
func (c *compiler) shares(extra int) bool { return c.pg && c.shape.Shared[extra] >= 0 }

// flat reports whether the rows can be selected by one plain SELECT: nothing is
// embedded or counted. SQLite writes a row's JSON before it sorts, so there a
// sorted list is paged too, unless it is read by key.
func (c *compiler) flat(q *Query, plan *rowPlan, keys []orderKey) bool {
	if q.Count || len(plan.embeds) > 0 {
		return false
	}
	return c.pg || len(keys) == 0 || len(q.Order) == 0 && !keys[0].column.Table.View
}

func (c *compiler) flatRead(root source, q *Query, plan *rowPlan, keys []orderKey, opts readOptions) error {
	c.write("select ")
	if err := c.rowColumns(root, plan, false); err != nil {
		return err
	}
	if err := c.extras(root, keys, opts, false); err != nil {
		return err
	}
	c.write(" from ", root.table.sqlName, " ", root.alias)
	if err := c.where(root, q, keys); err != nil {
		return err
	}
	if err := c.orderBy(root, keys, false); err != nil {
		return err
	}
	c.page(q)
	return nil
}

// pagedRead selects the page in a subquery under the alias of the root, with
// the order keys beside it, see keyName, and the row around it.
func (c *compiler) pagedRead(root source, q *Query, plan *rowPlan, keys []orderKey, opts readOptions) error {
	c.write("select ")
	if q.Count {
		c.write("c.n, ", root.alias, ".", presentName, " is not null")
		if len(plan.members) > 0 {
			c.write(", ")
		}
	}
	if err := c.rowColumns(root, plan, q.Count); err != nil {
		return err
	}
	if err := c.extras(root, keys, opts, true); err != nil {
		return err
	}
	c.write(" from ")
	if q.Count {
		if err := c.countSource(root.table, q); err != nil {
			return err
		}
		c.write(" left join ")
	}
	if err := c.pageSource(root, q, keys); err != nil {
		return err
	}
	if q.Count {
		c.write(" on ", c.trueLiteral())
	}
	if !c.pg && q.Limit != nil {
		// SQLite takes the rows of the page as they come, one by one. To sort them
		// again would keep the JSON of all. With a limit around it, the page is not
		// merged with the query around it, which would build JSON before it sorts.
		c.write(" limit -1")
		return nil
	}
	return c.orderBy(root, keys, true)
}

// countSource writes the total as the derived table c.
func (c *compiler) countSource(t *Table, q *Query) error {
	guard, err := c.guarded(t)
	if err != nil {
		return err
	}
	s := source{table: t, alias: c.alias(), guard: guard}
	c.write("(select count(*) as n from ", t.sqlName, " ", s.alias)
	start := len(c.sql)
	if err := c.filter(s, q); err != nil {
		return err
	}
	c.whereFrom(start)
	c.write(") c")
	return nil
}

// where writes WHERE: the filter of a query and the position of its cursor.
func (c *compiler) where(s source, q *Query, keys []orderKey) error {
	start := len(c.sql)
	if err := c.filter(s, q); err != nil {
		return err
	}
	if q.After != "" {
		if err := c.after(s, q.After, keys); err != nil {
			return err
		}
	}
	c.whereFrom(start)
	return nil
}

// filter writes the rule of the table and then the query's conditions, joined by " and
// ". A client's condition therefore cannot be combined with a rule in any other way.
func (c *compiler) filter(s source, q *Query) error {
	if err := c.limits(s, trust(c.scope == nil)); err != nil {
		return err
	}
	return c.asked(s, q)
}

// asked writes the conditions of a query after the rule: those of inner embeds and the
// query's own, each preceded by " and ".
func (c *compiler) asked(s source, q *Query) error {
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
	return c.cond(s, q.Where.n, trust(c.scope == nil))
}

// whereFrom turns the first " and " written since start into " where ".
func (c *compiler) whereFrom(start int) {
	const and, where = " and ", " where "
	if len(c.sql) == start {
		return
	}
	c.sql = append(c.sql, "  "...)
	copy(c.sql[start+len(where):], c.sql[start+len(and):len(c.sql)-2])
	copy(c.sql[start:], where)
}

// innerEmbed writes exists(...) for an embed that filters its parents.
func (c *compiler) innerEmbed(s source, e *Embed) error {
	trusted := trust(c.scope == nil)
	rel, target, err := c.enter(s, e.Relation, nil, trusted)
	if err != nil {
		return err
	}
	c.write("exists (select 1 from ")
	if err := c.joinedFrom(s, rel, target, trusted); err != nil {
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
func (c *compiler) page(q *Query) {
	if q.Limit != nil {
		c.write(" limit ")
		c.int(*q.Limit)
	} else if q.Offset > 0 && !c.pg {
		c.write(" limit -1")
	}
	if q.Offset > 0 {
		c.write(" offset ")
		c.bind(KindInt, int64(q.Offset))
	}
}

// extras writes the columns of extra values.
func (c *compiler) extras(root source, keys []orderKey, opts readOptions, paged bool) error {
	if opts.blank {
		c.separate()
		c.write("1")
		if c.pg {
			c.write("::int8")
		}
	}
	for i, col := range opts.extra {
		if c.shares(i) {
			continue
		}
		c.separate()
		c.column(root, col)
	}
	if !opts.page {
		return nil
	}
	for i, k := range keys {
		if c.shares(len(opts.extra) + i) {
			continue
		}
		c.separate()
		if paged {
			c.keyName(root.alias+".", i)
			continue
		}
		if err := c.orderValue(root, k); err != nil {
			return err
		}
	}
	return nil
}

// separate writes a comma unless the select list just began.
func (c *compiler) separate() {
	const start = "select "
	if n := len(c.sql); n >= len(start) && string(c.sql[n-len(start):]) == start {
		return
	}
	if n := len(c.sql); n >= 2 && string(c.sql[n-2:]) == ", " {
		return
	}
	c.write(", ")
}
