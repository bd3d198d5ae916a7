package document_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// What the document says of the grammar stands in descriptions: the operators of
// each column, the relations of each table.

var (
	quoted    = regexp.MustCompile("`([a-z]+)`")
	relations = regexp.MustCompile("`([a-z_]+)` \\((one|many) of `([a-z_]+)`\\)")
)

// filters adds what a write has to be told: which rows.
func (g *generator) filters(r *request) {
	table := r.op.Tags[0]
	switch {
	case isPut(r.op):
		row := r.body.(map[string]any)
		for _, column := range g.doc.keyOf(table) {
			v, ok := g.known.one(g, table+"."+column)
			if !ok || g.once(2) {
				s := *g.doc.Components.Schemas[table+".Row"].Properties[column]
				v = g.value(&s)
			}
			row[column] = v
			r.param(column, "eq."+fmt.Sprint(v))
		}
	case r.method == http.MethodPut:
		delete(r.body.(map[string]any), g.doc.keyOf(table)[0])
	case r.op.OperationID == "batch":
	case strings.HasSuffix(r.op.OperationID, ".update"), strings.HasSuffix(r.op.OperationID, ".delete"):
		column := pick(g, g.doc.keyOf(table))
		v, ok := g.known.one(g, table+"."+column)
		if !ok {
			v = g.value(g.doc.Components.Schemas[table+".Row"].Properties[column])
		}
		r.param(column, "eq."+fmt.Sprint(v))
	}
}

// comparison returns an operator that the document lists for a column, and a value.
func (g *generator) comparison(p *parameter) string {
	_, list, _ := strings.Cut(p.Description, "}`: ")
	var operators []string
	for _, m := range quoted.FindAllStringSubmatch(list, -1) {
		operators = append(operators, m[1])
	}
	operator := pick(g, operators)
	prefix := ""
	if g.once(5) {
		prefix = "not."
	}
	one := func() string { return g.operand(p) }
	switch operator {
	case "is":
		return prefix + "is." + pick(g, []string{"null", "not_null"})
	case "in":
		return prefix + "in.(" + quote(one()) + "," + quote(one()) + ")"
	case "like", "ilike":
		return prefix + operator + "." + "*" + pick(g, []string{"a", "1", "ü"}) + "*"
	case "match", "imatch":
		return prefix + operator + "." + pick(g, []string{"^a", "[0-9]+$", "ü|x"})
	case "eq", "gt", "gte", "lt", "lte":
		if g.once(6) {
			return prefix + operator + pick(g, []string{"(any)", "(all)"}) + ".{" + quote(one()) + "," + quote(one()) + "}"
		}
	case "search":
		return prefix + "search." + pick(g, []string{"plain", "two words", "ü"})
	case "fts":
		return prefix + "fts" + pick(g, []string{"", "(english)"}) + "." + pick(g, []string{"plain", "two & !words", "wor:*|ü"})
	case "plfts", "phfts", "wfts":
		return prefix + operator + pick(g, []string{"", "(simple)"}) + "." + pick(g, []string{"plain", "two words", "ü or -a"})
	}
	return prefix + operator + "." + one()
}

// operand returns a value of a column as text.
func (g *generator) operand(p *parameter) string {
	parts := strings.Split(p.key, ".") // filter.table.column
	s := *g.doc.Components.Schemas[parts[1]+".Row"].Properties[parts[2]]
	s.Type = slices.DeleteFunc(slices.Clone(s.Type), func(t string) bool { return t == "null" })
	v := g.value(&s)
	list, isList := v.([]any)
	switch {
	case isList && slices.Contains(s.Type, "array"):
		var texts []string
		for _, item := range list {
			texts = append(texts, quote(fmt.Sprint(item)))
		}
		return "{" + strings.Join(texts, ",") + "}"
	case len(s.Type) == 0:
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return string(text)
	}
	return fmt.Sprint(v)
}

// quote writes a value in a list.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// filterable are the parameters that filter by columns whose names need no quotes.
func filterable(op *operation) []*parameter {
	var all []*parameter
	for _, p := range op.Parameters {
		if strings.HasPrefix(p.key, "filter.") && !strings.HasPrefix(p.Name, `"`) {
			all = append(all, p)
		}
	}
	return all
}

// group returns conditions in brackets.
func (g *generator) group(r *request, depth int) string {
	columns := filterable(r.op)
	var all []string
	for range 1 + g.IntN(3) {
		if depth < 2 && g.once(4) {
			all = append(all, pick(g, []string{"and", "or", "not.and"})+g.group(r, depth+1))
			continue
		}
		p := pick(g, columns)
		condition := g.comparison(p)
		for strings.ContainsAny(condition, `"\{}(),.`) && !simple(condition) {
			p = pick(g, columns)
			condition = g.comparison(p)
		}
		all = append(all, p.Name+"."+condition)
	}
	return "(" + strings.Join(all, ",") + ")"
}

// simple reports a condition that reads the same inside brackets.
var simple = regexp.MustCompile(`^(not\.)?[a-z]+\.[^"\\{}(),.]*$`).MatchString

// columns are those of a table that can be read.
func (g *generator) columns(table string) []string {
	return slices.Sorted(maps.Keys(g.doc.Components.Schemas[table+".Row"].Properties))
}

// name writes a column in select and order.
func name(column string) string {
	if column == "order" {
		return `"order"`
	}
	return column
}

// order returns an order of rows, by any columns.
func (g *generator) order(r *request) string {
	var all []string
	var columns []string // that have an order
	for _, p := range r.op.Parameters {
		if strings.HasPrefix(p.key, "filter.") && strings.Contains(p.Description, "`gt`") {
			columns = append(columns, p.Name)
		}
	}
	if len(columns) == 0 {
		return g.columns(g.tableOf(r))[0]
	}
	for _, at := range g.Perm(len(columns))[:1+g.IntN(min(2, len(columns)))] {
		all = append(all, columns[at]+pick(g, []string{"", ".asc", ".desc", ".desc.nullslast", ".nullsfirst"}))
	}
	return strings.Join(all, ",")
}

// tableOf returns the table whose rows an operation answers with: its tag, or, of
// a function, that of its filters.
func (g *generator) tableOf(r *request) string {
	if r.op.Tags[0] != "rpc" {
		return r.op.Tags[0]
	}
	for _, p := range r.op.Parameters {
		if strings.HasPrefix(p.key, "filter.") {
			return strings.Split(p.key, ".")[1]
		}
	}
	return ""
}

// grouped marks the schema of rows that are made of aggregates.
func (s *schema) grouped() bool { return s.Description == "grouped" }

// selects adds select, and what rows look like then.
func (g *generator) selects(r *request) {
	table := g.tableOf(r)
	if table == "" {
		return
	}
	if strings.HasSuffix(r.op.OperationID, ".list") && g.once(5) {
		r.param("select", "n:count()")
		r.row = object(map[string]*schema{"n": {Type: types{"integer"}}})
		r.row.Description = "grouped"
		return
	}
	text, row := g.selection(table, 0)
	r.param("select", text)
	r.row = row
}

// object is the schema of an object with these members and no other.
func object(members map[string]*schema) *schema {
	return &schema{
		Type: types{"object"}, Properties: members, Required: slices.Collect(maps.Keys(members)), AdditionalProperties: &closed{},
	}
}

// selection returns some columns and relations of a table.
func (g *generator) selection(table string, depth int) (string, *schema) {
	row := g.doc.Components.Schemas[table+".Row"]
	members, items := map[string]*schema{}, []string{}
	columns := g.columns(table)
	for i, at := range g.Perm(len(columns))[:1+g.IntN(min(4, len(columns)))] {
		column := columns[at]
		switch s := row.Properties[column]; g.IntN(5) {
		case 0:
			members[fmt.Sprint("alias", i)] = s
			items = append(items, fmt.Sprint("alias", i, ":", name(column)))
		default:
			members[column] = s
			items = append(items, name(column))
		}
	}
	for _, tag := range g.doc.Tags {
		if tag.Name != table || depth > 1 {
			continue
		}
		for i, m := range relations.FindAllStringSubmatch(tag.Description, -1) {
			if !g.once(3) {
				continue
			}
			inner, of := g.selection(m[3], depth+1)
			items = append(items, fmt.Sprint("rel", i, ":", m[1], "(", inner, ")"))
			if m[2] == "many" {
				of = &schema{Type: types{"array"}, Items: of}
			} else {
				of = &schema{AnyOf: []*schema{of, {Type: types{"null"}}}}
			}
			members[fmt.Sprint("rel", i)] = of
		}
	}
	return strings.Join(items, ","), object(members)
}
