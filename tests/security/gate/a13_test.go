package gate_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth"
)

// rowWays are the requests on one row of a table, but PUT, which makes a row that
// does not exist and so tells which keys are taken, as every insert does; see
// putWay.
func rowWays(table, id string) []ask {
	put := putWay(table, id)
	path, body := put.target, put.body
	return []ask{
		{method: http.MethodGet, target: path},
		{method: http.MethodGet, target: path + "?select=*"},
		{method: http.MethodHead, target: path},
		{method: http.MethodPatch, target: path, body: body},
		{method: http.MethodPatch, target: path, body: body, prefer: represented},
		{method: http.MethodPatch, target: path, body: `{}`},
		{method: http.MethodDelete, target: path},
		{method: http.MethodDelete, target: path, prefer: represented},
	}
}

// putWay puts a row of a table. With If-Match it makes none.
func putWay(table, id string) ask {
	name := map[string]string{"notes": "title", "news": "text"}[table]
	if name == "" {
		name = "name"
	}
	return ask{method: http.MethodPut, target: "/" + table + "/" + id, body: `{"` + name + `":"taken"}`}
}

// hiddenRows are rows that ana must not know, with an id that no row has.
var hiddenRows = []struct {
	table, unknown string
	ids            []string
}{
	{"notes", nobodys, []string{beaDraft, beaShared, ariDraft, anaDeleted}},
	{"projects", nobodys, []string{beaProject, ariProject}},
	{"users", nobodys, []string{bea, ari}},
	{"news", "nothing", []string{"sealed"}},
}

// TestA13HiddenRowIsUnknownRow (security list A-13): a row that the caller must not know is one that
// does not exist, whatever is asked of it.
func TestA13HiddenRowIsUnknownRow(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		f.untouched(t, "asking for hidden rows", func() {
			for _, h := range hiddenRows {
				unknown := rowWays(h.table, h.unknown)
				for _, id := range h.ids {
					// In the other form of errors too, RFC 9457's.
					path := ask{method: http.MethodGet, target: "/" + h.table + "/" + id}
					alike(t, path, f.as(t, asAna).Get(path.target), f.as(t, asAna).Get("/"+h.table+"/"+h.unknown), id, h.unknown)
					for i, a := range rowWays(h.table, id) {
						want := f.do(t, asAna, unknown[i])
						got := f.do(t, asAna, a)
						alike(t, a, got, want, id, h.unknown)
						if got.Status != http.StatusNotFound && got.Status != http.StatusForbidden {
							t.Errorf("%s: status %d", a, got.Status)
						}
					}
				}
			}
		})
	})
}

// TestA13PreconditionsOnHiddenRows: neither conditions on the version nor forms of the answer
// tell a hidden row from none.
func TestA13PreconditionsOnHiddenRows(t *testing.T) {
	t.Parallel()
	headers := [][2]string{
		{"If-Match", `"1.AAAAAAAAAAAAAAAA"`},
		{"If-Match", `"9.AAAAAAAAAAAAAAAA"`},
		{"If-Match", "*"},
		{"If-Match", `W/"x"`},
		{"If-Match", ""},
		{"If-None-Match", "*"},
		{"If-None-Match", `"1.x"`},
		{"Accept", "application/vnd.pgrst.object+json"},
		{"Accept", "application/problem+json"},
		{"Prefer", "return=representation,count=exact"},
		{"Prefer", "handling=strict,max-affected=1"},
		{"Range", "0-0"},
	}
	engines(t, func(t *testing.T, f *fixture) {
		f.untouched(t, "conditions on hidden rows", func() {
			for _, header := range headers {
				for _, h := range hiddenRows {
					unknown := rowWays(h.table, h.unknown)
					if header[0] == "If-Match" && header[1] != "" {
						unknown = append(unknown, putWay(h.table, h.unknown))
					}
					for _, id := range h.ids {
						for i, a := range append(rowWays(h.table, id), putWay(h.table, id))[:len(unknown)] {
							client := f.as(t, asAna).With(header[0], header[1])
							send := func(a ask) *apitest.Response {
								if a.body == "" {
									return client.Do(a.method, a.target, nil)
								}
								return client.Do(a.method, a.target, a.body)
							}
							alike(t, a, send(a), send(unknown[i]), id, h.unknown)
						}
					}
				}
			}
		})
	})
}

// TestA14ListsHoldOwnRows: lists, counts and filters of every caller hold the caller's
// rows and no others.
func TestA14ListsHoldOwnRows(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		for name, p := range map[string]auth.Principal{"anon": asAnon, "ana": asAna, "ari": asAri, "bea": asBea, "admin": asAdmin, "service": asService} {
			for _, table := range []string{"users", "projects", "notes", "tags", "news", "suggestions"} {
				f.checkList(t, name, p, table)
			}
		}
		for _, column := range []string{"tenant_id", "nothing"} {
			f.do(t, asAna, ask{method: http.MethodGet, target: "/notes?" + column + "=eq." + tenant2}).Want(http.StatusBadRequest)
		}
	})
}

func (f *fixture) checkList(t *testing.T, who string, p auth.Principal, table string) {
	t.Helper()
	key := "id"
	if table == "news" {
		key = "code"
	}
	own := values(readable(p, table), key)
	for _, count := range []string{"", "count=exact", "count=planned", "count=estimated"} {
		for limit := range len(own) + 2 {
			for offset := range len(own) + 1 {
				a := ask{method: http.MethodGet, target: fmt.Sprintf("/%s?select=%s&limit=%d&offset=%d", table, key, limit, offset), prefer: count}
				page := own[min(offset, len(own)):min(offset+limit, len(own))]
				want, _ := json.Marshal(asObjects(key, page))
				got := f.do(t, p, a)
				if got.Body != string(want) {
					t.Errorf("%s by %s: got %s, want %s", a, who, got.Body, want)
				}
				total := got.Header.Get("Content-Range")[strings.IndexByte(got.Header.Get("Content-Range"), '/')+1:]
				if total != "*" && total != fmt.Sprint(len(own)) || count == counted && total == "*" {
					t.Errorf("%s by %s: total %s, want %d", a, who, total, len(own))
				}
				a.method = http.MethodHead
				head := f.do(t, p, a)
				length := head.Header.Get("Content-Length") // may be left out
				if head.Status != got.Status || head.Header.Get("Content-Range") != got.Header.Get("Content-Range") || length != "" && length != fmt.Sprint(len(want)) {
					t.Errorf("%s by %s: HEAD is not GET without a body: %v", a, who, head.Header)
				}
			}
		}
	}
}

func asObjects(key string, list []any) []map[string]any {
	objects := make([]map[string]any, len(list))
	for i, v := range list {
		objects[i] = map[string]any{key: v}
	}
	return objects
}

// TestA15WritesOfHiddenRows: a write of somebody else's row is refused and leaves nothing,
// no change, no line in the log.
func TestA15WritesOfHiddenRows(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		for _, id := range []string{beaDraft, beaShared, ariDraft, anaDeleted} {
			for _, a := range append(rowWays("notes", id), putWay("notes", id)) {
				if !writes(a.method) {
					continue
				}
				f.untouched(t, a.String(), func() {
					got := f.do(t, asAna, a)
					if want := http.StatusNotFound; got.Status != want && a.method != http.MethodPut {
						t.Errorf("%s: status %d, want %d", a, got.Status, want)
					}
				})
			}
		}
	})
}

// TestA16WritesByFilter: writes by filter reach what the caller may change, count that
// and tell no more; without a filter they are refused.
func TestA16WritesByFilter(t *testing.T) {
	t.Parallel()
	all := strings.Join([]string{anaDraft, anaShared, ariDraft, ariShared, anaDeleted, beaDraft, beaShared, nobodys}, ",")
	filters := []struct {
		filter  string
		selects func(row) bool
	}{
		{"id=in.(" + all + ")", func(row) bool { return true }},
		{"title=like.*", func(row) bool { return true }},
		{"id=not.is.null", func(row) bool { return true }},
		{"or=(id.eq." + beaDraft + ",amount.gt.0)", func(row) bool { return true }},
		{"not.and=(id.eq." + anaDraft + ")", func(r row) bool { return r["id"] != anaDraft }},
		{"status=eq.shared", func(r row) bool { return r["status"] == "shared" }},
		{"id=in.(" + anaDraft + "," + beaDraft + ")", func(r row) bool { return r["id"] == anaDraft || r["id"] == beaDraft }},
		{"owner_id=eq." + bea, func(r row) bool { return r["owner_id"] == bea }},
	}
	engines(t, func(t *testing.T, f *fixture) {
		for _, tt := range filters {
			for _, p := range []auth.Principal{asAna, asAri, asBea, asAdmin, asAnon} {
				f.checkFiltered(t, p, tt.filter, tt.selects)
			}
		}
		f.untouched(t, "a write without a filter", func() {
			for _, target := range []string{"/notes", "/notes?select=id", "/notes?or=()", "/notes?and=()", "/notes?limit=1", "/notes?order=id", "/notes?"} {
				for _, method := range []string{http.MethodPatch, http.MethodDelete} {
					f.do(t, asAna, ask{method: method, target: target, body: `{"title":"taken"}`}).Want(http.StatusBadRequest)
				}
			}
		})
	})
}

func (f *fixture) checkFiltered(t *testing.T, p auth.Principal, filter string, selects func(row) bool) {
	t.Helper()
	var want []string
	for _, r := range rowsOf("notes") {
		if changes(p, r) && selects(r) {
			want = append(want, r["slug"].(string))
		}
	}
	for _, a := range []ask{
		{method: http.MethodPatch, target: "/notes?select=slug&" + filter, body: `{"title":"taken"}`, prefer: "return=representation,count=exact"},
		{method: http.MethodDelete, target: "/notes?select=slug&" + filter, prefer: "return=representation,count=exact"},
	} {
		got := f.do(t, p, a).Want(http.StatusOK)
		var slugs []struct{ Slug string }
		got.JSON(&slugs)
		var returned []string
		for _, s := range slugs {
			returned = append(returned, s.Slug)
		}
		if !slices.Equal(returned, want) || !strings.HasSuffix(got.Header.Get("Content-Range"), fmt.Sprintf("/%d", len(want))) {
			t.Errorf("%s by %s: reached %v (%s), want %v", a, p.ID, returned, got.Header.Get("Content-Range"), want)
		}
		stored := f.rows(t, "select slug from notes where title = 'taken' or deleted_at is not null and slug <> 'ana-deleted'")
		if strings.Count(stored, "\n") != len(want) {
			t.Errorf("%s by %s: changed %q, want %v", a, p.ID, stored, want)
		}
		if stored != "" {
			f.reset(t)
		}
	}
}
