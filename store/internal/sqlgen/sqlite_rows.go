package sqlgen

import (
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// streams reports that arrays are part of the JSON of their row.
func (sqlite) streams(*Builder, *RowPlan) bool { return false }

// RowColumns writes a row as one JSON object. It is not built for a row that is missing.
func (d sqlite) RowColumns(b *Builder, s Source, p *RowPlan, counted bool) error {
	if len(p.Members) == 0 {
		return nil
	}
	if counted {
		b.Write("case when ", s.Alias, ".", presentName, " is not null then ")
	}
	if err := d.object(b, s, p); err != nil {
		return err
	}
	if counted {
		b.Write(" end")
	}
	return nil
}

// pageOrder takes the rows of the page as they come, one by one. To sort them again would
// keep the JSON of all. With a limit around it, the page is not merged with the query around
// it, which would build JSON before it sorts.
func (sqlite) pageOrder(b *Builder, root Source, limited bool, keys []query.OrderKey) error {
	if limited {
		b.Write(" limit -1")
		return nil
	}
	return b.orderBy(root, keys, true)
}

// jsonObject writes a row as json_object. Children are written inside the arguments,
// where their JSON subtype survives.
func (d sqlite) jsonObject(b *Builder, s Source, p *RowPlan) error {
	b.Write("json_object(")
	for i := range p.Members {
		if i > 0 {
			b.Write(", ")
		}
		if i < len(p.Columns) {
			d.memberName(b, p.Columns[i].alias, p.Columns[i].Column.Name)
		} else {
			b.Placeholder(p.memberName(i))
		}
		b.Write(", ")
		if err := b.member(s, p, i); err != nil {
			return err
		}
	}
	b.Write(")")
	return nil
}

// memberName writes the name of a member: a column's as literal, what a client
// chose as argument.
func (sqlite) memberName(b *Builder, alias, column string) {
	if alias != "" {
		b.Placeholder(alias)
		return
	}
	b.Write("'", column, "'")
}

// embed writes a row as an object, rows as the objects
// with commas between them, NULL where there are none. group_concat, unlike
// json_group_array, checks the length limit while the text grows.
func (d sqlite) embed(b *Builder, s Source, e *planEmbed) error {
	b.Write("(select ")
	if e.relation.Many {
		d.countRows(b)
		b.Write("group_concat(")
	}
	if err := d.object(b, e.target, e.plan); err != nil {
		return err
	}
	if e.relation.Many {
		b.Write(")")
		d.countedRows(b)
	}
	b.Write(" from ")
	if err := b.embedRows(s, e, e.relation.Many); err != nil {
		return err
	}
	b.Write(")")
	return nil
}

// value writes a column as argument of json_object.
func (d sqlite) value(b *Builder, s Source, pc PlanColumn) {
	switch pc.Cast {
	case CastText:
		d.jsonText(b, s, pc.Column)
		return
	case "int8", "float8", "numeric", "bool":
		d.parsed(&b.Writer, s, pc.Column, pc.Cast)
		return
	}
	col := pc.Column
	switch col.Kind {
	case driver.KindBool:
		if pc.Cast == "int" {
			b.Column(s, col)
			return
		}
		b.wrapped("case when ", s, col, " then json('true') when not ")
		b.Column(s, col)
		b.Write(" then json('false') end")
	case driver.KindFloat:
		b.wrapped("json(pl_float(", s, col, "))")
	case driver.KindDecimal, driver.KindJSON, driver.KindTextArray:
		b.wrapped("json(", s, col, ")")
	case driver.KindBytes:
		d.hex(b, s, col)
	case driver.KindTimestamp:
		if pc.Cast == "date" {
			b.wrapped("substr(", s, col, ", 1, 10)")
			return
		}
		b.Column(s, col)
	default:
		b.Column(s, col)
	}
}

// jsonText writes a column cast to text.
func (d sqlite) jsonText(b *Builder, s Source, col *schema.Column) {
	switch col.Kind {
	case driver.KindBool:
		b.wrapped("case when ", s, col, " then 'true' when not ")
		b.Column(s, col)
		b.Write(" then 'false' end")
	case driver.KindFloat:
		b.wrapped("pl_float(", s, col, ")")
	case driver.KindInt:
		b.wrapped("cast(", s, col, " as text)")
	case driver.KindBytes:
		d.hex(b, s, col)
	default:
		b.Column(s, col)
	}
}

func (sqlite) hex(b *Builder, s Source, col *schema.Column) {
	b.wrapped("case when ", s, col, ` is not null then '\x'||lower(hex(`)
	b.Column(s, col)
	b.Write(")) end")
}

func (sqlite) groupOperand(b *Builder, s Source, v groupValue) {
	switch v.cast {
	case "date":
		b.wrapped("substr(", s, v.column, ", 1, 10)")
	case castFloat:
		b.wrapped("cast(", s, v.column, " as real)")
	default:
		b.Column(s, v.column)
	}
}

// groupTotal calls functions that calculate with all digits.
func (d sqlite) groupTotal(b *Builder, s Source, v groupValue) {
	b.Write("pl_", v.aggregate.String(), "(")
	d.groupOperand(b, s, v)
	b.Write(")")
}

func (d sqlite) greatest(b *Builder, s Source, v groupValue, name string) {
	if v.kind == driver.KindDecimal {
		b.Write("pl_")
	}
	b.Write(name, "(")
	d.groupOperand(b, s, v)
	b.Write(")")
}

// maxLarge is the number of columns of variable size up to which a row is built
// by json_object, which holds all of them at once and does not look at the length
// limit while it grows.
const maxLarge = 8

// object writes a row as JSON object.
func (d sqlite) object(b *Builder, s Source, p *RowPlan) error {
	if !p.texts() {
		return d.jsonObject(b, s, p)
	}
	return d.textObject(b, s, p)
}

// texts reports whether the object of a row is built as text: it holds arrays, or
// may be large.
func (p *RowPlan) texts() bool {
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
func (p *RowPlan) large() int {
	n := 0
	for i := range p.Members {
		switch p.Members[i].Kind {
		case driver.KindText, driver.KindJSON, driver.KindBytes, driver.KindTextArray:
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
func (sqlite) textObject(b *Builder, s Source, p *RowPlan) error {
	t := textWriter{b: b, joined: p.large() > maxLarge || p.arrays() > 1, start: len(b.SQL)}
	t.literal = append(t.literal, '{')
	for i := range p.Members {
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
func (p *RowPlan) arrays() int {
	n := 0
	for i := range p.Members {
		if p.Members[i].Many {
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
	b       *Builder
	joined  bool   // by ||
	start   int    // where the parts begin in the statement
	ends    []int  // where each part ends but the last, from start
	literal []byte // text to be written before the next part
}

// part begins a part.
func (t *textWriter) part() {
	if at := len(t.b.SQL) - t.start; at > 0 {
		t.ends = append(t.ends, at)
	}
}

// join makes one text of the parts.
func (t *textWriter) join() {
	parts := append([]byte(nil), t.b.SQL[t.start:]...)
	ends := append(t.ends, len(parts))
	t.b.SQL = t.b.SQL[:t.start]
	part := func(i int) {
		from := 0
		if i > 0 {
			from = ends[i-1]
		}
		t.b.SQL = append(t.b.SQL, parts[from:ends[i]]...)
	}
	group := len(ends)
	if t.joined {
		group = partsAtOnce
	}
	t.b.Write("(")
	for i := range ends {
		switch {
		case i == 0:
			t.b.Write("concat(")
		case i%group == 0:
			t.b.Write(") || concat(")
		default:
			t.b.Write(", ")
		}
		part(i)
	}
	t.b.Write("))")
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
	t.b.Write("'", string(t.literal), "'")
	t.literal = t.literal[:0]
}

// name writes the name of a member: a column's as literal, what a client chose as
// argument.
func (t *textWriter) name(p *RowPlan, member int) {
	if member > 0 {
		t.literal = append(t.literal, ',')
	}
	if member < len(p.Columns) && p.Columns[member].alias == "" && p.Columns[member].Column.Place == nil {
		t.literal = append(t.literal, p.Members[member].Key...)
		return
	}
	t.flush()
	t.part()
	t.b.Placeholder(p.Members[member].Key)
}

// value writes the JSON of a member. NULL is null, and no rows are an empty array.
func (t *textWriter) value(s Source, p *RowPlan, member int) error {
	b, m := t.b, &p.Members[member]
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
	b.Write(before)
	if err := b.member(s, p, member); err != nil {
		return err
	}
	b.Write(after)
	if m.Many {
		t.literal = append(t.literal, ']')
	}
	return nil
}

// countRows begins to count the rows of an array against the budget.
func (sqlite) countRows(b *Builder) {
	if b.Budget == 0 {
		return
	}
	b.Write("case when pl_took(")
	if b.counter == 0 {
		b.Placeholder(driver.RowCounter{})
		b.counter = len(b.args)
	} else {
		b.Write("?")
		b.Int(b.counter)
	}
	b.Write(", count(*)) then ")
}

func (sqlite) countedRows(b *Builder) {
	if b.Budget > 0 {
		b.Write(" end")
	}
}
