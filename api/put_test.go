package api_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
)

func TestPut(t *testing.T) {
	t.Parallel()
	const fresh = "01900000-0000-7000-8000-0000000000fe"
	story(
		t,
		step{name: "replaced", line: "PUT /labels?id=eq.hot", body: `{"id":"hot","text":"H"}`, status: 204, has: []string{"Content-Range: */*"}},
		step{name: "made", line: "PUT /labels?id=eq.new", body: `{"id":"new","text":"N"}`, status: 204},
		step{name: "replaced and returned", line: "PUT /labels?id=eq.new&select=text", body: `{"id":"new","text":"M"}`, header: []string{representation}, status: 200, want: `[{"text":"M"}]`, has: []string{"Preference-Applied: return=representation"}},
		step{name: "made and returned", line: "PUT /labels?id=eq.more", body: `[{"id":"more","text":"m"}]`, header: []string{representation, objectOnly}, status: 201, want: `{"id":"more","text":"m"}`},
		step{name: "whole key", line: "PUT /project_labels?project_id=eq." + pAlpha + "&label_id=eq.old", body: `{"project_id":"` + pAlpha + `","label_id":"old"}`, header: []string{representation}, status: 201},
		step{name: "half a key", line: "PUT /project_labels?project_id=eq." + pAlpha, body: `{"project_id":"` + pAlpha + `","label_id":"old"}`, status: 405, has: []string{"Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"}},
		step{name: "more than the key", line: "PUT /labels?id=eq.hot&text=eq.H", body: `{"id":"hot","text":"x"}`, status: 405},
		step{name: "the key twice", line: "PUT /labels?id=eq.hot&id=eq.hot", body: `{"id":"hot","text":"x"}`, status: 405},
		step{name: "another operator", line: "PUT /labels?id=in.(hot)", body: `{"id":"hot","text":"x"}`, status: 405},
		step{name: "negated", line: "PUT /labels?id=not.eq.hot", body: `{"id":"hot","text":"x"}`, status: 405},
		step{name: "in a group", line: "PUT /labels?or=(id.eq.hot,id.eq.old)", body: `{"id":"hot","text":"x"}`, status: 405},
		step{name: "no filter", line: "PUT /labels", body: `{"id":"hot","text":"x"}`, status: 405},
		step{name: "limit", line: "PUT /labels?id=eq.hot&limit=1", body: `{"id":"hot","text":"x"}`, status: 400},
		step{name: "another row", line: "PUT /labels?id=eq.hot", body: `{"id":"old","text":"x"}`, status: 400},
		step{name: "no key in the body", line: "PUT /labels?id=eq.hot", body: `{"text":"x"}`, status: 400},
		step{name: "two rows", line: "PUT /labels?id=eq.hot", body: `[{"id":"hot","text":"x"},{"id":"old","text":"x"}]`, status: 400},
		step{name: "no row", line: "PUT /labels?id=eq.hot", body: `[]`, status: 400},
		step{name: "value that is none", line: "PUT /teams?id=eq.x", body: `{"id":1,"name":"x"}`, status: 400},
		step{name: "generated key of a row", line: "PUT /teams?id=eq.1&select=name", body: `{"id":1,"name":"crimson"}`, header: []string{representation}, status: 200, want: `[{"name":"crimson"}]`},
		step{name: "generated key of none", line: "PUT /teams?id=eq.99", body: `{"id":99,"name":"x"}`, status: 400},

		step{name: "row replaced", line: "PUT /labels/hot", body: `{"text":"again"}`, status: 204},
		step{name: "row made", line: "PUT /labels/cold", body: `{"text":"Cold"}`, status: 201, has: []string{"Content-Length: 0"}},
		step{name: "row made and returned", line: "PUT /tasks/" + fresh + "?select=id,version,project(title)", body: `{"id":"` + fresh + `","title":"new","project_id":"` + pAlpha + `"}`, header: []string{representation}, status: 201, want: `{"id":"` + fresh + `","version":1,"project":{"title":"Alpha"}}`},
		step{name: "row with another key", line: "PUT /labels/hot", body: `{"id":"old","text":"x"}`, status: 400},
		step{name: "row with a filter", line: "PUT /labels/hot?text=eq.x", body: `{"text":"x"}`, status: 400},
		step{name: "row that is there", line: "PUT /labels/hot", body: `{"text":"x"}`, header: []string{"If-None-Match: *"}, status: 412},
		step{name: "row that does not exist", line: "PUT /labels/warm", body: `{"text":"x"}`, header: []string{"If-None-Match: *"}, status: 201},
		step{name: "other tags", line: "PUT /labels/warm", body: `{"text":"x"}`, header: []string{`If-None-Match: "1.x"`}, status: 400},
		step{name: "row to be changed only", line: "PUT /labels/none", body: `{"text":"x"}`, header: []string{"If-Match: *"}, status: 412},
		step{name: "row without a version", line: "PUT /labels/hot", body: `{"text":"x"}`, header: []string{`If-Match: "1.x"`}, status: 412},
		step{name: "version", line: "PUT /tasks/" + fresh + "?select=title,version", body: `{"title":"newer","project_id":"` + pAlpha + `","version":1,"created_at":"2020-01-01T00:00:00Z"}`, header: []string{representation, `If-Match: "1.x"`}, status: 200, want: `{"title":"newer","version":2}`},
		step{name: "old version", line: "PUT /tasks/" + fresh, body: `{"title":"x","project_id":"` + pAlpha + `"}`, header: []string{`If-Match: "1.x"`}, status: 412},
		step{name: "versions", line: "PUT /tasks/" + fresh, body: `{"title":"last","project_id":"` + pAlpha + `"}`, header: []string{`If-Match: "1.x", "2.x"`}, status: 204},
		step{name: "no right to create", caller: "bob", line: "PUT /labels/hot", body: `{"text":"x"}`, status: 403},
		step{name: "nobody", caller: "-", line: "PUT /labels/hot", body: `{"text":"x"}`, status: 401},
		step{name: "at last", line: "GET /labels?select=id,text&order=id", status: 200, want: `[{"id":"cold","text":"Cold"},{"id":"hot","text":"again"},{"id":"more","text":"m"},{"id":"new","text":"M"},{"id":"old","text":"Old"},{"id":"warm","text":"x"}]`},
		step{name: "at last", line: "GET /tasks/" + fresh + "?select=title,version", status: 200, want: `{"title":"last","version":3}`},
	)
}

// TestPutTag: PUT and GET send the same tag.
func TestPutTag(t *testing.T) {
	t.Parallel()
	h := fixtureServer(t, memory(t), api.Config{})
	put := must(t, h, 200, request{caller: "ann", line: "PUT /projects/" + pAlpha + "?select=title", body: `{"title":"A","code":"a"}`, header: []string{representation}})
	get := must(t, h, 200, request{caller: "ann", line: "GET /projects/" + pAlpha + "?select=title"})
	if tag := put.header.Get("ETag"); tag == "" || tag != get.header.Get("ETag") || put.body != get.body {
		t.Errorf("PUT %s %s, GET %s %s", tag, put.body, get.header.Get("ETag"), get.body)
	}
}
