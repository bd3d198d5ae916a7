package parity_test

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// generator makes requests from the grammar. The tables tell it which columns and
// relations there are, and so it needs no change for a new one.
type generator struct {
	*rand.Rand
	db     *store.DB
	tables []*store.Table
	nextID int            // of rows that requests make
	used   map[string]int // operators
}

func newGenerator(seed uint64, db *store.DB) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 2)), db: db, used: map[string]int{}}
	for _, m := range models {
		g.tables = append(g.tables, db.Table(m))
	}
	return g
}

// draft is a request under construction.
type draft struct {
	g *generator
	*request

	table  *store.Table
	params []string // escaped
	embeds []embedded
	budget int // embeds that may still be made
}

// embedded is an embed that select names.
type embedded struct {
	path  string // "labels.things."
	table *store.Table
}

// request makes the next request.
func (g *generator) request() *request {
	d := &draft{g: g, request: &request{as: g.caller()}, budget: 4}
	d.table = g.someTable()
	switch n := g.IntN(100); {
	case n < 42:
		d.list()
	case n < 51:
		d.aggregates()
	case n < 58:
		d.row()
	case n < 65:
		d.call()
	case n < 92:
		d.write()
	default:
		return g.wrong()
	}
	return d.done()
}

// follow makes a request that an answer leads to: to the next page, or to ask
// whether the answer is still the same.
func (g *generator) follow(r *request, a *answer) *request {
	next := *r
	next.shows = nil
	link, _, linked := strings.Cut(strings.TrimPrefix(a.get("Link"), "<"), ">")
	tag := a.get("Etag")
	switch {
	case r.method != http.MethodGet || a.status >= 300:
		return nil
	case linked && g.IntN(2) == 0:
		next.target, next.shows = link, []string{"paging after"}
		next.header = nil
		for _, line := range r.header {
			if !strings.HasPrefix(line, "Range") {
				next.header = append(next.header, line)
			}
		}
	case tag != "" && g.IntN(3) == 0:
		next.header = append(next.header[:len(next.header):len(next.header)], "If-None-Match: "+tag)
		next.shows = []string{"header If-None-Match"}
	default:
		return nil
	}
	return &next
}

// caller is a caller of some weight each.
func (g *generator) caller() string {
	return pick(g.Rand, []string{"ann", "ann", "ann", "ann", "bob", "bob", "eve", "nobody", "service"})
}

// someTable is things, which has all kinds of columns, or any other.
func (g *generator) someTable() *store.Table {
	if g.IntN(2) == 0 {
		return g.db.Table(Thing{})
	}
	return pick(g.Rand, g.tables)
}

// shown are the columns of a table that the caller may know.
func (d *draft) shown(t *store.Table) (list []*store.Column) {
	for _, c := range t.Columns {
		if c.Mode < schema.Hidden && (c.Name != "cost" || d.as == "ann" || d.as == "service") {
			list = append(list, c)
		}
	}
	return list
}

// of is a shown column for which holds, of every kind as likely as of any other,
// but of text, which has the most operators, twice as likely.
func (d *draft) of(t *store.Table, holds func(*store.Column) bool) *store.Column {
	byKind := map[store.Kind][]*store.Column{}
	var kinds []store.Kind
	for _, c := range d.shown(t) {
		if !holds(c) {
			continue
		}
		if byKind[c.Kind] == nil {
			kinds = append(kinds, c.Kind)
			if c.Kind == store.KindText {
				kinds = append(kinds, c.Kind)
			}
		}
		byKind[c.Kind] = append(byKind[c.Kind], c)
	}
	if len(kinds) == 0 {
		return nil
	}
	return pick(d.g.Rand, byKind[pick(d.g.Rand, kinds)])
}

func anyColumn(*store.Column) bool { return true }

// show notes a part of the grammar.
func (d *draft) show(parts ...string) { d.shows = append(d.shows, parts...) }

// chance is true in n of 100 cases.
func (d *draft) chance(n int) bool { return d.g.IntN(100) < n }

// add adds a parameter to the query string.
func (d *draft) add(key, value string) {
	d.params = append(d.params, url.QueryEscape(key)+"="+url.QueryEscape(value))
}

// head adds a line to the header.
func (d *draft) head(name, value string) { d.header = append(d.header, name+": "+value) }

// done puts the target together.
func (d *draft) done() *request {
	if d.target == "" {
		d.target = "/" + d.table.Name
	}
	if len(d.params) > 0 {
		d.target += "?" + strings.Join(d.params, "&")
	}
	return d.request
}

// list asks for rows.
func (d *draft) list() {
	d.method = http.MethodGet
	if d.chance(6) {
		d.method = http.MethodHead
	}
	d.selects(60)
	d.filters(d.table, "", 2)
	for _, e := range d.embeds {
		if d.chance(40) {
			d.filters(e.table, e.path, 1)
		}
		d.order(e.table, e.path, 25)
		d.page(e.path, 20)
		d.show("embed of " + e.table.Name)
	}
	d.related()
	d.order(d.table, "", 50)
	d.page("", 40)
	d.forms()
}

// page adds limit and offset, and to the root also a Range.
func (d *draft) page(path string, percent int) {
	if d.chance(percent) {
		d.add(path+"limit", strconv.Itoa(d.g.IntN(12)))
		d.show(pathed("limit", path))
	}
	if d.chance(percent / 4) {
		d.add(path+"offset", strconv.Itoa(d.g.IntN(5)))
		d.show(pathed("offset", path))
	}
	if path == "" && d.method == http.MethodGet && d.chance(5) {
		first := d.g.IntN(4)
		d.head("Range-Unit", "items")
		d.head("Range", pick(d.g.Rand, []string{strconv.Itoa(first) + "-", strconv.Itoa(first) + "-" + strconv.Itoa(first+d.g.IntN(9))}))
		d.show("header Range")
	}
}

func pathed(what, path string) string {
	if path != "" {
		return what + " of embed"
	}
	return what
}

// forms adds what a client says of the form of the answer.
func (d *draft) forms() {
	if d.chance(30) {
		media := pick(d.g.Rand, mediaTypes)
		d.head("Accept", media)
		d.show("accept " + media)
	}
	if d.chance(30) {
		p := pick(d.g.Rand, []string{"count=exact", "count=exact", "count=planned", "count=estimated", "handling=lenient, tea=hot", "handling=strict", "tea=hot"})
		d.head("Prefer", p)
		d.show("prefer " + p)
	}
	if d.chance(4) {
		d.head("Accept-Profile", "public")
		d.show("header Accept-Profile")
	}
}

var mediaTypes = []string{
	"application/json", "*/*", "application/vnd.pgrst.array+json", "text/csv", "application/vnd.pgrst.array+json;nulls=stripped",
	"application/problem+json, application/json", "text/html;q=0.9, application/json;q=0.5",
}
