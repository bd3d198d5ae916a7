package parity_test

import "strings"

// grammar lists parts that requests have to show, lest a mistake in the generator
// leaves them out.
var grammar = []string{
	"filter eq", "filter neq", "filter gt", "filter gte", "filter lt", "filter lte", "filter like", "filter ilike", "filter match", "filter imatch", "filter in",
	"filter is.null", "filter is.not_null", "filter is.true", "filter is.false", "filter is.unknown", "filter isdistinct", "filter cs", "filter cd", "filter ov", "filter search",
	"filter eq(any)", "filter gte(all)", "filter like(any)", "filter imatch(all)", "filter not", "filter json path", "filter of embed", "group or", "group not.and",
	"select json path", "select alias", "select *", "embed to one", "embed to many", "embed many to many", "embed !inner", "embed !left", "filter embed is.null", "embed hint", "embed nested",
	"aggregate count()", "aggregate count", "aggregate sum", "aggregate avg", "aggregate min", "aggregate max", "aggregate groups", "order relation", "order json path", "order nullsfirst",
	"limit", "offset", "limit of embed", "header Range", "paging after", "header If-None-Match", "insert many", "update", "delete", "put", "row PATCH", "prefer resolution=merge-duplicates",
	"prefer missing=default", "accept text/csv", "header Idempotency-Key", "call things_by by GET", "wrong listed", "wrong spoiled",
}

// fixed are requests that somebody thought of, in the order they are sent: every
// wrong request, and what generated ones seldom meet.
func fixed() (list []*request) {
	for _, line := range append(fixedRequests, wrongRequests...) {
		method, target, _ := strings.Cut(line.request, " ")
		for _, as := range []string{"ann", "bob", "nobody"} {
			list = append(list, &request{as: as, method: method, target: target, header: line.header, body: line.body})
		}
	}
	return list
}

var fixedRequests = []wrongRequest{
	{request: "POST /-/batch", body: `[{"id":"a","method":"POST","path":"/tickets?select=id,subject","headers":{"Prefer":"return=representation"},"body":{"subject":"ß"}},` +
		`{"method":"PATCH","path":"/tickets?id=gte.1","body":{"state":"x"},"bind":{"/state":"a#/0/subject"}},{"method":"GET","path":"/things?select=id,name&order=name&limit=3"}]`},
	{request: "POST /-/batch", body: `[{"method":"POST","path":"/labels","body":{"code":"undone"}},{"method":"POST","path":"/labels","body":{"code":"undone"}}]`},
	{request: "POST /-/batch", body: `[{"method":"GET","path":"/nowhere"}]`},
	{request: "OPTIONS /things"},
	{request: "OPTIONS /rpc/echo"},
	{request: "GET /"},
	{request: "GET /-/types.ts"},
	{request: "GET /things"},
	{request: "GET /things?select=*,shelf(*),parent(*),kids(*),labels(*),memos(*)"},
	{request: "GET /things?select=*,shelf(*),kids(*),labels(*),memos(*)", header: []string{"Accept: text/csv"}},
	{request: "GET /things?select=*,kids(*)", header: []string{"Accept: application/vnd.pgrst.array+json;nulls=stripped"}},
	{request: "GET /things?select=num.sum(),num.avg(),real.sum(),real.avg(),price.sum(),price.avg(),maybe_num.avg(),maybe_real.avg()&num=gt.100"},
	{request: "GET /things?select=s:num.sum(),a:num.avg(),rs:real.sum(),ra:real.avg(),ps:price.sum(),pa:price.avg()"},
	{request: "GET /things?select=price,maybe_price,count()"},
	{request: "GET /tickets"},
	{request: "GET /memos", header: []string{"Prefer: count=exact"}},
	{request: "GET /shelves?code=in.(%22x,y%22,%22q%5C%22%22,%E6%9D%B1)"},
	{request: "GET /shelves/%C3%9F%2F1"},
	{request: "GET /things?order=at.desc,maybe_at,real,price,name.desc&limit=5&select=id"},
	{request: "GET /things?order=price,maybe_price.desc.nullslast&limit=7&select=id,price,maybe_price"},
	{request: "POST /tickets", body: `{"subject":"first"}`, header: []string{"Prefer: return=headers-only"}},
	{request: "POST /tickets", body: `[{"subject":"second"},{"subject":"third"}]`, header: []string{"Prefer: return=representation"}},
	{request: "POST /things", body: `{"id":5000,"name":"` + "\u2028" + `","price":"1.50","num":"9007199254740993","at":"0001-01-01T00:00:00Z","doc":{"b":1.0,"a":[1e2]},"tags":["ß"]}`, header: []string{"Prefer: return=representation"}},
	{request: "PATCH /things?id=eq.5000", body: `{"price":1.500,"real":-0.0,"doc":null,"maybe_doc":null,"note":""}`, header: []string{"Prefer: return=representation"}},
	{request: "PATCH /memos/01900000-0000-7000-8000-000000000000?select=*,thing(id)", body: `{"title":"other"}`, header: []string{"Prefer: return=representation", `If-Match: "1.x"`}},
	{request: "PATCH /memos?id=eq.01900000-0000-7000-8000-000000000005", body: `{"deleted_at":null}`, header: []string{"Prefer: return=representation"}},
	{request: "POST /shelves", body: `{"code":"both","place":"both"}`},
	{request: "POST /shelves", body: `{"code":"both","place":"both"}`}, // takes two keys at a time
	{request: "DELETE /things?id=eq.5000", header: []string{"Prefer: return=representation"}},
}
