package gate_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth"
)

// page asks for a list and returns the cursor behind it.
func (f *fixture) page(t *testing.T, p auth.Principal, target string) (*apitest.Response, string) {
	t.Helper()
	res := f.do(t, p, ask{method: http.MethodGet, target: target})
	found := nextLink.FindStringSubmatch(res.Header.Get("Link"))
	if found == nil {
		return res, ""
	}
	return res, found[1]
}

// orders of notes that every caller may ask for.
var orders = []string{"", "slug", "amount.desc", "rate", "rate.desc.nullslast", "due.nullsfirst,amount.desc", "status,amount", "owner(name)", "owner(name).desc,slug", "project(name).asc.nullsfirst"}

// TestA24CursorsShowTheList: walking page by page in any order shows the caller's rows, each
// once; a cursor shows no row that the list would not.
func TestA24CursorsShowTheList(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		for _, p := range []auth.Principal{asAna, asAri, asBea, asAdmin} {
			for _, order := range orders {
				target := "/notes?select=slug&order=" + order
				if order == "" {
					target = "/notes?select=slug"
				}
				want := f.do(t, p, ask{method: http.MethodGet, target: target}).Want(http.StatusOK)
				if n := strings.Count(want.Body, "slug"); n != len(readable(p, "notes")) {
					t.Errorf("%s by %s: %d rows, want %d", target, p, n, len(readable(p, "notes")))
				}
				var pages []string
				for cursor, more := "", true; more; more = cursor != "" {
					one := target + "&limit=1"
					if cursor != "" {
						one += "&after=" + cursor
					}
					var res *apitest.Response
					res, cursor = f.page(t, p, one)
					if rows := strings.Trim(res.Want(http.StatusOK).Body, "[]"); rows != "" {
						pages = append(pages, rows)
					}
				}
				if got := "[" + strings.Join(pages, ",") + "]"; got != want.Body {
					t.Errorf("%s by %s: pages are %s, the list is %s", target, p, got, want.Body)
				}
			}
		}
	})
}

// TestA24TamperedCursors: a cursor that was changed in any way, or is of another order or
// another table, is refused.
func TestA24TamperedCursors(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		refused := func(p auth.Principal, target string) {
			t.Helper()
			if res := f.do(t, p, ask{method: http.MethodGet, target: target}); res.Status != http.StatusBadRequest {
				t.Errorf("GET %s: status %d, want 400: %s", target, res.Status, res.Body)
			}
		}
		for _, order := range orders[1:] {
			target := "/notes?select=slug&limit=1&order=" + order
			_, cursor := f.page(t, asAna, target)
			raw, err := base64.RawURLEncoding.DecodeString(cursor)
			if err != nil {
				t.Fatal(err)
			}
			for i := range raw {
				changed := append([]byte(nil), raw...)
				changed[i] ^= byte(1 + i%255)
				refused(asAna, target+"&after="+base64.RawURLEncoding.EncodeToString(changed))
			}
			for _, bad := range []string{cursor[:len(cursor)-1], cursor + "A", cursor[1:], "", "x", "%00", "'", strings.Repeat("A", 4000), base64.RawURLEncoding.EncodeToString(raw[:16])} {
				refused(asAna, target+"&after="+bad)
			}
			for _, other := range orders {
				if other != order {
					refused(asAna, "/notes?select=slug&order="+other+"&after="+cursor)
				}
			}
			refused(asAna, "/projects?order="+strings.Split(order, ",")[0]+"&after="+cursor)
		}
		// An admin's cursor over a column that others must not know is no way to it.
		for _, order := range []string{"margin", "margin.desc"} {
			_, cursor := f.page(t, asAdmin, "/notes?select=slug&limit=1&order="+order)
			want := f.do(t, asAna, ask{method: http.MethodGet, target: "/notes?order=" + unknownName + "&after=" + cursor})
			a := ask{method: http.MethodGet, target: "/notes?order=" + order + "&after=" + cursor}
			alike(t, a, f.do(t, asAna, a), want, "margin", unknownName)
			refused(asAna, "/notes?order=amount&after="+cursor)
		}
	})
}

// TestA24OrderByHiddenRows: an order by a related row is that of the rows the
// caller sees there; what is hidden sorts like a row without one.
func TestA24OrderByHiddenRows(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		for _, p := range []auth.Principal{asAna, asAri, asBea} {
			for _, direction := range []string{"asc.nullslast", "desc.nullslast", "asc.nullsfirst", "desc.nullsfirst"} {
				for _, rel := range []struct{ name, column string }{{"owner", "name"}, {"project", "name"}} {
					f.checkRelatedOrder(t, p, rel.name, rel.column, direction)
				}
			}
		}
	})
}

func (f *fixture) checkRelatedOrder(t *testing.T, p auth.Principal, name, column, direction string) {
	t.Helper()
	target := fmt.Sprintf("/notes?select=slug,%s(%s)&order=%s(%s).%s", name, column, name, column, direction)
	var rows []map[string]any
	f.do(t, p, ask{method: http.MethodGet, target: target}).Want(http.StatusOK).JSON(&rows)
	var last any = "start"
	for i, r := range rows {
		var value any
		if related, ok := r[name].(map[string]any); ok {
			value = related[column]
		}
		if i > 0 && !follows(last, value, direction) {
			t.Errorf("%s by %s: %v stands before %v", target, p, last, value)
		}
		last = value
	}
}

// follows reports whether b may stand behind a.
func follows(a, b any, direction string) bool {
	x, known := a.(string)
	y, also := b.(string)
	switch {
	case known && also && strings.HasPrefix(direction, "asc"):
		return x <= y
	case known && also:
		return x >= y
	case known == also:
		return true
	}
	return known == strings.HasSuffix(direction, "nullslast")
}
