package parity_test

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// filters adds up to n filters, or groups of them, on a table or an embed.
func (d *draft) filters(t *store.Table, path string, n int) {
	for range d.g.IntN(n + 1) {
		if d.chance(25) {
			word := d.groupWord()
			d.add(notted(path, word), d.group(t, 1))
			d.show(pathed("filter group", path))
			continue
		}
		name, value := d.comparison(t, false)
		d.add(path+name, value)
		d.show(pathed("filter", path))
	}
}

// related asks for rows with, or without, rows of an embed.
func (d *draft) related() {
	for _, e := range d.embeds {
		name := strings.TrimSuffix(e.path, ".")
		if !strings.Contains(name, ".") && d.chance(12) {
			d.add(name, pick(d.g.Rand, []string{"is.null", "not.is.null", "is.not_null"}))
			d.show("filter embed is.null")
		}
	}
}

func (d *draft) groupWord() string {
	word := pick(d.g.Rand, []string{"and", "or", "or", "not.and", "not.or"})
	d.show("group " + word)
	return word
}

// notted puts not behind the names of embeds.
func notted(path, word string) string { return path + word }

// group makes (a,b,...).
func (d *draft) group(t *store.Table, depth int) string {
	var members []string
	for range 1 + d.g.IntN(3) {
		if depth < 3 && d.chance(20) {
			members = append(members, d.groupWord()+d.group(t, depth+1))
			continue
		}
		name, value := d.comparison(t, true)
		members = append(members, name+"."+value)
	}
	return "(" + strings.Join(members, ",") + ")"
}

// comparison makes a column, or a path into it, and [not.]operator.operand.
func (d *draft) comparison(t *store.Table, grouped bool) (name, value string) {
	c := d.of(t, anyColumn)
	name = c.Name
	kind, searchable := c.Kind, c.Searchable
	if kind == store.KindJSON && d.chance(60) {
		path, _, text := d.jsonPath()
		name += path
		if text {
			kind = store.KindText
		}
		d.show("filter json path")
	}
	if d.chance(15) {
		value = "not."
		d.show("filter not")
	}
	op := d.g.rare(operatorsOf(kind, searchable))
	d.show("filter "+op, "filter "+op+" on "+kind.String())
	return name, value + op + d.operand(op, kind, grouped)
}

// rare picks of three operators the one that was used least, so that each comes
// often enough whatever columns there are.
func (g *generator) rare(ops []string) string {
	op := pick(g.Rand, ops)
	for range 2 {
		if other := pick(g.Rand, ops); g.used[other] < g.used[op] {
			op = other
		}
	}
	g.used[op]++
	return op
}

// operatorsOf are the operators for a kind, with "is.null" and its like as one
// each. Those that no other kind has are there several times.
func operatorsOf(kind store.Kind, searchable bool) []string {
	ops := []string{"eq", "neq", "in", "is.null", "is.not_null", "isdistinct", "eq(any)"}
	if kind.Ordered() {
		ops = append(ops, "gt", "gte", "lt", "lte", "gt(any)", "gte(all)", "lt(all)", "lte(any)", "eq(all)")
	}
	if searchable {
		ops = append(ops, slices.Repeat([]string{"search"}, 8)...)
	}
	switch kind {
	case store.KindText:
		ops = append(ops, slices.Repeat([]string{"like", "ilike", "match", "imatch"}, 3)...)
		ops = append(ops, "like(any)", "imatch(all)", "like(any)", "ilike(all)", "ilike(any)", "like(all)", "match(any)", "imatch(all)")
	case store.KindBool:
		ops = append(ops, slices.Repeat([]string{"is.true", "is.false", "is.unknown"}, 6)...)
	case store.KindJSON:
		ops = append(ops, "cs", "cd", "cs", "cd")
	case store.KindTextArray:
		ops = append(ops, "cs", "cd", "ov", "cs", "cd", "ov", "ov")
	}
	return ops
}

// operand makes what follows an operator, dot included.
func (d *draft) operand(op string, kind store.Kind, grouped bool) string {
	bare, _, many := strings.Cut(op, "(")
	one := func() string {
		switch bare {
		case "like", "ilike":
			return d.pattern()
		case "match", "imatch":
			return pick(d.g.Rand, regexps)
		case "search":
			return pick(d.g.Rand, searches)
		}
		return d.value(kind)
	}
	switch {
	case strings.HasPrefix(op, "is."):
		return ""
	case op == "in":
		list := make([]string, d.g.IntN(5))
		for i := range list {
			list[i] = quoted(one())
		}
		return ".(" + strings.Join(list, ",") + ")"
	case many:
		list := make([]string, 1+d.g.IntN(3))
		for i := range list {
			list[i] = quoted(one())
		}
		text := "{" + strings.Join(list, ",") + "}"
		if grouped {
			text = quoted(text)
		}
		return "." + text
	case grouped:
		return "." + quoted(one())
	}
	return "." + one()
}

// value is a value of a kind as the text of a filter, one in twelve in a form that
// may not be one.
func (d *draft) value(kind store.Kind) string {
	if d.chance(4) {
		d.show("wrong value or spelling")
		return pick(d.g.Rand, spellings(kind))
	}
	v := pick(d.g.Rand, values(kind))
	if kind == store.KindTextArray {
		return arrayLiteral(v)
	}
	return v
}

// arrayLiteral makes {a,"b"} of a JSON array.
func arrayLiteral(text string) string {
	list := list(text)
	for i := range list {
		list[i] = quoted(list[i])
	}
	return "{" + strings.Join(list, ",") + "}"
}

// quoted quotes an element of a list.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// pattern makes a pattern of parts that occur in texts.
func (d *draft) pattern() (p string) {
	for range 1 + d.g.IntN(3) {
		p += pick(d.g.Rand, []string{"%", "*", "_", "a", "A", "b", "é", "É", "e\u0301", "ß", "SS", "İ", "ı", "i", "ς", "Σ", "σ", "東", "😀", `\%`, `\_`, `\\`, `\*`, "[", "k", "\u212a", "ǆ", "50", `"`, " ", "\n"})
	}
	return p
}

var (
	regexps = []string{
		"^a", "b$", "^$", "a|b", "(a|e).*", "[a-z]+", "[^a-z]", "ß", "é", "É", "東.", "^.$", "^..$", "σ", "\\.", "\\*", "a{1,2}", "[éÉ]", "[A-Z]", "(?:a)b?", "x*", "i", "K", "[k-m]", "[\u0370-\u03ff]", "ǆ", ".😀?", "^.*$", "[[]", "[\\^]", "a.c", "o.s",
	}
	searches = []string{"emma", "EMMA", "em*", "emma -street", "straße", "STRASSE", "čapek", "ΟΔΟΣ", "οδος", "東*", "abc", "memo", "memo a", "i", "İ", "é", "a b", `"q"`, "fi", "k*", "50", "null"}
)

// order adds an order.
func (d *draft) order(t *store.Table, path string, percent int) {
	if !d.chance(percent) {
		return
	}
	var keys []string
	for range 1 + d.g.IntN(3) {
		keys = append(keys, d.orderKey(t))
	}
	d.add(path+"order", strings.Join(keys, ","))
	d.show(pathed("order", path))
}

func (d *draft) orderKey(t *store.Table) string {
	key := ""
	if rel := toOne(t); rel != nil && d.chance(20) {
		c := d.of(rel.Target, func(c *store.Column) bool { return c.Kind.Ordered() })
		key = rel.Name + "(" + c.Name + ")"
		d.show("order relation")
	} else if c := d.of(t, func(c *store.Column) bool { return c.Kind == store.KindJSON }); c != nil && d.chance(15) {
		path, _, text := d.jsonPath()
		for !text {
			path, _, text = d.jsonPath()
		}
		key = c.Name + path
		d.show("order json path")
	} else {
		c := d.of(t, func(c *store.Column) bool { return c.Kind.Ordered() })
		key = c.Name
		d.show("order " + c.Kind.String())
	}
	for _, more := range [][]string{{"", "asc", "desc", "desc"}, {"", "", "nullsfirst", "nullslast"}} {
		if word := pick(d.g.Rand, more); word != "" {
			key += "." + word
			d.show("order " + word)
		}
	}
	return key
}

// toOne is a relation of a table to one row.
func toOne(t *store.Table) *schema.Relation {
	for _, rel := range t.Relations {
		if !rel.Many {
			return rel
		}
	}
	return nil
}

// jsonText writes a text as JSON.
func jsonText(text string) string {
	return string(must(json.Marshal(text)))
}

// jsonString reads a JSON string.
func jsonString(value string) (text string) {
	if err := json.Unmarshal([]byte(value), &text); err != nil {
		panic(err)
	}
	return text
}
