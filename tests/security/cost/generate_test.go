package cost_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// draft generates one request.
type draft struct {
	g      *rand.Rand
	embeds int // left
	items  int // left
	funcs  int // aggregates left
	params []string
}

// relations and columns of the tables, as the wire names them.
var (
	manyOf = map[string][]string{"peers": {"peers", "broads", "wides"}, "broads": {"peers"}, "wides": {"peers", "wides"}}
	oneOf  = map[string]string{"peers": "next", "broads": "peer", "wides": "peer"}

	columnsOf = map[string][]string{
		"peers":  {"id", "grp", "name", "score", "next_id"},
		"broads": {"id", "grp", "a", "b", "c", "m", "t", "ah"},
		"wides":  {"id", "title", "body", "doc", "raw"},
	}
	pathsOf = []string{"doc->a", "doc->a->b", "doc->a->b->c", "doc->a->b->c->0", "doc->a->b->c->-1->d", "doc->a->b->c->0->>d", "doc->>n", "doc->a->>b"}
	limits  = []string{"1", "3", "10", "100", "1000"}
)

// request generates the path of a read of legal grammar.
func request(g *rand.Rand) string {
	d := &draft{g: g, embeds: 8, items: 90, funcs: 16}
	table := pick(g, []string{"peers", "peers", "broads", "wides"})
	d.params = []string{"select=" + d.selection(table, "", 0)}
	d.paging(table, "")
	return "/" + table + "?" + strings.Join(d.params, "&")
}

func pick(g *rand.Rand, list []string) string { return list[g.IntN(len(list))] }

func (d *draft) chance(percent int) bool { return d.g.IntN(100) < percent }

// paging sorts and limits the rows of a level.
func (d *draft) paging(table, path string) {
	if d.chance(40) {
		d.params = append(d.params, path+"limit="+pick(d.g, limits))
	}
	if d.chance(30) {
		key := pick(d.g, columnsOf[table])
		if key == "doc" {
			key = "doc->>n"
		}
		if d.chance(20) {
			key = oneOf[table] + "(name)"
		}
		d.params = append(d.params, path+"order="+key+pick(d.g, []string{"", ".desc"}))
	}
	if d.chance(10) {
		d.params = append(d.params, path+"offset="+pick(d.g, []string{"1", "5", "900"}))
	}
}

// selection generates the items of a level.
func (d *draft) selection(table, path string, depth int) string {
	if d.funcs > 0 && depth > 0 && d.chance(15) {
		d.funcs--
		d.items--
		return "count()"
	}
	var items []string
	if d.chance(20) {
		items = append(items, "*")
		d.items--
	}
	for n := 1 + d.g.IntN(4); n > 0 && d.items > 0; n-- {
		items = append(items, d.column(table, len(items)))
	}
	if d.chance(15) { // one value again and again
		column := pick(d.g, columnsOf[table])
		for n := d.g.IntN(40); n > 0 && d.items > 0; n-- {
			d.items--
			items = append(items, fmt.Sprintf("again%d:%s%s", n, column, pick(d.g, []string{"", "::text"})))
		}
	}
	for d.embeds > 0 && d.items > 2 && depth < 4 && d.chance(60) {
		items = append(items, d.embed(table, path, depth, len(items)))
	}
	return strings.Join(items, ",")
}

func (d *draft) column(table string, n int) string {
	d.items--
	column := pick(d.g, columnsOf[table])
	if table == "wides" && d.chance(30) {
		column = pick(d.g, pathsOf)
	} else if d.chance(20) {
		column += "::text"
	}
	return fmt.Sprintf("m%d:%s", n, column)
}

func (d *draft) embed(table, path string, depth, n int) string {
	d.embeds--
	d.items--
	name := fmt.Sprintf("e%d", n)
	if d.chance(20) {
		target := "peers"
		if d.chance(30) {
			// Spread names are numbered apart, so that no member has the name of another.
			return fmt.Sprintf("...%s(s%d_%d:name)", oneOf[table], depth, n)
		}
		return name + ":" + oneOf[table] + "(" + d.selection(target, path+name+".", depth+1) + ")"
	}
	relation := pick(d.g, manyOf[table])
	inner := ""
	if d.chance(10) {
		inner = "!inner"
	}
	d.paging(relation, path+name+".")
	return name + ":" + relation + inner + "(" + d.selection(relation, path+name+".", depth+1) + ")"
}
