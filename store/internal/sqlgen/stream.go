package sqlgen

import (
	"strconv"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// A stream sends each embedded row of an array as a row of the statement, so that
// PostgreSQL collects nothing and one limit holds for all levels:
//
//	select x.* from (page) u, lateral (
//	  select 0, u.id, u.name, null::int8
//	  union all (
//	    select 1, c.id, c.title, c.score from children c where .. order by .. limit ..)
//	) x limit budget+1
//
// The levels share columns of the same type, so that a row is as wide as the
// widest level.

// nodeName is the column that says which level a row of a stream belongs to.
const nodeName = `"node?"`

// streamNode is a level of a stream: the root, or the rows of an array.
type streamNode struct {
	shape    *driver.Shape
	plan     *RowPlan
	values   []streamValue
	branches []streamBranch
	next     [slotTypes]int // how many values of each type it has
}

// streamValue is a value of a level: a member, or an extra value of the root.
type streamValue struct {
	slot, number int // the number-th of its type
	member       int // -1: an extra value
	extra        int
}

// streamBranch leads from a level to an array in its rows: through related rows,
// each one at most, to many.
type streamBranch struct {
	through []*planEmbed
	embed   *planEmbed
	node    *streamNode
}

// slotTypes is the number of types of columns: the kinds, and 0 for records.
const slotTypes = int(driver.KindTextArray) + 1

// slotOf returns the type of column a member is sent in. Floats and JSON are sent as
// records of one field, which keeps the type of a single precision column and
// distinguishes json from jsonb.
func slotOf(m *driver.Member) int {
	if boxedInStream(m.Kind) {
		return 0
	}
	return int(m.Kind)
}

func boxedInStream(k driver.Kind) bool { return k == driver.KindFloat || k == driver.KindJSON }

// stream is a statement that streams.
type stream struct {
	c     *Builder
	nodes []*streamNode
	first [slotTypes]int // the first column of each type
	width int
}

// streamRead writes a read as a stream, see [driver.Shape.Stream].
func (b *Builder) streamRead(root Source, q *query.Query, plan *RowPlan, keys []query.OrderKey, opts StatementOptions) error {
	st := &stream{c: b}
	top := st.level(&b.shape, plan)
	st.extras(top)
	st.settle()
	rows := b.Alias()
	b.Write("select ")
	if q.Count {
		b.Write("c.n, ", rows, ".", nodeName, " is not null, ")
	}
	b.Write(rows, ".* from ")
	if q.Count {
		if err := b.countSource(root, q); err != nil {
			return err
		}
		b.Write(" left join (")
	}
	if err := b.pageSource(root, q, keys); err != nil {
		return err
	}
	b.Write(" cross join lateral (")
	err := st.arms(top, root, func(v streamValue) error {
		if v.extra < len(opts.Extra) {
			b.Column(root, opts.Extra[v.extra])
			return nil
		}
		b.keyName(root.Alias+".", v.extra-len(opts.Extra))
		return nil
	})
	if err != nil {
		return err
	}
	b.Write(") ", rows)
	if q.Count {
		b.Write(") on true")
	}
	b.Write(" limit ")
	b.Int(b.Budget + 1)
	return nil
}

// level adds the level of a shape and those below it, in the order of the JSON.
func (st *stream) level(shape *driver.Shape, plan *RowPlan) *streamNode {
	n := &streamNode{shape: shape, plan: plan}
	shape.Node = len(st.nodes)
	st.nodes = append(st.nodes, n)
	shape.Fields = make([]int, len(plan.Members))
	for i := range plan.Members {
		shape.Fields[i] = -1
		switch {
		case plan.sends(i):
			n.add(slotOf(&plan.Members[i]), streamValue{member: i})
		case !plan.Members[i].Many:
			shape.Fields[i] = plan.fields[i] // of an earlier member, see settle
		}
	}
	st.branches(n, plan, nil)
	return n
}

func (n *streamNode) add(slot int, v streamValue) {
	v.slot, v.number = slot, n.next[slot]
	n.next[slot]++
	n.values = append(n.values, v)
}

// branches adds the arrays of a row, and those of the related rows it leads to.
func (st *stream) branches(n *streamNode, plan *RowPlan, through []*planEmbed) {
	for i := len(plan.Columns); i < len(plan.Members); i++ {
		e, lifted := plan.embedOf(i)
		if e.embed.Spread {
			st.lifted(n, e, lifted, append(through[:len(through):len(through)], e))
			continue
		}
		st.branch(n, e, through)
	}
}

// branch adds the array of an embed, or those of the row it leads to.
func (st *stream) branch(n *streamNode, e *planEmbed, through []*planEmbed) {
	if e.relation.Many {
		n.branches = append(n.branches, streamBranch{through: through, embed: e, node: st.level(e.shape, e.plan)})
		return
	}
	st.branches(n, e.plan, append(through[:len(through):len(through)], e))
}

// lifted adds what a member of a row that is spread holds.
func (st *stream) lifted(n *streamNode, spread *planEmbed, member int, through []*planEmbed) {
	if member < len(spread.plan.Columns) {
		return
	}
	e, lifted := spread.plan.embedOf(member)
	if e.embed.Spread {
		st.lifted(n, e, lifted, append(through[:len(through):len(through)], e))
		return
	}
	st.branch(n, e, through)
}

// extras adds the extra values of the root that no member has.
func (st *stream) extras(top *streamNode) {
	for i, kind := range top.shape.Extra {
		if st.c.Shares(i) {
			continue
		}
		top.add(slotOf(&driver.Member{Kind: kind}), streamValue{member: -1, extra: i})
	}
}

// settle gives every value its column.
func (st *stream) settle() {
	st.width = 1
	for slot := range slotTypes {
		st.first[slot] = st.width
		most := 0
		for _, n := range st.nodes {
			most = max(most, n.next[slot])
		}
		st.width += most
	}
	root := st.nodes[0].shape
	root.ExtraFields = make([]int, len(root.Extra))
	for _, n := range st.nodes {
		sent := make([]int, 0, len(n.values)) // by the field of the plan
		for _, v := range n.values {
			column := st.first[v.slot] + v.number
			if v.member < 0 {
				root.ExtraFields[v.extra] = column
				continue
			}
			sent = append(sent, column)
			n.shape.Fields[v.member] = column
		}
		for i := range n.plan.Members {
			if !n.plan.Members[i].Many && !n.plan.sends(i) {
				n.shape.Fields[i] = sent[n.plan.fields[i]]
			}
		}
		root.Stream = append(root.Stream, n.shape)
	}
	for i := range root.Extra {
		if st.c.Shares(i) {
			root.ExtraFields[i] = root.Fields[root.Shared[i]]
		}
	}
}

// arms writes the row of a level and the rows of its arrays.
func (st *stream) arms(n *streamNode, s Source, extra func(streamValue) error) error {
	b := st.c
	b.Write("select ")
	if err := st.row(n, s, extra); err != nil {
		return err
	}
	for i := range n.branches {
		b.Write(" union all (")
		if err := st.arm(&n.branches[i], s); err != nil {
			return err
		}
		b.Write(")")
	}
	return nil
}

// arm writes the rows of an array of a row of s.
func (st *stream) arm(b *streamBranch, s Source) error {
	c := st.c
	if len(b.through) == 0 && len(b.node.branches) == 0 {
		c.Write("select ")
		if err := st.row(b.node, b.embed.target, nil); err != nil {
			return err
		}
		c.Write(" from ")
		return c.embedRows(s, b.embed, false)
	}
	rows := c.Alias()
	c.Write("select ", rows, ".* from ")
	for _, e := range b.through {
		c.Write("lateral ")
		if err := c.embedRows(s, e, true); err != nil {
			return err
		}
		c.Write(", ")
		s = e.target
	}
	if len(b.node.branches) == 0 {
		c.Write("lateral (")
		if err := st.arm(&streamBranch{embed: b.embed, node: b.node}, s); err != nil {
			return err
		}
		c.Write(") ", rows)
		return nil
	}
	c.Write("lateral ")
	if err := c.embedRows(s, b.embed, true); err != nil {
		return err
	}
	c.Write(", lateral (")
	if err := st.arms(b.node, b.embed.target, nil); err != nil {
		return err
	}
	c.Write(") ", rows)
	return nil
}

// row writes the select list of a level: its number and its values, and NULL in
// the columns of other levels.
func (st *stream) row(n *streamNode, s Source, extra func(streamValue) error) error {
	b := st.c
	b.Write(strconv.Itoa(n.shape.Node), " as ", nodeName)
	columns := make([]*streamValue, st.width)
	for i := range n.values {
		v := &n.values[i]
		columns[st.first[v.slot]+v.number] = v
	}
	slot := 0
	for at := 1; at < st.width; at++ {
		for slot+1 < slotTypes && at >= st.first[slot+1] {
			slot++
		}
		b.Write(", ")
		if err := st.value(n, s, columns[at], extra); err != nil {
			return err
		}
		if slot > 0 {
			b.Write("::", PGTypes[slot])
		} else if columns[at] == nil {
			b.Write("::record")
		}
		if n.shape.Node == 0 {
			b.Write(` as "slot?`, strconv.Itoa(at), `"`)
		}
	}
	return nil
}

func (st *stream) value(n *streamNode, s Source, v *streamValue, extra func(streamValue) error) error {
	b := st.c
	if v == nil {
		b.Write("null")
		return nil
	}
	var kind driver.Kind
	if v.member < 0 {
		kind = n.shape.Extra[v.extra]
	} else {
		kind = n.plan.Members[v.member].Kind
	}
	if boxedInStream(kind) {
		b.Write("row")
	}
	b.Write("(")
	var err error
	if v.member < 0 {
		err = extra(*v)
	} else {
		err = b.member(s, n.plan, v.member)
	}
	b.Write(")")
	return err
}
