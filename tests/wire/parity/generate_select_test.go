package parity_test

import (
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// selects adds select in some of 100 cases.
func (d *draft) selects(percent int) {
	if d.chance(percent) {
		d.add("select", d.selection(d.table, "", 0))
	}
}

// selection makes the items of a select or of an embed.
func (d *draft) selection(t *store.Table, path string, depth int) string {
	names := map[string]bool{}
	var items []string
	if d.chance(15) {
		d.show("select *")
		items = append(items, "*")
		for _, c := range d.shown(t) {
			names[c.Name] = true
		}
	}
	for range 1 + d.g.IntN(4) {
		if item := d.item(t, names); item != "" {
			items = append(items, item)
		}
	}
	for len(t.Relations) > 0 && d.budget > 0 && depth < 3 && d.chance(35) {
		d.budget--
		items = append(items, d.embed(t, path, depth, names))
	}
	return strings.Join(items, ",")
}

// item makes a column of a select, or "" where its name is taken.
func (d *draft) item(t *store.Table, names map[string]bool) string {
	c := d.of(t, anyColumn)
	name, text := c.Name, c.Name
	show := []string{"select column"}
	kind := c.Kind
	if c.Kind == store.KindJSON && d.chance(60) {
		path, last, isText := d.jsonPath()
		text += path
		if last != "" {
			name = last
		}
		if isText {
			kind = 0 // no cast of it is sure to hold
		}
		show = append(show, "select json path")
	}
	alias := ""
	if d.chance(20) || names[name] {
		alias = "a" + strconv.Itoa(len(names))
		name = alias
		show = append(show, "select alias")
	}
	if casts := castsOf[kind]; len(casts) > 0 && d.chance(20) {
		cast := pick(d.g.Rand, casts)
		text += "::" + cast
		show = append(show, "cast "+kind.String()+" to "+cast)
	}
	if names[name] {
		return ""
	}
	names[name] = true
	d.show(show...)
	if alias != "" {
		return alias + ":" + text
	}
	return text
}

// castsOf are the casts that hold for every value of a kind.
var castsOf = map[store.Kind][]string{
	store.KindText: {"text", "varchar"}, store.KindBool: {"text", "int", "bool"}, store.KindInt: {"text", "float8", "numeric", "int8"}, store.KindFloat: {"text", "float8"},
	store.KindDecimal: {"text", "numeric"}, store.KindTimestamp: {"text", "date", "timestamptz"}, store.KindDate: {"text", "date"}, store.KindUUID: {"text", "uuid"},
	store.KindBytes: {"text", "bytea"}, store.KindJSON: {"text", "json", "jsonb"},
}

// embed makes an embed, with its relation named in one of the ways there are.
func (d *draft) embed(t *store.Table, path string, depth int, names map[string]bool) string {
	rel := pick(d.g.Rand, t.Relations)
	name, word := rel.Name, rel.Name
	text := ""
	if names[name] || d.chance(25) {
		name = "e" + strconv.Itoa(len(names))
		text = name + ":"
		d.show("embed alias")
	}
	names[name] = true
	if d.chance(20) {
		word = d.hint(rel)
	}
	text += word
	switch {
	case d.chance(15):
		text += "!inner"
		d.show("embed !inner")
	case d.chance(8):
		text += "!left"
		d.show("embed !left")
	}
	switch {
	case rel.Junction != nil:
		d.show("embed many to many")
	case rel.Many:
		d.show("embed to many")
	default:
		d.show("embed to one")
	}
	at := path + name + "."
	d.embeds = append(d.embeds, embedded{at, rel.Target})
	if depth > 0 {
		d.show("embed nested")
	}
	return text + "(" + d.selection(rel.Target, at, depth+1) + ")"
}

// hint names the relation by its target and what tells it from others.
func (d *draft) hint(rel *schema.Relation) string {
	d.show("embed hint")
	switch {
	case rel.Junction != nil:
		return rel.Target.Name + "!" + rel.Junction.Table.Name
	case rel.Many:
		return rel.Name + "!" + rel.TargetKeys[0].Name
	}
	return rel.Target.Name + "!" + rel.Source.Name + "_" + rel.SourceKeys[0].Name + "_fkey"
}

// jsonPath makes a path into a document: its text, the name it gives the value
// and whether it leads to text.
func (d *draft) jsonPath() (path, last string, text bool) {
	steps := 1 + d.g.IntN(3)
	for i := range steps {
		arrow := "->"
		if i == steps-1 && d.chance(60) {
			arrow, text = "->>", true
			d.show("json ->>")
		} else {
			d.show("json ->")
		}
		step := pick(d.g.Rand, []string{"a", "b", "c", "k", `"a b"`, "size", "A", "0", "1", "-1", "-2", "7", "d", `""`, "ß"})
		if _, err := strconv.Atoi(step); err != nil {
			last = strings.Trim(step, `"`)
		}
		path += arrow + step
	}
	return path, last, text
}

// aggregates asks for values of groups.
func (d *draft) aggregates() {
	d.method = "GET"
	names, items, groups := map[string]bool{}, []string{}, []*store.Column{}
	for range d.g.IntN(3) {
		c := d.of(d.table, func(c *store.Column) bool { return c.Kind.Ordered() && !names[c.Name] })
		if c != nil {
			names[c.Name] = true
			items, groups = append(items, c.Name), append(groups, c)
		}
	}
	for i := range 1 + d.g.IntN(3) {
		items = append(items, "v"+strconv.Itoa(i)+":"+d.aggregate())
	}
	d.add("select", strings.Join(items, ","))
	d.filters(d.table, "", 2)
	if len(groups) > 0 {
		d.show("aggregate groups")
		if d.chance(40) {
			d.add("order", pick(d.g.Rand, groups).Name+pick(d.g.Rand, []string{"", ".desc", ".nullsfirst", ".desc.nullslast"}))
			d.show("aggregate order")
		}
		d.page("", 30)
	}
	d.forms()
}

func (d *draft) aggregate() string {
	switch d.g.IntN(7) {
	case 0:
		d.show("aggregate count()")
		return "count()"
	case 1:
		d.show("aggregate count")
		return d.of(d.table, anyColumn).Name + ".count()"
	case 2, 3, 4:
		if c := d.of(d.table, isNumber); c != nil {
			f := pick(d.g.Rand, []string{"sum", "avg"})
			d.show("aggregate "+f, "aggregate "+f+" of "+c.Kind.String())
			return c.Name + "." + f + "()"
		}
	}
	c := d.of(d.table, func(c *store.Column) bool { return c.Kind.Ordered() })
	f := pick(d.g.Rand, []string{"min", "max"})
	d.show("aggregate "+f, "aggregate "+f+" of "+c.Kind.String())
	return c.Name + "." + f + "()" + pick(d.g.Rand, []string{"", "", "::text"})
}

func isNumber(c *store.Column) bool {
	return c.Kind == store.KindInt || c.Kind == store.KindFloat || c.Kind == store.KindDecimal
}
