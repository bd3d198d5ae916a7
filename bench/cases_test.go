package bench_test

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sort"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
)

// The limits of the lists.
const (
	shortList = 20
	longList  = 1000
)

// listLimits are all limits that are asked for; the hand-written side has a
// statement for each.
var listLimits = []int{1, 3, 10, shortList, 30, 100, 300, longList}

// treeSelects are the trees of one, two and three levels of embedded rows.
var treeSelects = [...]string{
	"id,name,posts(id,title,score)",
	"id,name,posts(id,title,score,comments(id,body))",
	"id,name,posts(id,title,score,comments(id,body,writer(id,name)))",
}

// comparison is one kind of request that both sides answer.
type comparison struct {
	name     string
	about    string
	requests []request
	status   int
	writes   bool

	// engine is the only one the comparison is for; empty: both.
	engine string

	// connections ask at the same time; zero: clients.
	connections int

	// speed is the smallest ratio of requests per second that design.md asks
	// for, cpu the largest of CPU per request; zero: none.
	speed, cpu float64
}

// request is a request as both sides get it.
type request struct {
	method, path, body string
	token              string

	// instead chooses another way of the hand-written side, see [insteadHeader].
	instead string

	// keys are the IDs the answer must have, in order; nil: not known before.
	keys []string
}

// bytes is the request as it goes over the wire.
func (r *request) bytes() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n", r.method, r.path)
	for name, values := range r.header() {
		fmt.Fprintf(&b, "%s: %s\r\n", name, values[0])
	}
	if r.body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.body))
	}
	return []byte(b.String() + "\r\n" + r.body)
}

func (r *request) header() http.Header {
	h := http.Header{}
	if r.token != "" {
		h.Set("Authorization", tokenPrefix+r.token)
	}
	if r.body != "" {
		h.Set("Content-Type", "application/json")
		h.Set("Prefer", "return=representation")
	}
	if r.instead != "" {
		h.Set(insteadHeader, r.instead)
	}
	return h
}

// variety is the number of different requests of a kind: enough that no cache
// of answers or plans by value could hide anything.
const variety = 512

// comparisons returns all kinds. Those with a goal for the speed also run through a pooler.
func comparisons(c *content) []comparison {
	m := newCallers(c)
	return []comparison{
		{name: "point read", about: "one row by its key", requests: m.make(func(m *requestMaker) func() request { return m.point }), status: http.StatusOK, speed: 0.90},
		{name: "list of 20", about: "filtered and ordered by a column that is not the key", requests: m.make(func(m *requestMaker) func() request { return m.list }), status: http.StatusOK, speed: 1.15, cpu: 0.65},
		{name: "insert", about: "one row, answered with the row that was stored", requests: m.make(func(m *requestMaker) func() request { return m.insert("items") }), status: http.StatusCreated, writes: true, speed: 0.90},
		{name: "insert, assumed", about: "the other side answers with what it was sent", requests: m.make(func(m *requestMaker) func() request { return m.assumed }), status: http.StatusCreated, writes: true},
		{name: "patch", about: "one column of one row, answered with the row", requests: m.make(func(m *requestMaker) func() request { return m.patch("items") }), status: http.StatusOK, writes: true, speed: 0.90},
		{name: "insert, tracked", about: "Plinth also writes its change log, the other side nothing", requests: m.make(func(m *requestMaker) func() request { return m.insert("tracked_items") }), status: http.StatusCreated, writes: true},
		{name: "patch, tracked", about: "the same", requests: m.make(func(m *requestMaker) func() request { return m.patch("tracked_items") }), status: http.StatusOK, writes: true},
		{name: "list of 1,000", about: "every row of the owner, in key order", requests: m.make(func(m *requestMaker) func() request { return m.byKey(longList) }), status: http.StatusOK},
		{name: "tree of three levels", about: "20 authors, 5 posts each, 3 comments each with their writer; the other side lets the database build the JSON", requests: m.make(func(m *requestMaker) func() request { return m.tree(3) }), status: http.StatusOK},
		{name: "list of 1,000, JSON by the database", about: "the same list; the other side lets the database build the JSON", requests: m.make(func(m *requestMaker) func() request {
			return instead(insteadDatabase, m.byKey(longList))
		}), status: http.StatusOK, engine: enginePostgres},
		{name: "tree, assembled by the server", about: "the same tree; the other side assembles it from four queries", requests: m.make(func(m *requestMaker) func() request {
			return instead(insteadAssemble, m.tree(3))
		}), status: http.StatusOK, engine: enginePostgres},
	}
}

// callers make the requests of every owner in turn: one caller may use half of the
// connections of a pool.
type callers []*requestMaker

func newCallers(c *content) callers {
	list := make(callers, ownerCount)
	for i := range list {
		list[i] = newRequestMaker(c, i, nil)
	}
	return list
}

func (c callers) make(kind func(*requestMaker) func() request) []request {
	kinds := make([]func() request, len(c))
	for i, m := range c {
		kinds[i] = kind(m)
	}
	list := make([]request, variety)
	for i := range list {
		list[i] = kinds[i%len(c)]()
		list[i].token = c[i%len(c)].token
	}
	return list
}

// requestMaker makes requests of one caller.
type requestMaker struct {
	content *content
	random  *rand.Rand
	owner   store.ID
	token   string
	own     []*Item // that the caller sees, as the list of 20 is ordered
}

// newRequestMaker makes requests of an owner, for whom the policy hides titles.
func newRequestMaker(c *content, owner int, hidden []string) *requestMaker {
	m := &requestMaker{content: c, random: rand.New(rand.NewPCG(7, uint64(8+owner))), owner: c.owners[owner], token: c.owners[owner].String()}
	for _, it := range c.items {
		if it.OwnerID == m.owner && !slices.Contains(hidden, it.Title) {
			m.own = append(m.own, it)
		}
	}
	slices.SortFunc(m.own, func(a, b *Item) int {
		return cmp.Or(cmp.Compare(b.Price, a.Price), bytes.Compare(b.ID[:], a.ID[:]))
	})
	return m
}

func (m *requestMaker) make(one func() request) []request {
	list := make([]request, variety)
	for i := range list {
		list[i] = one()
		list[i].token = m.token
	}
	return list
}

func (m *requestMaker) any() *Item { return m.own[m.random.IntN(len(m.own))] }

func (m *requestMaker) point() request {
	id := m.any().ID.String()
	return request{method: http.MethodGet, path: "/items/" + id, keys: []string{id}}
}

func (m *requestMaker) list() request {
	price := maxPrice/10 + m.random.Int64N(maxPrice*9/10)
	r := request{method: http.MethodGet, path: fmt.Sprintf("/items?price=lte.%d&order=price.desc&limit=%d", price, shortList)}
	first := sort.Search(len(m.own), func(i int) bool { return m.own[i].Price <= price })
	for _, it := range m.own[first:min(first+shortList, len(m.own))] {
		r.keys = append(r.keys, it.ID.String())
	}
	return r
}

// byKey makes lists of the first rows, in key order.
func (m *requestMaker) byKey(limit int) func() request {
	r := request{method: http.MethodGet, path: fmt.Sprintf("/items?order=id&limit=%d", limit)}
	if limit <= len(m.own) { // otherwise rows that were inserted show behind them
		for _, it := range m.own {
			r.keys = append(r.keys, it.ID.String())
		}
		slices.Sort(r.keys)
		r.keys = r.keys[:limit]
	}
	return func() request { return r }
}

// insert makes rows that no list of the other cases shows: their price is above
// all limits, their key behind all others.
func (m *requestMaker) insert(table string) func() request {
	return func() request {
		body := fmt.Sprintf(`{"title":"Item of round %d","body":%q,"price":%d}`, m.random.IntN(1e6), strings.Repeat("word ", 40), maxPrice+m.random.IntN(1e6))
		return request{method: http.MethodPost, path: "/" + table, body: body}
	}
}

func (m *requestMaker) assumed() request {
	r := m.insert("items")()
	r.instead = insteadAssume
	return r
}

// instead makes requests that the hand-written side answers in another way.
func instead(way string, one func() request) func() request {
	return func() request {
		r := one()
		r.instead = way
		return r
	}
}

func (m *requestMaker) patch(table string) func() request {
	own := make([]store.ID, 0, len(m.own))
	if table == "items" {
		for _, it := range m.own {
			own = append(own, it.ID)
		}
	} else {
		for _, it := range m.content.tracked {
			if it.OwnerID == m.owner {
				own = append(own, it.ID)
			}
		}
	}
	return func() request {
		id := own[m.random.IntN(len(own))].String()
		body := fmt.Sprintf(`{"title":"Title number %d"}`, m.random.IntN(1e6))
		return request{method: http.MethodPatch, path: "/" + table + "/" + id, body: body, keys: []string{id}}
	}
}

// tree makes lists of authors with so many levels of embedded rows.
func (m *requestMaker) tree(levels int) func() request {
	query := "/authors?select=" + treeSelects[levels-1] + "&posts.order=score.desc&posts.limit=5&order=id&limit=20"
	if levels > 1 {
		query += "&posts.comments.order=id&posts.comments.limit=3"
	}
	return func() request {
		from := 1 + m.random.Int64N(int64(len(m.content.authors))*9/10)
		r := request{method: http.MethodGet, path: fmt.Sprintf("%s&posts.score=gte.%d&id=gte.%d", query, m.random.IntN(200), from)}
		for _, a := range m.content.authors {
			if a.ID >= from && a.Active && len(r.keys) < shortList {
				r.keys = append(r.keys, fmt.Sprint(a.ID))
			}
		}
		return r
	}
}

// refused are requests that both sides must refuse, with the same status.
func refused(c *content) []request {
	token := c.owners[0].String()
	foreign := c.items[1].ID.String() // belongs to the next owner
	id := c.items[0].ID.String()
	return []request{
		{method: http.MethodGet, path: "/items/" + id},
		{method: http.MethodGet, path: "/items/" + foreign, token: token},
		{method: http.MethodGet, path: "/items/" + store.NewID().String(), token: token},
		{method: http.MethodGet, path: "/items?price=lte.x&order=price.desc&limit=20", token: token},
		{method: http.MethodPost, path: "/items", body: `{"title":"","body":"b","price":1}`, token: token},
		{method: http.MethodPost, path: "/items", body: `{"title":"t","body":"b","price":1,"colour":"red"}`, token: token},
		{method: http.MethodPost, path: "/items", body: `{"title":`, token: token},
		{method: http.MethodPatch, path: "/items/" + foreign, body: `{"title":"mine"}`, token: token},
		{method: http.MethodPatch, path: "/items/" + id, body: `{"title":""}`, token: token},
	}
}
