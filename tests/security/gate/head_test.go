package gate_test

import (
	"net/http"
	"testing"
)

// TestHeadIsGet: HEAD has the status of GET and its headers, also where it need
// not read the rows because it only counts.
func TestHeadIsGet(t *testing.T) {
	t.Parallel()
	queries := []string{
		"", "select=slug", "select=secret_note", "select=nothing", "select=owner(email)", "select=owner(nothing)", "select=nothing(id)", "order=slug", "order=margin", "order=nothing",
		"order=owner(name)", "order=owner(email)", "order=tags(name)", "limit=1", "limit=0", "offset=1", "offset=99", "limit=1&offset=1", "slug=eq.x", "slug=eq.ana-draft", "nothing=eq.1",
		"select=slug,owner!inner(name)", "select=slug,tags!inner(name)&tags.name=eq.blue", "select=slug,owner(name)&owner.email=eq.x", "after=x", "select=slug::int8", "select=slug::nothing",
		"columns=nothing", "on_conflict=nothing", "or=(slug.eq.x)", "amount=gt.x", "select=owner()", "select=nothing()", "limit=5&order=amount.desc",
	}
	engines(t, func(t *testing.T, f *fixture) {
		for _, q := range queries {
			for _, prefer := range []string{"", counted, "count=planned", "handling=strict,count=exact"} {
				for _, path := range []string{"/notes?", "/notes/" + anaDraft + "?", "/projects?", "/tags?"} {
					get := f.do(t, asAna, ask{method: http.MethodGet, target: path + q, prefer: prefer})
					head := f.do(t, asAna, ask{method: http.MethodHead, target: path + q, prefer: prefer})
					if head.Status != get.Status || head.Header.Get("Content-Range") != get.Header.Get("Content-Range") || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
						t.Errorf("%s%s (%s): HEAD %d %s %s, GET %d %s %s", path, q, prefer, head.Status, head.Header.Get("Content-Range"), head.Header.Get("Content-Type"),
							get.Status, get.Header.Get("Content-Range"), get.Header.Get("Content-Type"))
					}
				}
			}
		}
	})
}
