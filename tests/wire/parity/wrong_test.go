package parity_test

import (
	"strings"
)

// wrong makes a request that must be refused, so that the bodies of errors are
// compared too: one of a list, or a good one with a mistake in it.
func (g *generator) wrong() *request {
	if g.IntN(3) == 0 {
		d := &draft{g: g, request: &request{as: g.caller()}, table: g.someTable(), budget: 2}
		d.list()
		r := d.done()
		r.target = g.spoil(r.target)
		r.shows = []string{"wrong spoiled"}
		return r
	}
	line := pick(g.Rand, wrongRequests)
	method, target, _ := strings.Cut(line.request, " ")
	r := &request{as: g.caller(), method: method, target: target, header: line.header, body: line.body, shows: []string{"wrong listed"}}
	if g.IntN(3) == 0 {
		r.header = append(r.header[:len(r.header):len(r.header)], "Accept: application/json")
	}
	return r
}

// spoil changes one byte of a query string, or takes it out.
func (g *generator) spoil(target string) string {
	begin := strings.IndexByte(target, '?') + 1
	if begin == 0 || begin == len(target) {
		return target + "?nowhere=eq.1"
	}
	at := begin + g.IntN(len(target)-begin)
	return target[:at] + pick(g.Rand, []string{"", "(", ")", ".", ",", "%", "-", ":", "a", "%22", "!", "&", "="}) + target[at+1:]
}

type wrongRequest struct {
	request string
	header  []string
	body    string
}

var wrongRequests = []wrongRequest{
	// Paths and methods.
	{request: "GET /nowhere"},
	{request: "GET /things/1/2"},
	{request: "GET /things/"},
	{request: "GET /thing_labels/1"},
	{request: "GET /%zz"},
	{request: "TRACE /things"},
	{request: "PATCH /rpc/echo", body: `{}`},
	{request: "GET /rpc/nothing"},
	{request: "GET /rpc/ping"},
	{request: "POST /rpc/undone", body: `{"how":""}`},
	{request: "POST /rpc/echo", body: `{"textt":"a"}`},
	{request: "POST /rpc/echo", body: `{"n":"x"}`},
	{request: "GET /rpc/echo?n=x"},
	{request: "GET /rpc/echo?n=1&n=2"},
	{request: "GET /rpc/echo?list={a"},
	{request: "GET /rpc/echo?id=x"},
	{request: "GET /rpc/things_by?nums={1}&nowhere=eq.1"},
	{request: "GET /things/x"},
	{request: "GET /memos/x"},
	{request: "GET /memos/01900000-0000-7000-8000-0000000000ff"},
	{request: "GET /shelves/none?select=nowhere"},
	{request: "GET /shelves/a?floor=eq.1"},
	// select
	{request: "GET /things?select=nowhere"},
	{request: "GET /things?select=inner"},
	{request: "GET /things?select=id,id:name"},
	{request: "GET /things?select=id,"},
	{request: "GET /things?select=id::uuid"},
	{request: "GET /things?select=id::nothing"},
	{request: "GET /things?select=name->a"},
	{request: "GET /things?select=name->>a::int8"},
	{request: "GET /things?select=name.sum()"},
	{request: "GET /things?select=doc.max()"},
	{request: "GET /things?select=num.median()"},
	{request: "GET /things?select=num.sum(),shelf(code)"},
	{request: "GET /things?select=cost.sum(),count()"},
	{request: "GET /things?select=nowhere(id)"},
	{request: "GET /things?select=things(id)"},
	{request: "GET /things?select=shelf(nowhere)"},
	{request: "GET /things?select=shelf!nowhere(code)"},
	{request: "GET /things?select=kids(kids(kids(kids(kids(id)))))"},
	{request: "GET /things?select=doc->a->b->c->d->e->f->g->h->i"},
	// Filters.
	{request: "GET /things?nowhere=eq.1"},
	{request: "GET /things?inner=eq.1"},
	{request: "GET /things?name=1"},
	{request: "GET /things?name=nothing.1"},
	{request: "GET /things?num=eq.x"},
	{request: "GET /things?num=like.1"},
	{request: "GET /things?doc=gt.1"},
	{request: "GET /things?tags=lt.{a}"},
	{request: "GET /things?num=cs.1"},
	{request: "GET /things?doc=ov.{a}"},
	{request: "GET /things?shelf_code=search.a"},
	{request: "GET /things?name=search.-a"},
	{request: "GET /things?name=match.(a"},
	{request: "GET /things?name=match.%5Cw"},
	{request: "GET /things?name=like.a%5C"},
	{request: "GET /things?num=in.1,2"},
	{request: "GET /things?num=in.(1,x)"},
	{request: "GET /things?num=is.1"},
	{request: "GET /things?num=is.true"},
	{request: "GET /things?flag=eq(any).{true,null}"},
	{request: "GET /things?num=eq(some).{1}"},
	{request: "GET /things?num=eq(any).1"},
	{request: "GET /things?or=(num.eq.1"},
	{request: "GET /things?or=()"},
	{request: "GET /things?or=num.eq.1"},
	{request: "GET /things?num=sl.[1,2)"},
	{request: "GET /things?shelf.code=eq.a"},
	{request: "GET /things?doc->a=gt.1"},
	{request: "GET /things?name=eq.%00"},
	{request: "GET /things?name=eq.%ff"},
	// Order and paging.
	{request: "GET /things?order=nowhere"},
	{request: "GET /things?order=doc"},
	{request: "GET /things?order=doc->a"},
	{request: "GET /things?order=name.up"},
	{request: "GET /things?order=kids(id)"},
	{request: "GET /things?order=shelf(nowhere)"},
	{request: "GET /things?limit=1&limit=2"},
	{request: "GET /things?limit=-1"},
	{request: "GET /things?limit=1001"},
	{request: "GET /things?limit=x"},
	{request: "GET /things?offset=100001"},
	{request: "GET /things?after=AAAA"},
	{request: "GET /shelves?offset=99", header: []string{"Prefer: count=exact"}},
	{request: "GET /things", header: []string{"Range: 3-1"}},
	// Headers.
	{request: "GET /things", header: []string{"Accept: image/png"}},
	{request: "GET /things", header: []string{"Accept: application/vnd.pgrst.object+json"}},
	{request: "GET /shelves?code=eq.none", header: []string{"Accept: application/vnd.pgrst.object+json"}},
	{request: "GET /things", header: []string{"Prefer: handling=strict, tea=hot"}},
	{request: "GET /things", header: []string{"Accept-Profile: private"}},
	// Writes.
	{request: "POST /shelves", body: `{"code":"a","place":"x"}`},
	{request: "POST /shelves", body: `{"code":"new","place":null}`},
	{request: "POST /shelves", body: `{"code":"new","nowhere":1}`},
	{request: "POST /shelves", body: `{"code":"new","code":"x"}`},
	{request: "POST /shelves", body: `{"code":1}`},
	{request: "POST /shelves", body: `{"code":"new","place":"x","floor":91}`},
	{request: "POST /shelves", body: `[{"code":"n1","place":"x"},{"code":"n2"}]`},
	{request: "POST /shelves", body: `[{"code":"n1","place":"x1"},{"code":"n1","place":"x2"}]`},
	{request: "POST /shelves", body: `[{"code":"n1","place":"same"},{"code":"n2","place":"same"}]`},
	{request: "POST /shelves", body: `[{"code":"n1","place":"x1"},{"code":"n1","place":"x2"}]`, header: []string{"Prefer: resolution=merge-duplicates"}},
	{request: "POST /shelves?on_conflict=floor", body: `{"code":"a","place":"x"}`, header: []string{"Prefer: resolution=merge-duplicates"}},
	{request: "POST /shelves", body: `{`},
	{request: "POST /shelves", body: `"a"`},
	{request: "POST /shelves", body: `{"code":"n","place":"x"}`, header: []string{"Content-Type: text/plain"}},
	{request: "POST /shelves?columns=nowhere", body: `{}`},
	{request: "POST /things", body: `{"id":9001,"name":"x","shelf_code":"none"}`},
	{request: "POST /things", body: `{"id":9001,"name":"\u0000"}`},
	{request: "POST /things", body: `{"id":9001,"num":9223372036854775808}`},
	{request: "POST /things", body: `{"id":9001,"real":1e400}`},
	{request: "POST /things", body: `{"id":9001,"real":"NaN"}`},
	{request: "POST /things", body: `{"id":9001,"at":"2024-02-30T00:00:00Z"}`},
	{request: "POST /things", body: `{"id":9001,"inner":"x"}`},
	{request: "POST /things", body: `{"id":9001,"tags":[null]}`},
	{request: "POST /things", body: `{"id":9001,"doc":{"a":"\ud800"}}`},
	{request: "POST /thing_labels", body: `{"thing_id":1,"label_code":"none"}`},
	{request: "POST /tickets", body: `{"id":1,"subject":"x"}`},
	{request: "POST /memos", body: `{"id":"01900000-0000-7000-8000-00000000aaaa","title":""}`},
	{request: "POST /memos", body: `{"id":"01900000-0000-7000-8000-00000000aaaa","title":"x","stars":6}`},
	{request: "POST /memos", body: `{"id":"01900000-0000-7000-8000-00000000aaaa","title":"x","owner_id":"b0000000-0000-0000-0000-0000000000ff"}`},
	{request: "POST /memos", body: `{"id":"01900000-0000-7000-8000-00000000aaaa","title":"x","version":3}`},
	{request: "PATCH /things", body: `{"num":1}`},
	{request: "PATCH /things?id=eq.1", body: `{"id":2}`},
	{request: "PATCH /things?id=eq.1", body: `{"parent_id":99999}`},
	{request: "PATCH /shelves?code=eq.a", body: `{"built":"x"}`},
	{request: "PATCH /shelves?floor=not.is.null", body: `{"place":"same"}`},
	{request: "PATCH /things?id=gte.0", body: `{"num":1}`, header: []string{"Prefer: handling=strict, max-affected=1"}},
	{request: "PATCH /memos/01900000-0000-7000-8000-000000000000", body: `{"stars":1}`, header: []string{`If-Match: "77.x"`}},
	{request: "PATCH /memos/01900000-0000-7000-8000-0000000000ee", body: `{"stars":1}`},
	{request: "DELETE /things"},
	{request: "DELETE /shelves?code=not.is.null"},
	{request: "DELETE /things?id=gte.0", header: []string{"Prefer: handling=strict, max-affected=1"}},
	{request: "PUT /shelves?place=eq.x", body: `{"code":"a","place":"x"}`},
	{request: "PUT /shelves?code=eq.a", body: `{"code":"b","place":"x"}`},
	{request: "PUT /shelves?code=eq.a&limit=1", body: `{"code":"a","place":"x"}`},
	{request: "PUT /shelves/a", body: `{"place":"x"}`, header: []string{"If-None-Match: *"}},
	{request: "POST /shelves", body: `{"code":"k","place":"k"}`, header: []string{"Idempotency-Key: a, b"}},
}
