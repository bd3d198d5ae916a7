package store

import "github.com/seed-7694ebf6/plinth/store/driver"

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
