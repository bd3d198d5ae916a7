package store

import (
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// streams reports that arrays are part of the JSON of their row.
func (sqlite) streams(*builder, *rowPlan) bool { return false }

// rowColumns writes a row as one JSON object. It is not built for a row that is missing.
func (d sqlite) rowColumns(b *builder, s source, p *rowPlan, counted bool) error {
	if len(p.members) == 0 {
		return nil
	}
	if counted {
		b.write("case when ", s.alias, ".", presentName, " is not null then ")
	}
	if err := d.object(b, s, p); err != nil {
		return err
	}
	if counted {
		b.write(" end")
	}
	return nil
}

// pageOrder takes the rows of the page as they come, one by one. To sort them again would
// keep the JSON of all. With a limit around it, the page is not merged with the query around
// it, which would build JSON before it sorts.
func (sqlite) pageOrder(b *builder, root source, limited bool, keys []query.OrderKey) error {
	if limited {
		b.write(" limit -1")
		return nil
	}
	return b.orderBy(root, keys, true)
}

// jsonObject writes a row as json_object. Children are written inside the arguments,
// where their JSON subtype survives.
func (d sqlite) jsonObject(b *builder, s source, p *rowPlan) error {
	b.write("json_object(")
	for i := range p.members {
		if i > 0 {
			b.write(", ")
		}
		if i < len(p.columns) {
			d.memberName(b, p.columns[i].alias, p.columns[i].column.Name)
		} else {
			b.placeholder(p.memberName(i))
		}
		b.write(", ")
		if err := b.member(s, p, i); err != nil {
			return err
		}
	}
	b.write(")")
	return nil
}

// memberName writes the name of a member: a column's as literal, what a client
// chose as argument.
func (sqlite) memberName(b *builder, alias, column string) {
	if alias != "" {
		b.placeholder(alias)
		return
	}
	b.write("'", column, "'")
}

// embed writes a row as an object, rows as the objects
// with commas between them, NULL where there are none. group_concat, unlike
// json_group_array, checks the length limit while the text grows.
func (d sqlite) embed(b *builder, s source, e *planEmbed) error {
	b.write("(select ")
	if e.relation.Many {
		d.countRows(b)
		b.write("group_concat(")
	}
	if err := d.object(b, e.target, e.plan); err != nil {
		return err
	}
	if e.relation.Many {
		b.write(")")
		d.countedRows(b)
	}
	b.write(" from ")
	if err := b.embedRows(s, e, e.relation.Many); err != nil {
		return err
	}
	b.write(")")
	return nil
}

// value writes a column as argument of json_object.
func (d sqlite) value(b *builder, s source, pc planColumn) {
	switch pc.cast {
	case castText:
		d.jsonText(b, s, pc.column)
		return
	case "int8", "float8", "numeric", "bool":
		d.parsed(&b.text, s, pc.column, pc.cast)
		return
	}
	col := pc.column
	switch col.Kind {
	case KindBool:
		if pc.cast == "int" {
			b.column(s, col)
			return
		}
		b.wrapped("case when ", s, col, " then json('true') when not ")
		b.column(s, col)
		b.write(" then json('false') end")
	case KindFloat:
		b.wrapped("json(pl_float(", s, col, "))")
	case KindDecimal, KindJSON, KindTextArray:
		b.wrapped("json(", s, col, ")")
	case KindBytes:
		d.hex(b, s, col)
	case KindTimestamp:
		if pc.cast == "date" {
			b.wrapped("substr(", s, col, ", 1, 10)")
			return
		}
		b.column(s, col)
	default:
		b.column(s, col)
	}
}

// jsonText writes a column cast to text.
func (d sqlite) jsonText(b *builder, s source, col *Column) {
	switch col.Kind {
	case KindBool:
		b.wrapped("case when ", s, col, " then 'true' when not ")
		b.column(s, col)
		b.write(" then 'false' end")
	case KindFloat:
		b.wrapped("pl_float(", s, col, ")")
	case KindInt:
		b.wrapped("cast(", s, col, " as text)")
	case KindBytes:
		d.hex(b, s, col)
	default:
		b.column(s, col)
	}
}

func (sqlite) hex(b *builder, s source, col *Column) {
	b.wrapped("case when ", s, col, ` is not null then '\x'||lower(hex(`)
	b.column(s, col)
	b.write(")) end")
}

func (sqlite) groupOperand(b *builder, s source, v groupValue) {
	switch v.cast {
	case "date":
		b.wrapped("substr(", s, v.column, ", 1, 10)")
	case castFloat:
		b.wrapped("cast(", s, v.column, " as real)")
	default:
		b.column(s, v.column)
	}
}

// groupTotal calls functions that calculate with all digits.
func (d sqlite) groupTotal(b *builder, s source, v groupValue) {
	b.write("pl_", v.aggregate.String(), "(")
	d.groupOperand(b, s, v)
	b.write(")")
}

func (d sqlite) greatest(b *builder, s source, v groupValue, name string) {
	if v.kind == KindDecimal {
		b.write("pl_")
	}
	b.write(name, "(")
	d.groupOperand(b, s, v)
	b.write(")")
}

// maxLarge is the number of columns of variable size up to which a row is built
// by json_object, which holds all of them at once and does not look at the length
// limit while it grows.
const maxLarge = 8

// object writes a row as JSON object.
func (d sqlite) object(b *builder, s source, p *rowPlan) error {
	if !p.texts() {
		return d.jsonObject(b, s, p)
	}
	return d.textObject(b, s, p)
}

// texts reports whether the object of a row is built as text: it holds arrays, or
// may be large.
func (p *rowPlan) texts() bool {
	if p.large() > maxLarge {
		return true
	}
	for i := range p.embeds {
		if e := &p.embeds[i]; e.relation.Many || e.plan.texts() {
			return true
		}
	}
	return false
}

// large counts the values of a row that can have any size.
func (p *rowPlan) large() int {
	n := 0
	for i := range p.members {
		switch p.members[i].Kind {
		case KindText, KindJSON, KindBytes, KindTextArray:
			n++
		}
	}
	for i := range p.embeds {
		if e := &p.embeds[i]; !e.relation.Many && !e.embed.Spread {
			n += e.plan.large()
		}
	}
	return n
}

// textObject writes a row as the text of a JSON object. With one array at most the
// parts are arguments of concat, which is fast and holds all of them at once. Else
// some of them are at a time, joined by ||, which checks the length limit.
func (sqlite) textObject(b *builder, s source, p *rowPlan) error {
	t := textWriter{b: b, joined: p.large() > maxLarge || p.arrays() > 1, start: len(b.sql)}
	t.literal = append(t.literal, '{')
	for i := range p.members {
		t.name(p, i)
		if err := t.value(s, p, i); err != nil {
			return err
		}
	}
	t.literal = append(t.literal, '}')
	t.flush()
	t.join()
	return nil
}

// arrays counts the arrays of a row.
func (p *rowPlan) arrays() int {
	n := 0
	for i := range p.members {
		if p.members[i].Many {
			n++
		}
	}
	for i := range p.embeds {
		if e := &p.embeds[i]; !e.relation.Many && !e.embed.Spread {
			n += e.plan.arrays()
		}
	}
	return n
}

// textWriter writes the parts of a text.
type textWriter struct {
	b       *builder
	joined  bool   // by ||
	start   int    // where the parts begin in the statement
	ends    []int  // where each part ends but the last, from start
	literal []byte // text to be written before the next part
}

// part begins a part.
func (t *textWriter) part() {
	if at := len(t.b.sql) - t.start; at > 0 {
		t.ends = append(t.ends, at)
	}
}

// join makes one text of the parts.
func (t *textWriter) join() {
	parts := append([]byte(nil), t.b.sql[t.start:]...)
	ends := append(t.ends, len(parts))
	t.b.sql = t.b.sql[:t.start]
	part := func(i int) {
		from := 0
		if i > 0 {
			from = ends[i-1]
		}
		t.b.sql = append(t.b.sql, parts[from:ends[i]]...)
	}
	group := len(ends)
	if t.joined {
		group = partsAtOnce
	}
	t.b.write("(")
	for i := range ends {
		switch {
		case i == 0:
			t.b.write("concat(")
		case i%group == 0:
			t.b.write(") || concat(")
		default:
			t.b.write(", ")
		}
		part(i)
	}
	t.b.write("))")
}

// partsAtOnce is how many parts of a large row SQLite holds at once. It also keeps the
// text so far for each || of the row, so there should be few.
const partsAtOnce = 8

// flush writes the literal text. It has names of columns and no quotation marks
// of SQL.
func (t *textWriter) flush() {
	if len(t.literal) == 0 {
		return
	}
	t.part()
	t.b.write("'", string(t.literal), "'")
	t.literal = t.literal[:0]
}

// name writes the name of a member: a column's as literal, what a client chose as
// argument.
func (t *textWriter) name(p *rowPlan, member int) {
	if member > 0 {
		t.literal = append(t.literal, ',')
	}
	if member < len(p.columns) && p.columns[member].alias == "" && p.columns[member].column.Place == nil {
		t.literal = append(t.literal, p.members[member].Key...)
		return
	}
	t.flush()
	t.part()
	t.b.placeholder(p.members[member].Key)
}

// value writes the JSON of a member. NULL is null, and no rows are an empty array.
func (t *textWriter) value(s source, p *rowPlan, member int) error {
	b, m := t.b, &p.members[member]
	before, after := "json_quote(", ")"
	switch {
	case m.Many && t.joined:
		t.literal = append(t.literal, '[')
		before, after = "ifnull(", ", '')"
	case m.Many:
		t.literal = append(t.literal, '[')
		before, after = "", ""
	case m.Embed != nil:
		before, after = "ifnull(", ", 'null')"
	}
	t.flush()
	t.part()
	b.write(before)
	if err := b.member(s, p, member); err != nil {
		return err
	}
	b.write(after)
	if m.Many {
		t.literal = append(t.literal, ']')
	}
	return nil
}

// countRows begins to count the rows of an array against the budget.
func (sqlite) countRows(b *builder) {
	if b.budget == 0 {
		return
	}
	b.write("case when pl_took(")
	if b.counter == 0 {
		b.placeholder(driver.RowCounter{})
		b.counter = len(b.args)
	} else {
		b.write("?")
		b.int(b.counter)
	}
	b.write(", count(*)) then ")
}

func (sqlite) countedRows(b *builder) {
	if b.budget > 0 {
		b.write(" end")
	}
}
